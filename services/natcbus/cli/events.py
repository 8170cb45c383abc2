"""Commands that look at an event before it is sent; none of them needs a broker or a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Annotated

import typer

from natcbus.cli.changes import (
    ExampleKind,
    earlier_json,
    going_on,
    say_change,
    say_recalls,
    thread_read,
)
from natcbus.cli.decisions import (
    delivery_json,
    denial_json,
    headline,
    network_line,
    reasons_json,
    show_decision,
)
from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.cli.inputs import event_in, event_text, network_at, the_time, without_keys
from natcbus.cli.options import (
    BEFORE_SENDING,
    ContextOption,
    DeskOption,
    EventFile,
    JsonOption,
    NetworkOption,
)
from natcbus.cli.output import Output, listed, table
from natcbus.cli.schemas import named_type
from natcbus.cli.visible import visible
from natcbus.client.composing import Preview
from natcbus.client.composing import preview as preview_of
from natcbus.client.errors import RejectedError
from natcbus.client.threads import NEW_THREAD
from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import Event, parse_json
from natcbus.operations.freshening import freshened
from natcbus.routing.decision import ENGINE
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain
from natcbus.routing.why_not import Objection, Outcome, WhyNot, Withholding, why_not


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel=BEFORE_SENDING)(example)
    app.command(rich_help_panel=BEFORE_SENDING)(validate)
    app.command(rich_help_panel=BEFORE_SENDING)(preview)
    app.command(name="why-not", rich_help_panel=BEFORE_SENDING)(why_not_desk)


def example(
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="For example missing_person.")],
    *,
    kind: Annotated[
        ExampleKind, typer.Option("--kind", help="To open a case, to correct it, or to end it.")
    ] = ExampleKind.ALERT,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="ID", help="The message that an UPDATE or CANCEL replaces."),
    ] = None,
    as_json: JsonOption = False,  # noqa: ARG001 - an example is JSON either way
) -> None:
    """Print an event of a type that is valid for the example network, to start from."""
    found = named_type(event_type, load_catalogue())
    folder = files("natcbus.contract") / "events" / found.name / f"v{found.version.split('.')[0]}"
    written = parse_json((folder / "example.json").read_text("utf-8"))
    Output(as_json=True).document(freshened(going_on(written, kind, of), the_time()))


def validate(
    file: EventFile,
    network: NetworkOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with an event: its form, the law it cites, whom it points at."""
    output = Output(as_json=as_json)
    where = network_at(network, output, context)
    found: Event | None = None
    code = Exit.WRONG_INPUT
    try:
        found = event_in(event_text(file), where, the_time())
        code = Exit.REFUSED
        problems = preview_of(found, without_keys(where), the_time()).problems
    except RejectedError as error:
        problems = error.problems
    faults = [Fault.of(problem) for problem in problems]
    if as_json:
        output.document(
            {
                "valid": not faults,
                "type": None if found is None else found.type.name,
                "network_version": where.version,
                "errors": [fault.to_json() for fault in faults],
            }
        )
    if faults and as_json:
        raise typer.Exit(code)
    if faults:
        raise CommandError(code, faults)
    if not as_json and found is not None:
        output.say(f"valid: {found.type.name} from {visible(found.header.from_)}")


