"""Commands of a member's side: publish, subscribe, trace."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Annotated, Final, NoReturn

import typer

from natcbus.cli.changes import say_change, say_recalls
from natcbus.cli.decisions import counted, delivery_json, denial_json
from natcbus.cli.deliveries import show_delivery
from natcbus.cli.failures import CommandError, Exit, Fault, refused, wrong_input
from natcbus.cli.inputs import event_text, network_at, the_time
from natcbus.cli.journals import note_earlier
from natcbus.cli.options import MEMBERS_SIDE, ContextOption, DeskOption, EventFile, JsonOption
from natcbus.cli.output import Output, listed
from natcbus.cli.receipts import (
    deciding,
    faults_of,
    receipt_json,
    returned_json,
    show_receipt,
    show_returned,
)
from natcbus.cli.visible import visible
from natcbus.client import Publisher, Start, State, Subscriber, contexts
from natcbus.client.publisher import Published
from natcbus.client.receipts import returned, wait_for_receipt
from natcbus.client.receipts import trace as receipts_of
from natcbus.client.subscriber import Refused
from natcbus.contract.assembly import Json
from natcbus.contract.reading import parse_json
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.routing.network import Network

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_MESSAGE_OF_DELIVERY: Final = re.compile(r"[^/]+/([^/]+)/[^/]+")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(rich_help_panel=MEMBERS_SIDE)(publish)
    app.command(rich_help_panel=MEMBERS_SIDE)(subscribe)
    app.command(rich_help_panel=MEMBERS_SIDE)(trace)


def publish(
    file: EventFile,
    *,
    context: ContextOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the hub has routed it.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait.")
    ] = 30.0,
    message_id: Annotated[
        str | None,
        typer.Option("--message-id", metavar="ID", help="Publish under this id, once."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an event: validate, decide, seal, sign, journal and send it.

    Returns when it is durable. What the journal holds from earlier is sent first.
    """
    output = Output(as_json=as_json)
    where = contexts.load(context)
    event = _under(event_text(file), message_id)
    with Publisher(where) as publisher:
        sent = publisher.publish(event)
        network = publisher.world.network
        note_earlier(publisher, output)
    if sent.state is not State.SENT:
        _report_unsent(sent, network, output)
    if not wait:
        _report_sent(sent, network, output)
        return
    receipt = wait_for_receipt(where, sent.message_id, timeout)
    if receipt is None:
        text = (
            f"{sent.message_id} is durable, do not publish it again; the hub has not routed it "
            f"within {timeout:g} s: `natcbus trace {sent.message_id}` shows when it has"
        )
        faults = [Fault("NOT_ROUTED_YET", text)]
        raise CommandError(Exit.UNAVAILABLE, faults, {"message_id": sent.message_id})
    _report_routed(sent, receipt.decision, network, output)


def subscribe(  # noqa: PLR0913 - each is an option of its own
    *,
    desk: DeskOption,
    context: ContextOption = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="From then on: 45s, 30m, 2h, 3d ago, or an instant."),
    ] = None,
    last: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The newest N, and what follows.")
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Everything that the bus still holds.")
    ] = False,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop when everything that is there was read.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a desk receives, verified and opened with its key; goes on where it stopped."""
    output = Output(as_json=as_json)
    start = _start(since, last, from_start=from_start)

    def refuse(record: Refused) -> None:
        output.note(f"record {record.offset} is not shown: {record.code}: {record.text}")

    where = contexts.load(context)
    with Subscriber(
        where, desk=desk, start=start, until_end=until_end, on_refused=refuse
    ) as subscriber:
        for delivery in subscriber:
            if as_json:
                output.record(delivery.to_json())
            else:
                show_delivery(delivery, output)


def trace(
    message: Annotated[str, typer.Argument(metavar="ID", help="A message id, or a delivery id.")],
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what became of a message: who got what, which view, why; who did not, and why."""
    output = Output(as_json=as_json)
    delivery = _MESSAGE_OF_DELIVERY.fullmatch(message)
    message_id = delivery[1] if delivery is not None else message
    where = contexts.load(context)
    receipts = receipts_of(where, message_id)
    if not receipts:
        text = (
            f"no receipt of {message_id} for {where.member}: the hub has not decided it yet, "
            "or another member sent it"
        )
        raise refused("NO_RECEIPT", text)
    network = network_at(where.network, output)
    record = deciding(receipts)
    repeats = len(receipts) - 1
    given_back = None
    if record.outcome is Outcome.QUARANTINED:
        given_back = next(returned(where, record.source), None)
    if as_json:
        shown = receipt_json(record, network, repeats)
        output.document(shown | {"returned": returned_json(given_back)})
        return
    show_receipt(record, network, output, repeats)
    if given_back is not None:
        show_returned(given_back, output)


