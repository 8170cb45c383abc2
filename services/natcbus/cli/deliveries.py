"""How a delivery is shown: the urgent first, then what its desk may see, then what it must do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.table import Table
from rich.text import Text

from natcbus.cli.changes import say_change
from natcbus.cli.decisions import because_texts, headline
from natcbus.cli.failures import Fault
from natcbus.cli.output import Output, fault_line, listed, moment, view_text
from natcbus.cli.visible import visible
from natcbus.client import Delivery
from natcbus.contract.assembly import Json

_LONGEST: Final = 400
_LABEL: Final = 13


def show_delivery(delivery: Delivery, output: Output) -> None:
    """Print a delivery for the people of its desk."""
    output.say(headline(delivery.header))
    say_change(delivery.header, output)
    output.show(_facts(delivery))
    for part, content in parts(delivery):
        output.show(part_grid(part, content))
    for problem in delivery.problems:
        output.say(fault_line(Fault.of(problem)))
    output.say()


def parts(delivery: Delivery) -> Iterator[tuple[str, Json]]:
    """The open part and each opened compartment, as they were written."""
    written = delivery.to_json()
    yield "open", written["open"]
    sealed = written["sealed"]
    if isinstance(sealed, dict):
        yield from sealed.items()


def flat(content: Json, at: str = "") -> Iterator[tuple[str, str]]:
    """Every value below ``content`` with its path; what says nothing is left out."""
    match content:
        case dict():
            for name, value in content.items():
                yield from flat(value, f"{at}.{name}" if at else name)
        case list() if all(isinstance(each, str) for each in content):
            if content:
                yield at, ", ".join(map(str, content))
        case list():
            for number, value in enumerate(content, start=1):
                yield from flat(value, f"{at} {number}")
        case None | "":
            return
        case _:
            yield at, str(content)


def _facts(delivery: Delivery) -> Table:
    texts, notes = because_texts(delivery.because, delivery.desk, delivery.network)
    view = view_text(delivery.view)
    due = "; ".join(f"{each.clock} by {moment(each.at)}" for each in delivery.relay.due)
    handling = delivery.header.handling
    rules = ", ".join([*(code.value for code in handling.europol), f"PAP:{handling.pap}"])
    return _grid(
        ("to", Text.assemble(visible(delivery.desk), ", ", view)),
        ("because", " ".join(texts) + "".join(f" * {visible(note)}" for note in notes)),
        ("due", due),
        ("looks like", _indicators(delivery)),
        ("handling", rules),
        ("message", delivery.message_id),
        ("thread", visible(delivery.thread_id)),
    )


def _indicators(delivery: Delivery) -> str:
    """What the bus derived from the open part: a machine's assessment, and said to be one."""
    rows = [
        f"{row.code}{f' ({listed(row.about)})' if row.about else ''}"
        for row in delivery.relay.indicators
    ]
    return visible(f"{', '.join(rows)} (assessed by machine)") if rows else ""


def part_grid(name: str, content: Json) -> Table:
    """The values of one part of a delivery, each with its path."""
    rows = [(visible(path), visible(_cut(value))) for path, value in flat(content)]
    made = Table.grid(padding=(0, 2))
    made.add_column(width=_LABEL)
    made.add_column()
    made.add_column(overflow="fold")
    label = Text(visible(name), style="bold")
    for path, value in rows:
        made.add_row(label, Text(path, style="dim"), value)
        label = Text()
    return made


def _grid(*facts: tuple[str, str | Text]) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(width=_LABEL, style="dim")
    made.add_column(overflow="fold")
    for name, value in facts:
        if value:
            made.add_row(name, value)
    return made


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}... ({len(value)} characters)"
