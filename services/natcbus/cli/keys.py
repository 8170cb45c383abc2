"""``natcbus keys``: make the keys of a member and its desks, of the hub, or of the secretariat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from natcbus.cli.failures import wrong_input
from natcbus.cli.inputs import network_at, network_directory, the_time
from natcbus.cli.options import MEMBERS_SIDE, JsonOption, NetworkOption
from natcbus.cli.output import Output, table
from natcbus.cli.visible import visible
from natcbus.operations.key_files import HOLDERS, WrittenKeys, init_keys, init_secretariat
from natcbus.operations.network_files import KEYS

group = typer.Typer(help="Keys of members, desks and the hub.", no_args_is_help=True)
_PRIVATE: Final = Path(".natcbus") / "keys"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="keys", rich_help_panel=MEMBERS_SIDE)


@group.callback()
def _group() -> None:
    """Keys of members, desks and the hub."""


@group.command()
def init(
    owners: Annotated[
        list[str] | None, typer.Argument(metavar="[OWNER...]", help="Member codes, or `hub`.")
    ] = None,
    network: NetworkOption = None,
    private: Annotated[
        Path, typer.Option(metavar="DIR", help="Where private keys go, a folder per owner.")
    ] = _PRIVATE,
    public: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where public keys go; else `keys` in the network's."),
    ] = None,
    *,
    secretariat: Annotated[
        bool, typer.Option("--secretariat", help="Make the two keys that sign the network.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make keys, or those that new desks lack; never replaces one that is there.

    A member gets a root key (keep it off this machine), its signing key, its own sealing key and
    one for each desk of the network. The public file belongs beside the network's policy.
    """
    if not owners and not secretariat:
        raise wrong_input("USAGE", "name members, or `hub`, or say --secretariat")
    output = Output(as_json=as_json)
    beside = public or network_directory(network, output) / KEYS
    written = [*init_secretariat(private, beside)] if secretariat else []
    if owners:
        where = network_at(network, output)
        written += [
            init_keys(owner, where, private / owner, beside, the_time()) for owner in owners
        ]
    if as_json:
        output.document(
            {
                "issued": [
                    {
                        "owner": each.owner,
                        "public": str(each.public),
                        "private": [str(file) for file in each.private],
                    }
                    for each in written
                ]
            }
        )
        return
    _show(written, output)


def _show(written: list[WrittenKeys], output: Output) -> None:
    rows = table("owner", "public, to be reviewed and shared", "private, for the owner alone")
    for each in written:
        private = "\n".join(visible(str(file)) for file in each.private)
        rows.add_row(each.owner, visible(str(each.public)), private or "nothing was missing")
    output.show(rows)
    if any(each.owner in HOLDERS for each in written):
        output.say()
        output.say("Give each secretariat key to another person: two must sign.")
    if any(file.name.endswith(".root.pem") for each in written for file in each.private):
        output.say()
        output.say("Move each *.root.pem off this machine: it is needed for new keys alone.")
