"""How a reconciliation is shown: a verdict, then each fault with what to do, then the notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from natcbus.cli.output import Output, moment, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant
from natcbus.operations.reconciling import Code, Finding, Report
from natcbus.operations.reconciling.codes import TO_DO
from natcbus.routing.signed import OpenedNetwork

_SHOWN: Final = 20


def report_json(
    report: Report, rules: Sequence[OpenedNetwork], grace: int, since: datetime | None
) -> dict[str, Json]:
    """The shape that ``natcbus reconcile --json`` prints."""
    return {
        "kept": report.kept,
        "as_of": write_instant(report.as_of),
        "since": None if since is None else write_instant(since),
        "grace_seconds": grace,
        "networks": [
            {"version": each.network.version, "digest": each.network.digest.hex()} for each in rules
        ],
        "read": dict(report.read),
        "messages": report.messages,
        "deliveries": report.deliveries,
        "unjudged": report.unjudged,
        "counts": {code.value: report.counts[code] for code in Code if report.counts[code]},
        "findings": [_finding_json(each) for each in report.findings],
        "notes": [_finding_json(each) for each in report.notes],
    }


def _finding_json(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code.value,
        "topic": finding.place.topic,
        "partition": finding.place.partition,
        "offset": finding.place.offset,
        "sender": finding.sender,
        "message_id": finding.message_id,
        "desk": finding.desk,
        "text": finding.text,
    }


def show_report(
    report: Report, rules: Sequence[OpenedNetwork], since: datetime | None, output: Output
) -> None:
    """The same for people."""
    output.say(_read(report, rules, since))
    output.say()
    output.say(_verdict(report))
    for code in Code:
        if code.is_fault and report.counts[code]:
            output.say()
            _show_fault(code, report, output)
    noted = [code for code in Code if not code.is_fault and report.counts[code]]
    if noted:
        output.say()
        output.show(_notes(noted, report))


def _read(report: Report, rules: Sequence[OpenedNetwork], since: datetime | None) -> Text:
    versions = ", ".join(str(number) for number in sorted({each.network.version for each in rules}))
    records = f"{sum(report.read.values()):,} records"
    begin = "" if since is None else f", from {moment(since)} on"
    return Text(
        f"{records} as of {moment(report.as_of)}{begin}; network version {versions}", style="dim"
    )


def _verdict(report: Report) -> Text:
    judged = (
        f"{_counted(report.messages, 'message')} decided again, "
        f"{_counted(report.deliveries, 'delivery', 'deliveries')} as they should be"
    )
    faults = sum(count for code, count in report.counts.items() if code.is_fault)
    unjudged = "" if not report.unjudged else f", {_counted(report.unjudged, 'message')} not judged"
    if report.kept:
        return Text.assemble(("Every promise was kept. ", "bold green"), f"{judged}{unjudged}.")
    found = f"{_counted(faults, 'fault')} found. "
    return Text.assemble((found, "bold red"), f"{judged}{unjudged}.")


def _counted(number: int, thing: str, several: str = "") -> str:
    return f"{number:,} {thing if number == 1 else several or thing + 's'}"


def _show_fault(code: Code, report: Report, output: Output) -> None:
    found = [each for each in report.findings if each.code is code]
    count = report.counts[code]
    heading = Text.assemble((code.value, "bold red"), f"  {count:,}" if count > 1 else "")
    output.say(heading)
    output.say(Text(f"To do: {TO_DO[code]}."))
    output.show(_rows(found[:_SHOWN]))
    if count > _SHOWN:
        output.say(f"... and {count - _SHOWN:,} more; --json lists {len(found):,}.", "dim")


def _rows(found: Iterable[Finding]) -> Table:
    rows = table("where", "message", "what")
    for each in found:
        message = f"{each.sender}/{each.message_id}" if each.message_id else each.sender
        rows.add_row(visible(str(each.place)), visible(message) or "-", visible(each.what))
    return rows


def _notes(codes: Iterable[Code], report: Report) -> Table:
    rows = table("also", "how many", "for example", "to do")
    for code in codes:
        first = next(each for each in report.notes if each.code is code)
        example = f"{first.place} {first.what}"
        name, count = Text(code.value, style="yellow"), f"{report.counts[code]:,}"
        rows.add_row(name, count, visible(example), TO_DO[code])
    return rows
