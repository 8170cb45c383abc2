"""The Network as rows of words, for ``network show`` and for pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from natcbus.routing.network import Agreement, Cell, Desk, Network, TlpScope
from natcbus.routing.vocabulary import EVERYBODY, OTHERWISE

_SUSPENDED: Final = ", suspended"


class Table(NamedTuple):
    """A titled table; every row has as many cells as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def describe_members(network: Network) -> Table:
    """Every member, with the number of its desks."""
    desks = Counter(desk.member for desk in network.desks.values())
    rows = tuple(
        (
            member.code,
            member.name,
            f"{member.tier.value}{_SUSPENDED if member.suspended else ''}",
            member.country or "",
            str(desks[code]),
        )
        for code, member in sorted(network.members.items())
    )
    return Table("Members", ("member", "name", "tier", "country", "desks"), rows)


def describe_desks(network: Network, member: str | None = None) -> Table:
    """Every desk, or those of one member."""
    columns = (
        *("desk", "organisation", "name", "topics", "purposes", "status", "regime", "hours"),
        *("clearance", "reads"),
    )
    shown = (desk for _, desk in sorted(network.desks.items()) if member in {None, desk.member})
    return Table("Desks", columns, tuple(map(_desk, shown)))


def describe_policy(network: Network) -> tuple[Table, ...]:
    """Every table of the policy."""
    policy = network.policy
    purposes = (
        (purpose, kind, reach.value)
        for purpose, row in sorted(policy.purposes.items())
        for kind, reach in sorted(row.items())
    )
    competence = ((event, _listed(kinds)) for event, kinds in sorted(policy.competence.items()))
    publishes = ((tier.value, _listed(events)) for tier, events in sorted(policy.publishes.items()))
    neighbours = ((country, _listed(each)) for country, each in sorted(network.neighbours.items()))
    tlp = (row for level, scope in policy.tlp.items() for row in _scope(level, scope))
    return (
        Table(
            "Country roles", ("event", "urgency", "found by", "reach", "to"), tuple(_roles(network))
        ),
        Table("Purposes", ("purpose", "organisation", "reach"), tuple(purposes)),
        Table("Traffic Light Protocol", ("level", "tier", "without being named"), tuple(tlp)),
        Table("Competence", ("event", "organisations"), tuple(competence)),
        Table("Publishing", ("tier", "events"), tuple(publishes)),
        Table("Clocks", ("event", "urgency", "clock", "after"), tuple(_clocks(network))),
        Table("Lifetimes", ("event", "lives"), tuple(_durations(policy.lifetimes))),
        Table("Neighbours", ("country", "borders"), tuple(neighbours)),
        Table("Topics", ("topic", "about"), tuple(sorted(network.topics.items()))),
        Table(
            "Transfers",
            ("agreement", "from", "to", "regimes", "basis", "until", "LED to GDPR"),
            tuple(map(_agreement, policy.agreements)),
        ),
        Table(
            "Groups",
            ("group", "members"),
            tuple((group, _listed(each)) for group, each in sorted(policy.groups.items())),
        ),
        Table(
            "Corridors",
            ("corridor", "version", "countries"),
            tuple(
                (name, str(corridor.version), _listed(corridor.countries))
                for name, corridor in sorted(policy.corridors.items())
            ),
        ),
        Table(
            "Border points",
            ("code", "name", "between", "UN/LOCODE"),
            tuple(
                (code, point.name, _listed(point.between), "yes" if point.locode else "no")
                for code, point in sorted(network.border_points.items())
            ),
        ),
        Table("Small cells", ("counts below",), ((str(policy.small_cell),),)),
    )


def in_words(duration: timedelta) -> str:
    """For example ``15 min``, ``8 h``, ``1 d 12 h``."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _desk(desk: Desk) -> tuple[str, ...]:
    return (
        desk.id,
        desk.organisation,
        desk.name,
        _listed(desk.competences),
        _listed(desk.purposes),
        _listed(desk.statuses) if not desk.suspended else f"none{_SUSPENDED}",
        desk.regime,
        desk.hours,
        desk.clearance.value,
        _listed(f"{major}.x" for major in desk.majors),
    )


def _agreement(agreement: Agreement) -> tuple[str, ...]:
    return (
        agreement.name,
        _listed(agreement.from_),
        _listed(agreement.to),
        _listed(agreement.regimes),
        agreement.basis,
        agreement.until.isoformat() if agreement.until is not None else "no end",
        "yes" if agreement.crossing else "no",
    )


def _roles(network: Network) -> Iterator[tuple[str, ...]]:
    for event, rows in sorted(network.policy.roles.items()):
        for row in rows:
            topics: Mapping[str, Cell] = {"topic": row.topics} if row.topics is not None else {}
            for found_by, cell in (*sorted(row.roles.items()), *topics.items()):
                yield event, _urgency(row.urgencies), found_by, cell.reach.value, _kinds(cell.to)


def _clocks(network: Network) -> Iterator[tuple[str, ...]]:
    for event, rows in sorted(network.policy.clocks.items()):
        for row in rows:
            for clock in row.clocks:
                yield event, _urgency(row.urgencies), clock.name, in_words(clock.after)


def _scope(level: str, scope: TlpScope) -> Sequence[tuple[str, ...]]:
    rows = [(level, tier.value, _kinds(kinds)) for tier, kinds in sorted(scope.tiers.items())]
    return rows or [(level, "", "nobody")]


def _durations(durations: Mapping[str, timedelta]) -> Iterator[tuple[str, ...]]:
    for event, duration in sorted(durations.items()):
        yield event, in_words(duration)


def _urgency(urgencies: Iterable[str] | None) -> str:
    return _listed(urgencies) if urgencies is not None else OTHERWISE


def _kinds(kinds: Iterable[str] | None) -> str:
    return _listed(kinds) if kinds is not None else EVERYBODY


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
