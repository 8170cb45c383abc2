"""What the sections of the Network say about each other: checks that no single section shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from natcbus.routing.documents import Place, Report
from natcbus.routing.notation import At, Row
from natcbus.routing.sections import DeskEntry, Draft, MemberEntry, Rows

T = TypeVar("T")


def check_coherence(draft: Draft, report: Report) -> None:
    """Reports FOREIGN_DESK, COUNTRY_TAKEN, OWN_NEIGHBOUR, ONE_WAY_ADJACENCY and desks that nothing can reach."""
    members = draft.members.value if draft.members is not None else {}
    _desks_belong_to_their_member(members, report)
    _one_member_per_country(members, report)
    if draft.adjacency is not None:
        _neighbours_agree(draft.adjacency.value, report)
    if draft.competence is not None and draft.purposes is not None:
        competent = {each.value for _, row in rows_of(draft.competence) for each in row.value}
        admitted = {
            purpose: frozenset(row.value) for purpose, row in rows_of(draft.purposes)
        }
        _desks_can_be_reached(members, competent, admitted, report)


def rows_of(table: At[Rows[T]] | None) -> Iterator[tuple[str, At[T]]]:
    """The rows of a table that could be read; none where the table itself is left out."""
    if table is not None:
        for key, row in table.value.items():
            if row.value is not None:
                yield key, row.value


def _desks_of(members: Rows[MemberEntry]) -> Iterator[tuple[str, Row[DeskEntry]]]:
    for code, member in members.items():
        if member.value is not None and member.value.value.desks is not None:
            for desk in member.value.value.desks.value.values():
                yield code, desk


def _desks_belong_to_their_member(members: Rows[MemberEntry], report: Report) -> None:
    for code, desk in _desks_of(members):
        owner, _, name = desk.key.value.partition(".")
        if owner != code:
            text = f"the desk {desk.key.value} does not begin with the code of its member, {code}"
            report.add(desk.key.at, "FOREIGN_DESK", text, f"write {code}.{name}, or move the desk to member {owner}")


def _one_member_per_country(members: Rows[MemberEntry], report: Report) -> None:
    countries = [(entry.value.country, code) for code, entry in rows_of(At(members, Place("", 0)))]
    taken: dict[str, str] = {}
    for country, code in sorted(((at, code) for at, code in countries if at is not None), key=lambda each: each[0].at):
        first = taken.setdefault(country.value, code)
        if first != code:
            text = f"{country.value} is already the country of member {first}, and it would be unclear whom it means"
            report.add(country.at, "COUNTRY_TAKEN", text, "give one country to one member; organisations have none")


def _neighbours_agree(adjacency: Rows[tuple[At[str], ...]], report: Report) -> None:
    stated = {country: {each.value for each in row.value} for country, row in rows_of(At(adjacency, Place("", 0)))}
    for country, row in rows_of(At(adjacency, Place("", 0))):
        for neighbour in row.value:
            if neighbour.value == country:
                report.add(neighbour.at, "OWN_NEIGHBOUR", f"{country} is no neighbour of itself", "take it out")
            elif neighbour.value not in adjacency:
                text = f"{country} names {neighbour.value}, which has no row of its own"
                report.add(neighbour.at, "ONE_WAY_ADJACENCY", text, f"add {neighbour.value}: [{country}]")
            elif neighbour.value in stated and country not in stated[neighbour.value]:
                text = f"{country} names {neighbour.value}, but {neighbour.value} does not name {country}"
                fix = f"add {country} to the row of {neighbour.value}, or take {neighbour.value} out here"
                report.add(neighbour.at, "ONE_WAY_ADJACENCY", text, fix)


def _desks_can_be_reached(
    members: Rows[MemberEntry], competent: Iterable[str], admitted: Mapping[str, frozenset[str]], report: Report
) -> None:
    """A desk that no message can ever reach is a mistake in its entry or in the policy."""
    with_event = frozenset(competent)
    with_purpose = frozenset().union(*admitted.values())
    said: set[str] = set()
    for _, row in _desks_of(members):
        if row.value is None:
            continue
        desk = row.value.value
        kind = desk.organisation.value
        if kind not in with_event or kind not in with_purpose:
            table = "competence" if kind not in with_event else "purposes"
            if kind not in said:
                text = f"no row of {table} admits {kind}, so nothing can ever reach such a desk"
                report.add(desk.organisation.at, "UNREACHABLE_ORGANISATION_TYPE", text, f"add {kind} to {table}")
            said.add(kind)
        elif not any(kind in admitted.get(purpose.value, ()) for purpose in desk.purposes.value):
            text = f"{row.key.value} is accredited only for purposes that do not admit {kind}, so nothing can reach it"
            fix = f"accredit it for one of {', '.join(sorted(purpose for purpose, kinds in admitted.items() if kind in kinds))}"
            report.add(desk.purposes.at, "UNREACHABLE_DESK", text, fix)
