"""How far a record could be read, and where it differs from its schema."""

from __future__ import annotations

from rich.text import Text

from natcbus.cli.output import Output, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.dissecting import Dissection, shown_values


def dissection_json(dissection: Dissection) -> dict[str, Json]:
    """Every value that means something to people, and the first difference or null."""
    found = dissection.difference
    return {
        "schema": dissection.schema,
        "values": [
            {"at": each.at, "path": each.path, "type": each.kind, "text": each.text}
            for each in shown_values(dissection)
        ],
        "difference": None
        if found is None
        else {
            "at": found.at,
            "path": found.path,
            "expected": found.expected,
            "found": found.found,
        },
    }


def show_dissection(dissection: Dissection, output: Output) -> None:
    """Print the values with the place of each, then the difference."""
    rows = table("byte", "what", "value")
    for each in shown_values(dissection):
        rows.add_row(f"{each.at:04x}", visible(each.path), visible(each.text))
    if rows.row_count:
        output.show(rows)
        output.say()
    found = dissection.difference
    if found is None:
        output.say(f"Every byte follows {dissection.schema}.", "green")
        return
    where = f"At byte {found.at:04x}, {visible(found.path) or 'the record'}: "
    said = f"expected {visible(found.expected)}, found {visible(found.found)}."
    output.say(Text.assemble((where, "bold"), (said, "red")))
