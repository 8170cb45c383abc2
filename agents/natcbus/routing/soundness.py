"""Rules of the policy that cannot be meant: those that can never fire, and clocks out of order.

A Network with such a rule can be loaded and decides as it says. Whoever reads the policy believes
something that is not so; therefore ``network check`` and signing refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from natcbus.contract.types.core import Tlp
from natcbus.routing.describing import in_words
from natcbus.routing.documents import Place, Report
from natcbus.routing.entries import CellEntry, Draft, RoleRowEntry, Rows, Scope, rows_of
from natcbus.routing.network import Network, Tier, TlpScope
from natcbus.routing.notation import At

NEVER_FIRES: Final = "RULE_NEVER_FIRES"
OUT_OF_ORDER: Final = "CLOCKS_OUT_OF_ORDER"

CLOCK_ORDER: Final = ("delivered", "read", "substantive")
"""A desk must have a message before a person reads it, and read it before it can answer."""

_LOOSENING: Final = (Tlp.AMBER_STRICT, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)


class _Cell(NamedTuple):
    """A cell of the event x country role matrix, as it is written.

    ``scope`` is what it says itself of whom it is for.
    """

    rule: str
    at: Place
    scope: At[Scope] | None
    by_topic: bool


class _Kind(NamedTuple):
    """Desks that every rule of the policy treats alike."""

    organisation: str
    tier: Tier
    in_a_country: bool
    on_a_topic: bool


def check_soundness(draft: Draft, network: Network, report: Report) -> None:
    """Check every rule against all others and against the desks that there are.

    Reports RULE_NEVER_FIRES and CLOCKS_OUT_OF_ORDER.

    Parameters
    ----------
    draft, network
        Of the same files.
    """
    _matrix(draft, network, report)
    _tlp_levels(draft, report)
    _clocks(draft, report)


def _matrix(draft: Draft, network: Network, report: Report) -> None:
    kinds = _kinds(network)
    publishing = {member.tier for member in network.members.values()}
    for event, rows in rows_of(draft.roles):
        rule = f"roles.{event}"
        if not any(event in network.policy.publishes[tier] for tier in publishing):
            text = "no tier that has a member may publish it, so no row of it can fire"
            fix = f"add {event} to tiers.MEMBER.publishes, or empty its rows"
            report.add(rows.at, NEVER_FIRES, f"{rule}: {text}", fix)
            continue
        for urgency, row in rows_of(rows):
            _matrix_row(f"{rule}.{urgency}", event, row.value, network, kinds, report)


def _matrix_row(
    rule: str,
    event: str,
    row: RoleRowEntry,
    network: Network,
    kinds: frozenset[_Kind],
    report: Report,
) -> None:
    cells = list(_cells(rule, row))
    if row.to is not None and all(cell.scope is not None for cell in cells):
        text = f"{rule}.to applies to no cell: each says itself to whom, or there is none"
        report.add(row.to.at, NEVER_FIRES, text, "take it out")
    _scope_entries(f"{rule}.to", event, row.to, network, report)
    for cell in cells:
        _scope_entries(cell.rule, event, cell.scope, network, report)
        why = _why_never(event, cell.scope or row.to, network, kinds, by_topic=cell.by_topic)
        if why is not None:
            text, fix = why
            report.add(cell.at, NEVER_FIRES, f"{cell.rule} reaches nobody: {text}", fix)


def _cells(rule: str, row: RoleRowEntry) -> Iterator[_Cell]:
    for role, cell in rows_of(row.roles):
        yield _Cell(f"{rule}.roles.{role}", cell.at, _own_scope(cell.value), by_topic=False)
    if row.topics is not None:
        at, scope = row.topics.at, _own_scope(row.topics.value)
        yield _Cell(f"{rule}.topics", at, scope, by_topic=True)


def _own_scope(cell: str | CellEntry) -> At[Scope] | None:
    return cell.to if isinstance(cell, CellEntry) else None


def _scope_entries(
    rule: str, event: str, scope: At[Scope] | None, network: Network, report: Report
) -> None:
    """Report organisation types that a cell names and another table shuts out."""
    if scope is None or isinstance(scope.value, str):
        return
    admitted = {kind for row in network.policy.purposes.values() for kind in row}
    for kind, at in scope.value:
        if kind not in network.policy.competence[event]:
            text = f"{rule} names {kind}, and competence.{event} does not let it deal with this"
            fix = f"take it out, or add {kind} to competence.{event}"
            report.add(at, NEVER_FIRES, text, fix)
        elif kind not in admitted:
            text = f"{rule} names {kind}, which no row of purposes admits"
            report.add(at, NEVER_FIRES, text, f"take it out, or add {kind} to a row of purposes")


def _why_never(
    event: str,
    scope: At[Scope] | None,
    network: Network,
    kinds: frozenset[_Kind],
    *,
    by_topic: bool,
) -> tuple[str, str] | None:
    """Which table leaves nobody for a cell, and what to do; None where somebody remains."""
    policy = network.policy
    written = None if scope is None or isinstance(scope.value, str) else scope.value
    types = None if written is None else {kind for kind, _ in written}
    named = (
        "any organisation type" if types is None else ", ".join(sorted(types)) or "an empty list"
    )
    found_by = "works on a topic" if by_topic else "is in a country"
    remaining = {
        kind
        for kind in kinds
        if (types is None or kind.organisation in types)
        and (kind.on_a_topic if by_topic else kind.in_a_country)
    }
    if not remaining:
        text = f"no desk of {named} {found_by}"
        return text, "take the rule out until there is one, or name other organisation types"
    remaining = {kind for kind in remaining if kind.organisation in policy.competence[event]}
    if not remaining:
        text = f"competence.{event} lets none of its desks deal with this"
        return text, f"add their organisation type to competence.{event}, or take the rule out"
    if not any(_covers(policy.tlp[Tlp.CLEAR], kind) for kind in remaining):
        text = "no TLP level lets its desks receive without being named"
        return text, f"let tlp.{Tlp.CLEAR} cover them, or take the rule out"
    return None


def _covers(scope: TlpScope, kind: _Kind) -> bool:
    if kind.tier not in scope.tiers:
        return False
    covered = scope.tiers[kind.tier]
    return covered is None or kind.organisation in covered


def _kinds(network: Network) -> frozenset[_Kind]:
    return frozenset(
        _Kind(
            desk.organisation,
            network.members[desk.member].tier,
            network.members[desk.member].country is not None,
            bool(desk.competences),
        )
        for desk in network.desks.values()
    )


def _tlp_levels(draft: Draft, report: Report) -> None:
    """Report what a level covers in vain: what a looser level does not cover, none does."""
    levels = {level: dict(rows_of(row)) for level, row in rows_of(draft.tlp)}
    for tier, scope in levels.get(Tlp.RED, {}).items():
        if scope.value != ():
            text = f"tlp.{Tlp.RED}.{tier} covers somebody, and RED goes to named desks alone"
            report.add(scope.at, NEVER_FIRES, text, "take it out")
    for level, looser in pairwise(_LOOSENING):
        for tier, scope in levels.get(level, {}).items():
            beyond = _beyond(scope.value, levels.get(looser, {}).get(tier))
            if beyond:
                text = f"tlp.{level}.{tier} covers {beyond}, and the looser {looser} does not"
                fix = f"add that to tlp.{looser}.{tier}, or take it out here"
                report.add(scope.at, NEVER_FIRES, text, fix)


def _beyond(scope: Scope, wider: At[Scope] | None) -> str:
    """What ``scope`` covers and ``wider`` does not, in words."""
    beyond: Scope = () if wider is None else wider.value
    if isinstance(beyond, str):
        return ""
    if isinstance(scope, str):
        return "every organisation type"
    covered = {kind for kind, _ in beyond}
    return ", ".join(kind for kind, _ in scope if kind not in covered)


def _clocks(draft: Draft, report: Report) -> None:
    for event, rows in rows_of(draft.clocks):
        for urgency, row in rows_of(rows):
            _order(f"clocks.{event}.{urgency}", row.value, report)


def _order(rule: str, row: Rows[timedelta], report: Report) -> None:
    clocks = [(name, row[name].value) for name in CLOCK_ORDER if name in row]
    written = [(name, clock) for name, clock in clocks if clock is not None]
    for (first, before), (second, after) in pairwise(written):
        if after.value < before.value:
            text = (
                f"{rule}: {second} is due after {in_words(after.value)}, before {first}"
                f" ({in_words(before.value)})"
            )
            fix = f"give {second} at least as long as {first}"
            report.add(after.at, OUT_OF_ORDER, text, fix)
