"""``natcbus quarantine``: the records that the hub put aside, and why."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from natcbus.cli.connections import brokers_of
from natcbus.cli.options import HOSTS_SIDE, BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output, moment, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant
from natcbus.operations.quarantine import Held, held_record, held_records

group = typer.Typer(help="Records that were put aside, and why.", no_args_is_help=True)
_SHOWN_BYTES: Final = 256
_PER_LINE: Final = 16


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="quarantine", rich_help_panel=HOSTS_SIDE)


@group.command(name="list")
def list_held(
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List what is in quarantine, oldest first."""
    output = Output(as_json=as_json)
    brokers = brokers_of(bootstrap, context)
    held = list(held_records(brokers.bootstrap, brokers.security))
    if as_json:
        output.document({"held": [_row(each) for each in held]})
        return
    if not held:
        output.say("Nothing is in quarantine.")
        return
    rows = table("number", "since", "from", "bytes", "why")
    for each in held:
        place = f"{visible(each.topic)}/{each.partition}/{each.offset}"
        why = Text.assemble((visible(each.code), "red"), f" {visible(each.text)}")
        rows.add_row(str(each.number), moment(each.at), place, str(len(each.value)), why)
    output.show(rows)


@group.command()
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=0, help="As `list` shows it.")],
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one record: where it stood, why it is here, and how it begins."""
    output = Output(as_json=as_json)
    brokers = brokers_of(bootstrap, context)
    held = held_record(brokers.bootstrap, number, brokers.security)
    if as_json:
        output.document(
            _row(held)
            | {
                "key_base64": None if held.key is None else base64.b64encode(held.key).decode(),
                "value_base64": base64.b64encode(held.value).decode(),
            }
        )
        return
    card = Table.grid(padding=(0, 2))
    for name, value in _row(held).items():
        card.add_row(Text(name, style="dim"), visible(str(value)))
    output.show(card)
    output.say()
    output.say(_hex(held.value[:_SHOWN_BYTES]))
    if len(held.value) > _SHOWN_BYTES:
        output.say(f"... and {len(held.value) - _SHOWN_BYTES} more bytes", "dim")


def _row(held: Held) -> dict[str, Json]:
    return {
        "number": held.number,
        "at": write_instant(held.at),
        "code": held.code,
        "text": held.text,
        "topic": held.topic,
        "partition": held.partition,
        "offset": held.offset,
        "bytes": len(held.value),
        "sha256": hashlib.sha256(held.value).hexdigest(),
    }


def _hex(value: bytes) -> str:
    lines = []
    for at in range(0, len(value), _PER_LINE):
        chunk = value[at : at + _PER_LINE]
        readable = "".join(chr(each) if " " <= chr(each) <= "~" else "." for each in chunk)
        lines.append(f"{at:04x}  {chunk.hex(' '):<47}  {readable}")
    return "\n".join(lines)
