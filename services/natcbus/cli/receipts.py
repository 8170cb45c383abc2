"""How a receipt is shown: what the hub decided about a member's own message."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from natcbus.cli.changes import say_recalls
from natcbus.cli.decisions import denial_json, reasons_json, show_decision
from natcbus.cli.failures import Fault
from natcbus.cli.output import Output, fault_line, moment, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import DecisionRecord, Outcome, Outgoing, Receipt, Treatment
from natcbus.routing.decision import Delivery, Denial, Reason
from natcbus.routing.network import Network
from natcbus.routing.views import view_of


def deciding(receipts: Sequence[Receipt]) -> DecisionRecord:
    """The record that counts among all of one message: the one that routed it, else the first."""
    routed = (each.decision for each in receipts if each.decision.outcome is Outcome.ROUTED)
    return next(routed, receipts[0].decision)


def deliveries_of(record: DecisionRecord) -> list[Delivery]:
    """What left for each desk, with the name of its view."""
    return [
        Delivery(
            desk=each.row.desk,
            compartments=each.row.compartments,
            because=tuple(Reason(row.code, row.about) for row in each.row.because),
            view=view_of(each.row.compartments, record.present),
        )
        for each in record.deliveries
        if each.undelivered is None
    ]


def denials_of(record: DecisionRecord) -> list[Denial]:
    """The candidates that were denied."""
    return [Denial(each.desk, each.code) for each in record.denials]


def faults_of(record: DecisionRecord) -> list[Fault]:
    """Why the hub refused it or put it aside."""
    return [Fault(each.code, each.text, each.pointer) for each in record.problems]


def receipt_json(
    record: DecisionRecord, network: Network, repeats: int = 0, header: Header | None = None
) -> dict[str, Json]:
    """The shape of ``natcbus trace --json``."""
    return {
        "message_id": record.message_id,
        "thread_id": record.thread_id,
        "type": record.type,
        "status": record.status,
        "kind": record.kind,
        "supersedes": record.supersedes,
        "outcome": record.outcome.value,
        "sent_at": None if record.sent_at is None else write_instant(record.sent_at),
        "decided_at": write_instant(record.decided_at),
        "network_version": record.network.version,
        "engine": record.engine,
        "digest": _hex(record.decision_digest),
        "slip_digest": _hex(record.slip_digest),
        "present": [*record.present],
        "deliveries": [_outgoing_json(each, record, network) for each in record.deliveries],
        "denials": [denial_json(each, network, header) for each in denials_of(record)],
        "recalls": [*record.recalls],
        "errors": [fault.to_json() for fault in faults_of(record)],
        "repeats": repeats,
    }


def show_receipt(
    record: DecisionRecord,
    network: Network,
    output: Output,
    repeats: int = 0,
    header: Header | None = None,
) -> None:
    """Print a receipt for people; with the message's header its sentences are more exact."""
    output.say(_headline(record))
    if record.supersedes is not None:
        output.say(f"{visible(record.kind)} of {visible(record.supersedes)}", "bold")
    output.say(_decided(record), "dim")
    if repeats:
        output.say(f"It came {repeats} more times and was not delivered again.", "dim")
    output.say()
    for fault in faults_of(record):
        output.say(fault_line(fault))
    if record.outcome is Outcome.ROUTED:
        show_decision(deliveries_of(record), denials_of(record), network, header, output)
        say_recalls(record.recalls, output)
        _show_undelivered(record, output)


def returned_json(treatment: Treatment | None) -> Json:
    """What the host says of a record that it returned; null where it did not."""
    if treatment is None:
        return None
    return {
        "by": treatment.by,
        "reason": treatment.reason,
        "at": write_instant(treatment.at),
        "code": treatment.code,
    }


def show_returned(treatment: Treatment, output: Output) -> None:
    """Print that the host returned a record: it will not be routed."""
    said = f"RETURNED {moment(treatment.at)} by {treatment.by}: {treatment.reason}"
    output.say(visible(said), "bold red")
    output.say("Mend what is wrong and publish it anew: this record will not be routed.")


def _headline(record: DecisionRecord) -> Text:
    style = "bold green" if record.outcome is Outcome.ROUTED else "bold red"
    about = f" {visible(record.type)} {visible(record.message_id)}"
    return Text.assemble((record.outcome.value, style), about)


def _decided(record: DecisionRecord) -> str:
    digest = _hex(record.decision_digest)
    decision = f", decision {digest[:16]}" if digest is not None else ""
    differs = record.slip_digest not in {None, record.decision_digest}
    narrowed = "; the sender had decided otherwise, and both were intersected" if differs else ""
    when, version = moment(record.decided_at), record.network.version
    return f"decided {when} on network version {version}{decision}{narrowed}"


def _show_undelivered(record: DecisionRecord, output: Output) -> None:
    held_back = [each for each in record.deliveries if each.undelivered is not None]
    if held_back:
        rows = table("decided, but could not leave", "why")
        for each in held_back:
            rows.add_row(visible(each.row.desk), Text(visible(str(each.undelivered)), "red"))
        output.say()
        output.show(rows)


def _outgoing_json(each: Outgoing, record: DecisionRecord, network: Network) -> Json:
    row = each.row
    reasons = [Reason(reason.code, reason.about) for reason in row.because]
    return {
        "desk": row.desk,
        "delivery_id": each.delivery_id,
        "view": view_of(row.compartments, record.present).value,
        "compartments": [*row.compartments],
        "because": reasons_json(reasons, row.desk, network),
        "undelivered": each.undelivered,
    }


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
