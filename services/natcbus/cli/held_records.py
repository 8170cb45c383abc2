"""How a record in quarantine is shown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from natcbus.cli.output import Output, moment, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant
from natcbus.contract.types.hub import Source
from natcbus.operations.quarantine import Held, State


def show_held(held: Sequence[Held], output: Output) -> None:
    """A table of held records, each with its state and why it was put aside."""
    rows = table("number", "state", "since", "from", "bytes", "why")
    for each in held:
        place = f"{visible(each.topic)}/{each.partition}/{each.offset}"
        why = Text.assemble((visible(each.code), "red"), f" {visible(each.text)}")
        state = Text(each.state.value, style="bold" if each.state is State.HELD else "dim")
        if each.unfinished is not None:
            state.append(f"\n{each.unfinished.action.value} unfinished", style="red")
        rows.add_row(str(each.number), state, moment(each.at), place, str(each.size), why)
    output.show(rows)


def held_json(held: Held) -> dict[str, Json]:
    """What every command says of a held record."""
    return {
        "number": held.number,
        "state": held.state.value,
        "at": write_instant(held.at),
        "code": held.code,
        "text": held.text,
        "topic": held.topic,
        "partition": held.partition,
        "offset": held.offset,
        "bytes": held.size,
        "sha256": held.sha256.hex(),
    }


def place_json(place: Source | None) -> Json:
    """Where a record stands; null for nowhere."""
    if place is None:
        return None
    return {"topic": place.topic, "partition": place.partition, "offset": place.offset}