def preview(
    file: EventFile,
    network: NetworkOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show who would get an event, in which view and why, and who would not; sends nothing."""
    output = Output(as_json=as_json)
    where = network_at(network, output, context)
    text = event_text(file)
    try:
        found = _previewed(text, where, context, output)
    except RejectedError as error:
        if as_json:
            output.document(_preview_json(text, None, error.problems, where))
            raise typer.Exit(Exit.WRONG_INPUT) from None
        raise
    if as_json:
        output.document(_preview_json(text, found, found.problems, where))
    else:
        _show_preview(found, where, output)
    if found.problems and not as_json:
        output.say()
        raise CommandError(Exit.REFUSED, map(Fault.of, found.problems))
    if found.problems:
        raise typer.Exit(Exit.REFUSED)


def why_not_desk(
    file: EventFile,
    desk: DeskOption,
    network: NetworkOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say why a desk would not get an event, who may change that and how, or what it would get."""
    output = Output(as_json=as_json)
    where = network_at(network, output, context)
    event = event_in(event_text(file), where, the_time())
    thread = thread_read(event.header, context, output) or NEW_THREAD
    asked = (event.type.name, event.header, event.open, event.sealed.keys(), where)
    answer = why_not(desk, *asked, thread.prior)
    if as_json:
        output.document(_why_not_json(answer, where))
    else:
        _say_why_not(answer, where, output)
    if answer.outcome is Outcome.NO_SUCH_DESK:
        raise typer.Exit(Exit.REFUSED)


def _previewed(text: bytes, network: Network, context: str | None, output: Output) -> Preview:
    now = the_time()
    event = event_in(text, network, now)
    thread = thread_read(event.header, context, output)
    if thread is not None:
        event = event_in(text, network, now, thread)
    return preview_of(event, without_keys(network), now, thread)


def _show_preview(found: Preview, network: Network, output: Output) -> None:
    header, decision = found.event.header, found.decision
    output.say(headline(header))
    say_change(header, output)
    output.say(network_line(decision, network))
    output.say()
    show_decision(decision.deliveries, decision.denials, network, header, output)
    say_recalls(found.recalls, output)


def _preview_json(
    text: bytes, found: Preview | None, problems: Sequence[Problem], network: Network
) -> Json:
    deliveries = found.decision.deliveries if found is not None else ()
    denials = found.decision.denials if found is not None else ()
    header = found.event.header if found is not None else None
    return {
        "message_id": _stated_id(text),
        "network_version": network.version,
        "engine": ENGINE,
        "digest": None if found is None else found.decision.digest.hex(),
        "deliveries": [delivery_json(delivery, network) for delivery in deliveries],
        "denials": [denial_json(denial, network, header) for denial in denials],
        "earlier": None if found is None else earlier_json(found),
        "recalls": [] if found is None else [*found.recalls],
        "errors": [Fault.of(problem).to_json() for problem in problems],
    }


def _stated_id(text: bytes) -> str | None:
    """The id that the author gave; one that a preview made up would be no promise."""
    try:
        event = parse_json(text)
    except InvalidEventError:
        return None
    header = event.get("header") if isinstance(event, dict) else None
    stated = header.get("message_id") if isinstance(header, dict) else None
    return stated if isinstance(stated, str) else None


def _why_not_json(answer: WhyNot, network: Network) -> Json:
    delivery = answer.delivery
    return {
        "desk": answer.desk,
        "outcome": answer.outcome.value,
        "view": None if delivery is None else delivery.view.value,
        "compartments": [] if delivery is None else list(delivery.compartments),
        "because": reasons_json(answer.because, answer.desk, network),
        "objections": [_objection_json(each) for each in answer.objections],
        "withheld": [
            {"compartment": each.compartment, **_objection_json(each.objection)}
            for each in answer.withheld
        ],
        "addresses": [{"pointer": each.pointer, "add": each.add} for each in answer.addresses],
        "nearest": list(answer.nearest),
    }


def _objection_json(each: Objection) -> dict[str, Json]:
    return {
        "code": each.code,
        "rule": each.rule,
        "text": each.text,
        "may_fix": each.may_fix,
        "fix": each.fix,
    }


def _say_why_not(answer: WhyNot, network: Network, output: Output) -> None:
    desk = visible(answer.desk)
    match answer.outcome:
        case Outcome.NO_SUCH_DESK:
            near = listed(answer.nearest, "`natcbus network show` lists the desks")
            output.errors([Fault("NO_SUCH_DESK", f"there is no desk {answer.desk}: {near}")])
        case Outcome.RECEIVES if answer.delivery is not None:
            opens = listed(answer.delivery.compartments, "the open part only")
            output.say(f"{desk} receives it: {answer.delivery.view}, {opens}", style="green")
            _say_because(answer, network, output)
            _show_withheld(answer, output)
        case Outcome.DENIED:
            output.say(f"{desk} is pointed at and does not receive it.", style="red")
            _say_because(answer, network, output)
            _show_objections(answer, output)
        case _:
            output.say(f"{desk} does not receive it: nothing points at it.", style="red")
            _show_objections(answer, output)
            _show_addresses(answer, output)


def _say_because(answer: WhyNot, network: Network, output: Output) -> None:
    for reason in answer.because:
        output.say(f"  {visible(explain(reason.code, reason.about, network, answer.desk))}")


def _show_objections(answer: WhyNot, output: Output) -> None:
    rows = table("rule", "why not", "who may change it", "how")
    for each in answer.objections:
        rows.add_row(f"{each.rule} {each.code}".strip(), visible(each.text), each.may_fix, each.fix)
    output.say()
    output.show(rows)


def _show_withheld(answer: WhyNot, output: Output) -> None:
    if not answer.withheld:
        return
    rows = table("does not open", "rule", "why not", "who may change it", "how")
    for each, group in groupby(_by_rule(answer.withheld), key=lambda withheld: withheld.objection):
        rule = f"{each.rule} {each.code}".strip()
        names = listed([withheld.compartment for withheld in group])
        rows.add_row(names, rule, visible(each.text), each.may_fix, each.fix)
    output.say()
    output.show(rows)


def _by_rule(withheld: Iterable[Withholding]) -> list[Withholding]:
    return sorted(withheld, key=lambda each: (each.objection.code, each.compartment))


def _show_addresses(answer: WhyNot, output: Output) -> None:
    rows = table("any of these would point at it", "add")
    for each in answer.addresses:
        rows.add_row(each.pointer, visible(each.add))
    output.say()
    output.show(rows)
