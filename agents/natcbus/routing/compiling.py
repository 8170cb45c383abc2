"""Turns a draft without problems into the Network: values, sets and indexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from natcbus.contract.audience import Audience
from natcbus.contract.types.core import Clearance
from natcbus.routing.canonical import network_digest
from natcbus.routing.days import end_of
from natcbus.routing.entries import (
    AgreementEntry,
    CellEntry,
    DeskEntry,
    Draft,
    MemberEntry,
    RoleRowEntry,
    Rows,
    Scope,
    Words,
    items_of,
    rows_of,
)
from natcbus.routing.network import (
    Agreement,
    BorderPoint,
    Cell,
    Clock,
    ClockRow,
    Corridor,
    Desk,
    Member,
    Network,
    Policy,
    Reach,
    RoleRow,
    Tier,
    TlpScope,
)
from natcbus.routing.notation import At
from natcbus.routing.transfers import transfers_by_sender
from natcbus.routing.vocabulary import OTHERWISE

T = TypeVar("T")

_FIRST_MAJOR: Final = frozenset({1})


def compile_network(draft: Draft, audiences: Mapping[str, Audience]) -> Network:
    """The Network of a draft in which nothing was found wrong.

    Raises
    ------
    ValueError
        The draft has no section ``network``: its problems were not looked at.
    """
    if draft.network is None:
        raise ValueError("this draft has problems: raise them before it is compiled")
    about = draft.network.value
    members = dict(
        sorted((code, _member(code, each.value)) for code, each in rows_of(draft.members))
    )
    desks = dict(sorted((desk.id, desk) for desk in _desks(draft)))
    policy = _policy(draft)
    network = Network(
        version=about.version.value,
        digest=b"",
        name=about.name.value,
        example=about.example.value,
        designations={country: note.value for country, note in rows_of(about.designations)},
        members=members,
        desks=desks,
        neighbours={country: _words(row) for country, row in rows_of(draft.adjacency)},
        policy=policy,
        audiences=dict(audiences),
        desks_by_country=_index(
            (country, desk) for desk in desks.values() for country in _countries(members, desk)
        ),
        desks_by_topic=_index(
            (topic, desk) for desk in desks.values() for topic in desk.competences
        ),
        topics={topic: meaning.value for topic, meaning in rows_of(draft.topics)},
        about=about.about.value if about.about is not None else "",
        border_points=dict(sorted((point.code, point) for point in _border_points(draft))),
        transfers=transfers_by_sender(policy.agreements, policy.groups),
        expires_at=end_of(about.expires.value) if about.expires is not None else None,
    )
    return replace(network, digest=network_digest(network))


def _member(code: str, entry: MemberEntry) -> Member:
    return Member(
        code=code,
        name=entry.name.value,
        tier=Tier(entry.tier.value),
        country=entry.country.value if entry.country is not None else None,
        local_names=_names(entry.local_names),
        suspended=_flag(entry.suspended),
    )


def _desks(draft: Draft) -> Iterator[Desk]:
    for code, member in rows_of(draft.members):
        for desk_id, desk in rows_of(member.value.desks):
            yield _desk(desk_id, code, desk.value)


def _desk(desk_id: str, member: str, entry: DeskEntry) -> Desk:
    return Desk(
        id=desk_id,
        member=member,
        name=entry.name.value,
        organisation=entry.organisation.value,
        competences=_words(entry.competences),
        purposes=_words(entry.purposes),
        statuses=_words(entry.statuses),
        regime=entry.regime.value,
        languages=tuple(sorted(_words(entry.languages))),
        hours=entry.hours.value,
        local_names=_names(entry.local_names),
        clearance=Clearance(entry.clearance.value if entry.clearance is not None else "NONE"),
        majors=frozenset(each.value for each in entry.majors.value)
        if entry.majors is not None
        else _FIRST_MAJOR,
        suspended=_flag(entry.suspended),
    )


def _countries(members: Mapping[str, Member], desk: Desk) -> Iterator[str]:
    country = members[desk.member].country
    if country is not None:
        yield country


def _index(pairs: Iterable[tuple[str, Desk]]) -> Mapping[str, tuple[Desk, ...]]:
    index: defaultdict[str, list[Desk]] = defaultdict(list)
    for key, desk in pairs:
        index[key].append(desk)
    return {key: tuple(index[key]) for key in sorted(index)}


def _policy(draft: Draft) -> Policy:
    return Policy(
        roles={event: _role_rows(rows) for event, rows in rows_of(draft.roles)},
        purposes={
            purpose: {kind: Reach(reach.value) for kind, reach in rows_of(row)}
            for purpose, row in rows_of(draft.purposes)
        },
        tlp={
            level: TlpScope({Tier(tier): _scope(scope) for tier, scope in rows_of(row)})
            for level, row in rows_of(draft.tlp)
        },
        competence={event: _words(row) for event, row in rows_of(draft.competence)},
        publishes={Tier(tier): _words(row.value.publishes) for tier, row in rows_of(draft.tiers)},
        clocks={event: _clock_rows(rows) for event, rows in rows_of(draft.clocks)},
        lifetimes={event: lifetime.value for event, lifetime in rows_of(draft.lifetimes)},
        agreements=tuple(
            sorted(map(_agreement, items_of(draft.agreements)), key=lambda each: each.name)
        ),
        groups={group: _words(row) for group, row in sorted(rows_of(draft.groups))},
        corridors=dict(sorted((each.name, each) for each in _corridors(draft))),
        small_cell=draft.small_cell.value if draft.small_cell is not None else 0,
    )


def _agreement(entry: AgreementEntry) -> Agreement:
    return Agreement(
        name=entry.name.value,
        from_=_words(entry.from_),
        to=_words(entry.to),
        regimes=_words(entry.regimes),
        basis=entry.basis.value,
        until=entry.until.value if entry.until is not None else None,
        crossing=_flag(entry.crossing),
    )


def _corridors(draft: Draft) -> Iterator[Corridor]:
    for entry in items_of(draft.corridors):
        yield Corridor(entry.name.value, entry.version.value, _words(entry.countries))


def _border_points(draft: Draft) -> Iterator[BorderPoint]:
    for entry in items_of(draft.border_points):
        between = _words(entry.between)
        yield BorderPoint(entry.code.value, entry.name.value, between, _flag(entry.locode))


def _role_rows(rows: At[Rows[RoleRowEntry]]) -> tuple[RoleRow, ...]:
    return tuple(
        RoleRow(
            urgencies=urgencies,
            roles={role: _cell(cell, row.to) for role, cell in rows_of(row.roles)},
            topics=_cell(row.topics, row.to) if row.topics is not None else None,
        )
        for urgencies, row in _by_urgency(rows)
    )


def _clock_rows(rows: At[Rows[Rows[timedelta]]]) -> tuple[ClockRow, ...]:
    return tuple(
        ClockRow(urgencies, tuple(_clocks(At(row, rows.at))))
        for urgencies, row in _by_urgency(rows)
    )


def _clocks(row: At[Rows[timedelta]]) -> list[Clock]:
    clocks = [Clock(name, after.value) for name, after in rows_of(row)]
    return sorted(clocks, key=lambda clock: (clock.after, clock.name))


def _by_urgency(rows: At[Rows[T]]) -> Iterator[tuple[frozenset[str] | None, T]]:
    """The rows in the order in which they are asked: the one for every other urgency comes last."""
    for urgency, row in sorted(rows_of(rows), key=lambda each: (each[0] == OTHERWISE, each[0])):
        yield None if urgency == OTHERWISE else frozenset({urgency}), row.value


def _cell(cell: At[str | CellEntry], to_by_default: At[Scope] | None) -> Cell:
    written = cell.value
    if isinstance(written, str):
        return Cell(Reach(written), _scope(to_by_default))
    to = written.to if written.to is not None else to_by_default
    return Cell(Reach(written.reach.value), _scope(to))


def _scope(scope: At[Scope] | None) -> frozenset[str] | None:
    """None stands for every organisation type."""
    if scope is None or isinstance(scope.value, str):
        return None
    return frozenset(each.value for each in scope.value)


def _words(words: At[Words] | None) -> frozenset[str]:
    return frozenset(each.value for each in words.value) if words is not None else frozenset()


def _flag(flag: At[bool] | None) -> bool:
    return flag is not None and flag.value


def _names(names: At[Rows[str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((language, name.value) for language, name in rows_of(names)))