def _under(text: bytes, message_id: str | None) -> bytes:
    """The event, under another message id where one is given."""
    if message_id is None:
        return text
    event = parse_json(text)
    header = event.get("header") if isinstance(event, dict) else None
    if isinstance(header, dict):
        header["message_id"] = message_id
    return json.dumps(event).encode()


def _report_unsent(sent: Published, network: Network, output: Output) -> NoReturn:
    if sent.state is State.EXPIRED:
        fault = Fault("EXPIRED", f"{sent.message_id} expired before the bus could be reached")
        raise CommandError(Exit.REFUSED, [fault], _decided_json(sent, network))
    text = (
        f"{sent.message_id} is queued and will be sent, do not publish it again: {sent.why}; the "
        "next `natcbus publish`, or `natcbus journal drain`, sends it first"
    )
    if not output.as_json:
        output.say(f"QUEUED {sent.message_id} on thread {visible(sent.thread_id)}", "bold yellow")
    known = _decided_json(sent, network)
    raise CommandError(Exit.UNAVAILABLE, [Fault("QUEUED", text)], known)


def _report_sent(sent: Published, network: Network, output: Output) -> None:
    decision, header = sent.decision, sent.header
    if output.as_json:
        output.document(_decided_json(sent, network) | {"errors": []})
        return
    output.say(f"{sent.state} {sent.message_id} on thread {visible(sent.thread_id)}", "bold")
    say_change(header, output)
    output.say(counted(decision.deliveries))
    say_recalls(sent.recalls, output)
    if sent.undeliverable:
        output.say(f"No public key yet, so not to: {listed(sent.undeliverable)}", "red")
    output.say(f"`natcbus trace {sent.message_id}` shows what the hub decided.", "dim")


def _report_routed(
    sent: Published, record: DecisionRecord, network: Network, output: Output
) -> None:
    routed = record.outcome in {Outcome.ROUTED, Outcome.REPEATED}
    shown = receipt_json(record, network, header=sent.header)
    if output.as_json:
        kept = ("deliveries", "denials", "recalls", "errors")
        output.document(
            _sent_json(sent) | {"state": record.outcome.value} | {key: shown[key] for key in kept}
        )
    elif routed:
        show_receipt(record, network, output, header=sent.header)
    if not routed and not output.as_json:
        raise CommandError(Exit.REFUSED, faults_of(record))
    if not routed:
        raise typer.Exit(Exit.REFUSED)


def _decided_json(sent: Published, network: Network) -> dict[str, Json]:
    return _sent_json(sent) | {
        "deliveries": [delivery_json(each, network) for each in sent.decision.deliveries],
        "denials": [denial_json(each, network, sent.header) for each in sent.decision.denials],
        "recalls": [*sent.recalls],
    }


def _sent_json(sent: Published) -> dict[str, Json]:
    return {
        "message_id": sent.message_id,
        "thread_id": sent.thread_id,
        "state": sent.state.value,
        "topic": sent.topic,
        "partition": sent.partition,
        "offset": sent.offset,
        "undeliverable": [*sent.undeliverable],
    }


def _start(since: str | None, last: int | None, *, from_start: bool) -> Start:
    if sum((since is not None, last is not None, from_start)) > 1:
        raise wrong_input("USAGE", "choose one of --since, --last and --from-start")
    if since is not None:
        return Start(since=_instant(since))
    return Start(beginning=from_start, last=last)


def _instant(text: str) -> datetime:
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return the_time() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        why = "write 45s, 30m, 2h or 3d, or an instant such as 2026-11-24T08:00:00Z"
        raise wrong_input("USAGE", f"--since {text}: {why}")
    return instant
