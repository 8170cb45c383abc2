"""Commands that look at an event before it is sent; none of them needs a broker or a key."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Annotated

import typer

from natcbus.cli.decisions import (
    delivery_json,
    denial_json,
    headline,
    network_line,
    reasons_json,
    show_decision,
)
from natcbus.cli.failures import CommandError, Exit, Fault
from natcbus.cli.inputs import event_in, event_value, network_at, the_time
from natcbus.cli.options import DeskOption, EventFile, JsonOption, NetworkOption
from natcbus.cli.output import Output, listed, table
from natcbus.cli.schemas import named_type
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import Event, parse_json
from natcbus.operations.freshening import freshened
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import decide
from natcbus.routing.decision import ENGINE, Decision
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain
from natcbus.routing.why_not import Outcome, WhyNot, why_not


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(example)
    app.command()(validate)
    app.command()(preview)
    app.command(name="why-not")(why_not_desk)


def example(
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="For example missing_person.")],
    as_json: JsonOption = False,  # noqa: FBT002, ARG001 - an example is JSON either way
) -> None:
    """Print an event of a type that is valid for the example network, to start from."""
    found = named_type(event_type, load_catalogue())
    folder = files("natcbus.contract") / "events" / found.name / f"v{found.version.split('.')[0]}"
    written = parse_json((folder / "example.json").read_text("utf-8"))
    Output(as_json=True).document(freshened(written, the_time()))


def validate(
    file: EventFile,
    network: NetworkOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Say everything that is wrong with an event: its form, the law it cites, whom it points at."""
    output = Output(as_json=as_json)
    where = network_at(network, output)
    found: Event | None = None
    try:
        found = event_in(event_value(file), where, the_time())
        problems: Sequence[Problem] = rule_problems(found, decision_on(found, where), where)
        code = Exit.REFUSED
    except InvalidEventError as error:
        problems, code = error.problems, Exit.WRONG_INPUT
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
    as_json: JsonOption = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Show who would get an event, in which view and why, and who would not; sends nothing."""
    output = Output(as_json=as_json)
    where = network_at(network, output)
    value = event_value(file)
    try:
        event = event_in(value, where, the_time())
    except InvalidEventError as error:
        if as_json:
            output.document(_preview_json(value, None, None, error.problems, where))
            raise typer.Exit(Exit.WRONG_INPUT) from None
        raise
    decision = decision_on(event, where)
    problems = rule_problems(event, decision, where)
    if as_json:
        output.document(_preview_json(value, event, decision, problems, where))
    else:
        output.say(headline(event.header))
        output.say(network_line(decision, where))
        output.say()
        show_decision(decision.deliveries, decision.denials, where, event.header, output)
    if problems and not as_json:
        output.say()
        raise CommandError(Exit.REFUSED, map(Fault.of, problems))
    if problems:
        raise typer.Exit(Exit.REFUSED)


def why_not_desk(
    file: EventFile,
    desk: DeskOption,
    network: NetworkOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Say why a desk would not get an event, who may change that and how, or what it would get."""
    output = Output(as_json=as_json)
    where = network_at(network, output)
    event = event_in(event_value(file), where, the_time())
    answer = why_not(desk, event.type.name, event.header, event.open, event.sealed.keys(), where)
    if as_json:
        output.document(_why_not_json(answer, where))
    else:
        _say_why_not(answer, where, output)
    if answer.outcome is Outcome.NO_SUCH_DESK:
        raise typer.Exit(Exit.REFUSED)


def decision_on(event: Event, network: Network) -> Decision:
    """What the network decides about an event, as the first of its thread."""
    return decide(event.type.name, event.header, event.open, event.sealed.keys(), network)


def rule_problems(event: Event, decision: Decision, network: Network) -> list[Problem]:
    """Why the network would refuse a valid event, besides what each desk is denied for."""
    problems = addressing_problems(event.type.name, event.header, event.open, network)
    nobody = nobody_problem(decision)
    if nobody is not None and not problems:
        problems.append(nobody)
    return problems


def _preview_json(
    value: Json,
    event: Event | None,
    decision: Decision | None,
    problems: Sequence[Problem],
    network: Network,
) -> Json:
    deliveries = decision.deliveries if decision is not None else ()
    denials = decision.denials if decision is not None else ()
    header = event.header if event is not None else None
    return {
        "message_id": _stated_id(value),
        "network_version": network.version,
        "engine": ENGINE,
        "digest": None if decision is None else decision.digest.hex(),
        "deliveries": [delivery_json(delivery, network) for delivery in deliveries],
        "denials": [denial_json(denial, network, header) for denial in denials],
        "errors": [Fault.of(problem).to_json() for problem in problems],
    }


def _stated_id(value: Json) -> Json:
    """The id that the author gave; one that a preview made up would be no promise."""
    header = value.get("header") if isinstance(value, dict) else None
    return header.get("message_id") if isinstance(header, dict) else None


def _why_not_json(answer: WhyNot, network: Network) -> Json:
    delivery = answer.delivery
    return {
        "desk": answer.desk,
        "outcome": answer.outcome.value,
        "view": None if delivery is None else delivery.view.value,
        "compartments": [] if delivery is None else list(delivery.compartments),
        "because": reasons_json(answer.because, answer.desk, network),
        "objections": [
            {
                "code": each.code,
                "rule": each.rule,
                "text": each.text,
                "may_fix": each.may_fix,
                "fix": each.fix,
            }
            for each in answer.objections
        ],
        "addresses": [{"pointer": each.pointer, "add": each.add} for each in answer.addresses],
        "nearest": list(answer.nearest),
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


def _show_addresses(answer: WhyNot, output: Output) -> None:
    rows = table("any of these would point at it", "add")
    for each in answer.addresses:
        rows.add_row(each.pointer, visible(each.add))
    output.say()
    output.show(rows)
