"""``natcbus network``: what a network says; its versions and simulations have their own modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from natcbus.cli import network_versions, simulations
from natcbus.cli.failures import refused, wrong_input
from natcbus.cli.inputs import network_at
from natcbus.cli.network_versions import counts
from natcbus.cli.options import AGREED, ContextOption, JsonOption, NetworkOption
from natcbus.cli.output import Output, listed, table
from natcbus.cli.policies import policy_json, show_policy, show_words, words_json
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.routing.nearest import did_you_mean
from natcbus.routing.network import Desk, Member, Network

group = typer.Typer(help="The network: members, desks, policy.", no_args_is_help=True)
_POLICY = "policy"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    network_versions.add_to(group)
    simulations.add_to(group)
    app.add_typer(group, name="network", rich_help_panel=AGREED)


@group.command()
def show(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[WHAT]", help="A desk, a member, or `policy`; else everything."),
    ] = None,
    network: NetworkOption = None,
    context: ContextOption = None,
    *,
    words: Annotated[
        bool, typer.Option("--policy", help="Say the policy in words, one sentence a rule.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the members, the desks and the policy of a network."""
    if words and what not in {None, _POLICY}:
        raise wrong_input("USAGE", f"either --policy or {what}, not both")
    output = Output(as_json=as_json)
    where = network_at(network, output, context)
    if words and as_json:
        output.document(words_json(where))
    elif words:
        show_words(where, output)
    elif as_json:
        output.document(_json(what, where))
    elif what == _POLICY:
        show_policy(where, output)
    elif what is None:
        _show_all(where, output)
    elif what in where.desks:
        output.show(_desk_card(where.desks[what]))
    elif what in where.members:
        _show_member(where.members[what], where, output)
    else:
        raise _nothing(what, where)


def _show_all(network: Network, output: Output) -> None:
    example = "An example; no claim about who is a member.\n" if network.example else ""
    output.say(f"{visible(network.name)}, version {network.version}", style="bold")
    output.say(f"{example}{counts(network)}, digest {network.digest.hex()[:16]}", style="dim")
    for title, members in _by_tier(network).items():
        rows = table("code", "name", "country", "desks", title=f"\n{title.lower()}s")
        for member in members:
            desks = [desk.id for desk in network.desks.values() if desk.member == member.code]
            rows.add_row(
                member.code,
                visible(member.name) + _mark(member, network),
                member.country or "-",
                listed(each.partition(".")[2] for each in sorted(desks)),
            )
        output.show(rows)
    for country, note in network.designations.items():
        output.say(f"* {country}: {visible(note)}", style="dim")


def _show_member(member: Member, network: Network, output: Output) -> None:
    tier = f"{member.tier.value.lower()}, {member.country or 'an organisation'}"
    output.say(f"{member.code}  {visible(member.name)}{_mark(member, network)}  ({tier})\n")
    rows = table("desk", "organisation", "works on", "purposes")
    for desk in sorted(_desks_of(member, network), key=lambda each: each.id):
        rows.add_row(
            desk.id,
            desk.organisation,
            listed(sorted(desk.competences)),
            listed(sorted(desk.purposes)),
        )
    output.show(rows)
    if member.country is not None and member.country in network.designations:
        output.say(f"* {visible(network.designations[member.country])}", style="dim")


def _desk_card(desk: Desk) -> Table:
    card = Table.grid(padding=(0, 2))
    for name, value in _desk_json(desk).items():
        text = listed(map(str, value)) if isinstance(value, list) else visible(str(value))
        card.add_row(Text(name, style="dim"), text)
    return card


def _by_tier(network: Network) -> Mapping[str, list[Member]]:
    tiers: dict[str, list[Member]] = {}
    for member in network.members.values():
        tiers.setdefault(member.tier.value, []).append(member)
    return tiers


def _desks_of(member: Member, network: Network) -> Iterable[Desk]:
    return (desk for desk in network.desks.values() if desk.member == member.code)


def _mark(member: Member, network: Network) -> str:
    return "*" if member.country in network.designations else ""


def _json(what: str | None, network: Network) -> Json:
    if what is None:
        return _network_json(network)
    if what == _POLICY:
        return policy_json(network)
    if what in network.desks:
        return _desk_json(network.desks[what])
    if what in network.members:
        member = network.members[what]
        return _member_json(member) | {
            "desks": [_desk_json(desk) for desk in _desks_of(member, network)]
        }
    raise _nothing(what, network)


def _nothing(what: str, network: Network) -> Exception:
    text = f"there is no desk or member {what}: {did_you_mean(what, network)}"
    return refused("NOT_IN_NETWORK", text)


def _network_json(network: Network) -> dict[str, Json]:
    return {
        "name": network.name,
        "version": network.version,
        "digest": network.digest.hex(),
        "example": network.example,
        "designations": dict(network.designations),
        "members": [_member_json(member) for member in network.members.values()],
        "desks": [_desk_json(desk) for desk in network.desks.values()],
        "neighbours": {code: [*sorted(each)] for code, each in network.neighbours.items()},
        "policy": policy_json(network),
    }


def _member_json(member: Member) -> dict[str, Json]:
    return {
        "code": member.code,
        "name": member.name,
        "tier": member.tier.value,
        "country": member.country,
    }


def _desk_json(desk: Desk) -> dict[str, Json]:
    return {
        "id": desk.id,
        "member": desk.member,
        "name": desk.name,
        "organisation": desk.organisation,
        "competences": [*sorted(desk.competences)],
        "purposes": [*sorted(desk.purposes)],
        "statuses": [*sorted(desk.statuses)],
        "regime": desk.regime,
        "languages": [*desk.languages],
        "hours": desk.hours,
    }
