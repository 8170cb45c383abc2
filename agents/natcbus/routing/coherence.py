"""What the sections of the Network say about each other: checks that no single section shows."""

from __future__ import annotations

from collections.abc import Iterator

from natcbus.routing.documents import Report
from natcbus.routing.entries import DeskEntry, Draft, items_of, rows_of
from natcbus.routing.notation import At, Row, nearest


def check_coherence(draft: Draft, report: Report) -> None:
    """Check what no section shows alone.

    Reports FOREIGN_DESK, COUNTRY_TAKEN, OWN_NEIGHBOUR, ONE_WAY_ADJACENCY, GROUP_IS_MEMBER,
    UNKNOWN_MEMBER, UNKNOWN_PARTY, DUPLICATE_NAME, UNREACHABLE_ORGANISATION_TYPE and
    UNREACHABLE_DESK.
    """
    _desks_belong_to_their_member(draft, report)
    _one_member_per_country(draft, report)
    _neighbours_agree(draft, report)
    _agreements_name_parties(draft, report)
    _names_stand_once(draft, report)
    if not report.problems:
        # A misspelt word would make desks look unreachable that are not.
        _desks_can_be_reached(draft, report)


def _desks_of(draft: Draft) -> Iterator[tuple[str, Row[DeskEntry]]]:
    for code, member in rows_of(draft.members):
        if member.value.desks is not None:
            for desk in member.value.desks.value.values():
                yield code, desk


def _desks_belong_to_their_member(draft: Draft, report: Report) -> None:
    for code, desk in _desks_of(draft):
        owner, _, name = desk.key.value.partition(".")
        if owner != code:
            text = f"{desk.key.value} does not begin with the code of its member, {code}"
            fix = f"write {code}.{name}, or move the desk to member {owner}"
            report.add(desk.key.at, "FOREIGN_DESK", text, fix)


def _one_member_per_country(draft: Draft, report: Report) -> None:
    members = [(entry.value.country, code) for code, entry in rows_of(draft.members)]
    written = sorted((each.at, each.value, code) for each, code in members if each is not None)
    taken: dict[str, str] = {}
    for at, country, code in written:
        first = taken.setdefault(country, code)
        if first != code:
            text = f"{country} is already the country of {first}, so it is unclear whom it means"
            report.add(
                at, "COUNTRY_TAKEN", text, "give a country to one member; organisations have none"
            )


def _neighbours_agree(draft: Draft, report: Report) -> None:
    rows = draft.adjacency.value if draft.adjacency is not None else {}
    stated = {
        country: {each.value for each in row.value} for country, row in rows_of(draft.adjacency)
    }
    for country, row in rows_of(draft.adjacency):
        for neighbour, at in row.value:
            if neighbour == country:
                text = f"{country} is no neighbour of itself"
                report.add(at, "OWN_NEIGHBOUR", text, "take it out")
            elif neighbour not in rows:
                text = f"{country} names {neighbour}, which has no row of its own"
                report.add(at, "ONE_WAY_ADJACENCY", text, f"add {neighbour}: [{country}]")
            elif neighbour in stated and country not in stated[neighbour]:
                text = f"{country} names {neighbour}, but {neighbour} does not name {country}"
                fix = f"add {country} to the row of {neighbour}, or take {neighbour} out here"
                report.add(at, "ONE_WAY_ADJACENCY", text, fix)


def _agreements_name_parties(draft: Draft, report: Report) -> None:
    members = draft.members.value.keys() if draft.members is not None else ()
    groups = draft.groups.value if draft.groups is not None else {}
    for group, row in groups.items():
        if group in members:
            text = f"{group} is a member, so it is unclear whom an agreement with it means"
            report.add(row.key.at, "GROUP_IS_MEMBER", text, "give the group another name")
        for name, at in row.value.value if row.value is not None else ():
            if name not in members:
                text = f"{name} is no member of this network"
                report.add(at, "UNKNOWN_MEMBER", text, nearest(name, members))
    for agreement in items_of(draft.agreements):
        for name, at in (*agreement.from_.value, *agreement.to.value):
            if name not in members and name not in groups:
                text = f"{name} is no member and no group"
                report.add(at, "UNKNOWN_PARTY", text, nearest(name, [*members, *groups]))


def _names_stand_once(draft: Draft, report: Report) -> None:
    _stand_once([each.name for each in items_of(draft.agreements)], "agreement", report)
    _stand_once([each.name for each in items_of(draft.corridors)], "corridor", report)
    _stand_once([each.code for each in items_of(draft.border_points)], "border point", report)


def _stand_once(names: list[At[str]], what: str, report: Report) -> None:
    first: dict[str, At[str]] = {}
    for name in names:
        earlier = first.setdefault(name.value, name)
        if earlier is not name:
            where = f"{earlier.at.file}, line {earlier.at.line}"
            text = f"there are two of the {what} {name.value} (the first in {where})"
            report.add(name.at, "DUPLICATE_NAME", text, "keep one of them, or rename one")


def _desks_can_be_reached(draft: Draft, report: Report) -> None:
    """Report desks that no message can ever reach: the desk or the policy is mistaken."""
    competent = {each.value for _, row in rows_of(draft.competence) for each in row.value}
    admitted = {purpose: frozenset(row.value) for purpose, row in rows_of(draft.purposes)}
    said: set[str] = set()
    for _, row in _desks_of(draft):
        if row.value is None:
            continue
        desk = row.value.value
        kind = desk.organisation.value
        purposes = sorted(purpose for purpose, kinds in admitted.items() if kind in kinds)
        if kind not in competent or not purposes:
            if kind not in said:
                table = "purposes" if kind in competent else "competence"
                text = f"no row of {table} admits {kind}, so nothing can reach such a desk"
                fix = f"add {kind} to {table}"
                report.add(desk.organisation.at, "UNREACHABLE_ORGANISATION_TYPE", text, fix)
            said.add(kind)
        elif not {each.value for each in desk.purposes.value}.intersection(purposes):
            text = f"none of its purposes admits {kind}, so nothing can reach {row.key.value}"
            report.add(
                desk.purposes.at, "UNREACHABLE_DESK", text, f"add one of {', '.join(purposes)}"
            )
