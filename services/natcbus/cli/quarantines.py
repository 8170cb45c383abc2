"""``natcbus quarantine``: the records that the hub put aside, and why."""

from __future__ import annotations

import base64
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from natcbus.cli import treatments
from natcbus.cli.connections import brokers_of
from natcbus.cli.dissections import dissection_json, show_dissection
from natcbus.cli.held_records import held_json, place_json, show_held
from natcbus.cli.options import HOSTS_SIDE, BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output, moment
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.dissecting import dissect
from natcbus.contract.shapes import write_instant
from natcbus.contract.types.hub import Treatment
from natcbus.operations.quarantine import held_record, held_records

group = typer.Typer(help="Records that were put aside, and why.", no_args_is_help=True)
_SHOWN_BYTES: Final = 256
_PER_LINE: Final = 16


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    treatments.register(group)
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
    held = held_records(brokers.bootstrap, brokers.security)
    if as_json:
        output.document({"held": [held_json(each) for each in held]})
        return
    if not held:
        output.say("Nothing is in quarantine.")
        return
    show_held(held, output)


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
    held, content = held_record(brokers.bootstrap, number, brokers.security)
    key, value = content.key, content.value
    if as_json:
        output.document(
            held_json(held)
            | {
                "dissection": dissection_json(dissect(value)),
                "treatments": [_treatment_json(each) for each in held.treatments],
                "key_base64": None if key is None else base64.b64encode(key).decode(),
                "value_base64": base64.b64encode(value).decode(),
            }
        )
        return
    card = Table.grid(padding=(0, 2))
    for name, shown in held_json(held).items():
        card.add_row(Text(name, style="dim"), visible(str(shown)))
    output.show(card)
    for each in held.treatments:
        output.say(_treated(each))
    output.say()
    show_dissection(dissect(value), output)
    output.say()
    output.say(_hex(value[:_SHOWN_BYTES]))
    if len(value) > _SHOWN_BYTES:
        output.say(f"... and {len(value) - _SHOWN_BYTES} more bytes", "dim")


def _treatment_json(each: Treatment) -> Json:
    return {
        "run": each.run,
        "action": each.action.value,
        "step": each.step.value,
        "by": each.by,
        "reason": each.reason,
        "at": write_instant(each.at),
        "placed": place_json(each.placed),
        "failure": each.failure,
    }


def _treated(each: Treatment) -> str:
    said = f"{each.action.value} {each.step.value} by {each.by}, {moment(each.at)}: {each.reason}"
    if each.placed is not None:
        at = each.placed
        said += f" ({at.topic}/{at.partition}/{at.offset})"
    return visible(said if not each.failure else f"{said} ({each.failure})")


def _hex(value: bytes) -> str:
    lines = []
    for at in range(0, len(value), _PER_LINE):
        chunk = value[at : at + _PER_LINE]
        readable = "".join(chr(each) if " " <= chr(each) <= "~" else "." for each in chunk)
        lines.append(f"{at:04x}  {chunk.hex(' '):<47}  {readable}")
    return "\n".join(lines)
