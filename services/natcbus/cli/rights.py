"""``natcbus topology rights``: who may do what at the brokers, and who needs it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Annotated

import typer

from natcbus.cli.connections import brokers_of
from natcbus.cli.failures import Exit
from natcbus.cli.inputs import network_at
from natcbus.cli.options import BootstrapOption, ContextOption, JsonOption, NetworkOption
from natcbus.cli.output import Output, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.operations.granting import grant as grant_rights
from natcbus.operations.granting import granted_rights
from natcbus.operations.rights import Right, RightsPlan, compare


def rights(
    network: NetworkOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    *,
    grant: Annotated[bool, typer.Option("--grant", help="Grant what is missing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show which rights are missing, and which nobody needs; with --grant, grant those missing.

    A broker user is named as the member is, and the hub's is "hub". Takes no right from anybody.
    Leaves with 1 when somebody lacks a right, or has one that the network does not give.
    """
    output = Output(as_json=as_json)
    brokers = brokers_of(bootstrap, context)
    wanted = network_at(network, output, context)
    found = compare(wanted, granted_rights(brokers.bootstrap, brokers.security))
    new = found.missing if grant else ()
    if new:
        grant_rights(brokers.bootstrap, new, brokers.security)
        found = compare(wanted, granted_rights(brokers.bootstrap, brokers.security))
    if as_json:
        output.document(
            {
                "done": found.done,
                "new": _json(new),
                "missing": _json(found.missing),
                "granted": _json(found.granted),
                "beyond": _json(found.beyond),
            }
        )
    else:
        _show(found, len(new), output)
    if not found.done:
        raise typer.Exit(Exit.REFUSED)


def _json(found: Iterable[Right]) -> list[Json]:
    return [
        {
            "user": each.user,
            "operation": each.operation,
            "on": each.on.value,
            "name": each.name,
            "prefix": each.prefix,
        }
        for each in found
    ]


def _show(found: RightsPlan, new: int, output: Output) -> None:
    if found.missing:
        _rows("missing", found.missing, output)
    if found.beyond:
        _rows("nobody needs", found.beyond, output)
        output.say("Nothing is taken by itself: kafka-acls.sh --remove does.", "dim")
        output.say()
    granted = f"{len(found.granted)} granted" + (f", {new} of them now" if new else "")
    output.say(f"{granted}, {len(found.missing)} missing, {len(found.beyond)} that nobody needs.")


def _rows(title: str, found: Iterable[Right], output: Output) -> None:
    rows = table(title, "may", "to")
    for (user, operation), each in groupby(found, lambda right: (right.user, right.operation)):
        names = [f"{right.name}{'*' if right.prefix else ''}" for right in each]
        rows.add_row(visible(user), operation, visible(", ".join(names)))
    output.show(rows)
    output.say()
