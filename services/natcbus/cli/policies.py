"""The policy of a network as tables: what reaches whom, by role, purpose and TLP level."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from natcbus.cli.output import Output, listed, table
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.types.core import Tlp
from natcbus.routing.network import Cell, Network, Policy, RoleRow, Tier, TlpScope
from natcbus.routing.reasons import tlp_label
from natcbus.routing.sentences import policy_in_words

_EVERY = "every desk"


def show_policy(network: Network, output: Output) -> None:
    """Print every table of the policy."""
    policy = network.policy
    for shown in (_roles(policy), _purposes(policy), _tlp(policy), _others(policy)):
        output.show(shown)
        output.say()
    output.say("F full, R reduced, N notice.", "dim")


def show_words(network: Network, output: Output) -> None:
    """Print the policy as sentences, one for each rule."""
    title = f"{visible(network.name)}, version {network.version}"
    output.say(title, style="bold")
    for chapter in policy_in_words(network):
        output.say()
        output.say(chapter.title, style="bold")
        lines = Table.grid(padding=(0, 1))
        for sentence in chapter.sentences:
            lines.add_row("-", visible(sentence.text))
        output.show(lines)


def words_json(network: Network) -> Json:
    """The document of ``network show --policy --json``."""
    return {
        "name": network.name,
        "version": network.version,
        "digest": network.digest.hex(),
        "rules": [
            {"chapter": chapter.title, "rule": sentence.rule, "text": sentence.text}
            for chapter in policy_in_words(network)
            for sentence in chapter.sentences
        ],
    }


def policy_json(network: Network) -> dict[str, Json]:
    """Every table of the policy; durations are seconds, null stands for everybody."""
    policy = network.policy
    return {
        "roles": {event: [_row_json(row) for row in rows] for event, rows in policy.roles.items()},
        "purposes": {
            purpose: {kind: reach.value for kind, reach in sorted(row.items())}
            for purpose, row in policy.purposes.items()
        },
        "tlp": {
            level: {tier.value: _some(kinds) for tier, kinds in scope.tiers.items()}
            for level, scope in policy.tlp.items()
        },
        "competence": {event: [*sorted(kinds)] for event, kinds in policy.competence.items()},
        "publishes": {tier.value: [*sorted(each)] for tier, each in policy.publishes.items()},
        "clocks": {
            event: [
                {
                    "urgencies": _some(row.urgencies),
                    "clocks": {clock.name: clock.after.total_seconds() for clock in row.clocks},
                }
                for row in rows
            ]
            for event, rows in policy.clocks.items()
        },
        "lifetimes": {event: each.total_seconds() for event, each in policy.lifetimes.items()},
    }


def _row_json(row: RoleRow) -> dict[str, Json]:
    return {
        "urgencies": _some(row.urgencies),
        "roles": {role: _cell_json(cell) for role, cell in row.roles.items()},
        "topics": None if row.topics is None else _cell_json(row.topics),
    }


def _cell_json(cell: Cell) -> dict[str, Json]:
    return {"reach": cell.reach.value, "to": _some(cell.to)}


def _some(words: frozenset[str] | None) -> Json:
    return None if words is None else [*sorted(words)]


def _roles(policy: Policy) -> Table:
    rows = table("event", "urgency", "reach", "roles", "to", title="reach by country role")
    for event, each in policy.roles.items():
        for row in each:
            name, urgency = event, listed(sorted(row.urgencies or ["any"]))
            for cell, roles in _alike(row).items():
                to = "every organisation" if cell.to is None else listed(sorted(cell.to))
                rows.add_row(name, urgency, cell.reach.value, listed(roles), to)
                name = urgency = ""
        rows.add_section()
    return rows


def _alike(row: RoleRow) -> Mapping[Cell, list[str]]:
    """Roles, and the topics, by what they bring."""
    alike: dict[Cell, list[str]] = {}
    for role, cell in row.roles.items():
        alike.setdefault(cell, []).append(role)
    if row.topics is not None:
        alike.setdefault(row.topics, []).append("topics")
    return alike


def _purposes(policy: Policy) -> Table:
    rows = table("purpose", "admits", title="who is admitted by purpose")
    for purpose, row in policy.purposes.items():
        rows.add_row(purpose, listed(f"{kind} {reach}" for kind, reach in sorted(row.items())))
    return rows


def _tlp(policy: Policy) -> Table:
    rows = table("level", "without being named", title="who may receive without being named")
    for level in Tlp:
        scope = policy.tlp.get(level)
        rows.add_row(tlp_label(level), _scope(scope) if scope is not None else "nobody")
    return rows


def _scope(scope: TlpScope) -> str:
    each = (
        f"{tier.value.lower()}s: {_EVERY if kinds is None else listed(sorted(kinds))}"
        for tier, kinds in scope.tiers.items()
    )
    return "; ".join(each) or "nobody"


def _others(policy: Policy) -> Table:
    rows = table("event", "who deals with it", "who may publish it", "lives", title="event types")
    for event, kinds in policy.competence.items():
        lives = policy.lifetimes.get(event)
        rows.add_row(
            event,
            listed(sorted(kinds)),
            listed(_publishers(event, policy.publishes)),
            "-" if lives is None else f"{lives.days} days",
        )
    return rows


def _publishers(event: str, publishes: Mapping[Tier, frozenset[str]]) -> list[str]:
    return [str(tier).lower() for tier, events in publishes.items() if event in events]
