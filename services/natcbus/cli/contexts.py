"""``natcbus context``: names for servers, member, keys and network, so that commands need not."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from natcbus.cli.options import MEMBERS_SIDE, ContextOption, JsonOption
from natcbus.cli.output import Output, table
from natcbus.cli.visible import visible
from natcbus.client import contexts
from natcbus.client.contexts import Context
from natcbus.contract.assembly import Json

group = typer.Typer(
    help="Names for servers, member, keys and network together.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="context", rich_help_panel=MEMBERS_SIDE)


@group.command(name="list")
def list_contexts(*, as_json: JsonOption = False) -> None:
    """List the contexts; the current one is used when a command names none."""
    output = Output(as_json=as_json)
    current = contexts.current_name()
    found = [contexts.load(name) for name in contexts.names()]
    if as_json:
        output.document({"current": current, "contexts": [_json(each) for each in found]})
        return
    if not found:
        output.say(f"No contexts in {visible(str(contexts.home()))}: see `natcbus context add`.")
        return
    rows = table("", "name", "member", "servers", "network")
    for each in found:
        mark = Text("*", style="bold") if each.name == current else ""
        servers, network = visible(each.bootstrap), visible(str(each.network))
        rows.add_row(mark, each.name, visible(each.member), servers, network)
    output.show(rows)


@group.command()
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A context.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a context the one that is used when none is named."""
    output = Output(as_json=as_json)
    chosen = contexts.use(name)
    if as_json:
        output.document({"current": chosen.name})
    else:
        output.say(f"{chosen.name} is used when no context is named.")


@group.command()
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A context; else the current one.")
    ] = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show a context."""
    output = Output(as_json=as_json)
    found = contexts.load(name or context)
    if as_json:
        output.document(_json(found))
        return
    card = Table.grid(padding=(0, 2))
    for key, value in _json(found).items():
        card.add_row(Text(key, style="dim"), "-" if value is None else visible(str(value)))
    output.show(card)


@group.command()
def add(  # noqa: PLR0913 - each is an option of its own
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, - and _.")],
    *,
    bootstrap: Annotated[str, typer.Option(metavar="HOST:PORT", help="Brokers.")],
    member: Annotated[str, typer.Option(metavar="MEMBER", help="Who publishes.")],
    network: Annotated[
        Path, typer.Option(metavar="DIR", help="Directory of network YAML, or hub.network.")
    ],
    keys: Annotated[Path, typer.Option(metavar="DIR", help="The member's private keys.")],
    public_keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Else `keys` in the network's directory.")
    ] = None,
    trusted: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The secretariat's public keys, for hub.network."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="What subscribers remember.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a context; TLS and passwords are set in its file, which is named."""
    output = Output(as_json=as_json)
    file = contexts.save(
        Context(
            name=name,
            bootstrap=bootstrap,
            member=member,
            network=network,
            keys=keys,
            state=state or contexts.home() / "state" / name,
            public_keys=public_keys,
            trusted=trusted,
        )
    )
    if as_json:
        output.document({"name": name, "file": str(file)})
    else:
        output.say(f"Written: {visible(str(file))}")


def _json(context: Context) -> dict[str, Json]:
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return {key: None if value is None else str(value) for key, value in values.items()}
