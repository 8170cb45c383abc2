"""Who could get a message: the desks that header and thread point at, each with its reasons.

There are four ways to become a candidate, and no other: being named, a country in a listed role, a
competence among the topics, and earlier messages of the thread. Each is looked up in an index of
the network, so that the cost grows with the candidates and never with the desks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from natcbus.contract.types.core import CountryRole, Header
from natcbus.routing.country_roles import (
    BY_ROLE,
    INDIRECT,
    Playing,
    countries_in_role,
    derived_heading,
)
from natcbus.routing.decision import Prior, Reason
from natcbus.routing.network import Cell, Desk, Network, Reach, RoleRow
from natcbus.routing.rows import row_for

NAMED: Final = "NAMED"
BY_TOPIC: Final = "COMPETENCE"
EARLIER: Final = "PRIOR"

_WIDTH: Final = {Reach.NOTICE: 0, Reach.REDUCED: 1, Reach.FULL: 2}
_NOTHING: Final[frozenset[str]] = frozenset()
_IS_NAMED: Final = Reason(NAMED)
_HAD_EARLIER: Final = Reason(EARLIER)


class Candidate(NamedTuple):
    """A desk that the message points at.

    Attributes
    ----------
    because
        Every reason, sorted by code, never empty.
    reach
        The widest that the reasons allow; a later gate or table can only narrow it.
    named
        Whether the sender named this very desk.
    had
        What it could open earlier in the thread; empty unless PRIOR is a reason.
    direct
        Whether its country plays a role in the case that the sender stated: more than lying next
        door, on a route or beyond a border point.
    """

    desk: Desk
    because: tuple[Reason, ...]
    reach: Reach
    named: bool = False
    had: frozenset[str] = _NOTHING
    direct: bool = False


class _Ground(NamedTuple):
    """One thing in the message that points at a desk."""

    desk: Desk
    reason: Reason
    reach: Reach
    direct: bool = False


def candidates(
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
    prior: Prior,
) -> list[Candidate]:
    """The candidates, sorted by desk.

    With ``only`` the named desks stand alone: no role, no topic and no earlier recipient adds to
    them. Names that the network does not know point at nobody; ``addressing_problems`` says so to
    the sender.
    """
    by_desk: defaultdict[str, list[_Ground]] = defaultdict(list)
    for ground in _grounds(message_type, header, open_part, network, prior):
        by_desk[ground.desk.id].append(ground)
    return [_candidate(by_desk[desk], prior) for desk in sorted(by_desk)]


def role_row(message_type: str, header: Header, network: Network) -> RoleRow | None:
    """The row of the event x country role matrix that applies to this message."""
    return row_for(network.policy.roles.get(message_type, ()), header.urgency)


def admits(cell: Cell, desk: Desk) -> bool:
    """Whether a cell of the matrix is meant for the desk's organisation type."""
    return cell.to is None or desk.organisation in cell.to


def _grounds(
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
    prior: Prior,
) -> Iterator[_Ground]:
    addressing = header.addressing
    yield from _known(addressing.desks, _IS_NAMED, Reach.FULL, network)
    if addressing.only:
        return
    row = role_row(message_type, header, network)
    if row is not None:
        yield from _by_role(row, message_type, header, open_part, network)
        yield from _by_topic(row, addressing.topics, network)
    yield from _known(prior, _HAD_EARLIER, Reach.NOTICE, network)


def _known(
    desks: Iterable[str], reason: Reason, reach: Reach, network: Network
) -> Iterator[_Ground]:
    for desk_id in desks:
        desk = network.desks.get(desk_id)
        if desk is not None:
            yield _Ground(desk, reason, reach)


def _by_role(
    row: RoleRow,
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
) -> Iterator[_Ground]:
    addressing = header.addressing
    for role in set(addressing.roles):
        cell = row.roles.get(role)
        if cell is None or role not in BY_ROLE:
            continue
        playing = countries_in_role(role, message_type, addressing, open_part, network)
        yield from _desks_in(playing, role, cell, network, direct=role not in INDIRECT)
        if role is CountryRole.HEADING and not playing:
            beyond = derived_heading(message_type, header, open_part, network)
            reduced = cell if cell.reach is Reach.NOTICE else Cell(Reach.REDUCED, cell.to)
            yield from _desks_in(beyond, role, reduced, network, direct=False)


def _desks_in(
    playing: Playing, role: CountryRole, cell: Cell, network: Network, *, direct: bool
) -> Iterator[_Ground]:
    for country, about in playing.items():
        reason = Reason(BY_ROLE[role], about)
        for desk in network.desks_by_country.get(country, ()):
            if admits(cell, desk):
                yield _Ground(desk, reason, cell.reach, direct)


def _by_topic(row: RoleRow, topics: Iterable[str], network: Network) -> Iterator[_Ground]:
    cell = row.topics
    if cell is None:
        return
    for topic in set(topics):
        reason = Reason(BY_TOPIC, (topic,))
        for desk in network.desks_by_topic.get(topic, ()):
            if admits(cell, desk):
                yield _Ground(desk, reason, cell.reach)


def _candidate(grounds: list[_Ground], prior: Prior) -> Candidate:
    desk, reason, reach, direct = grounds[0]
    code = reason.code
    if len(grounds) == 1:
        had = prior[desk.id] if code == EARLIER else _NOTHING
        return Candidate(desk, (reason,), reach, code == NAMED, had, direct)
    reasons = {code: reason}
    for _, other, wider, stated in grounds[1:]:
        same = reasons.get(other.code)
        reasons[other.code] = other if same is None else _merged(same, other)
        if _WIDTH[wider] > _WIDTH[reach]:
            reach = wider
        direct = direct or stated
    because = tuple([reasons[code] for code in sorted(reasons)])
    had = prior[desk.id] if EARLIER in reasons else _NOTHING
    return Candidate(desk, because, reach, NAMED in reasons, had, direct)


def _merged(one: Reason, other: Reason) -> Reason:
    return Reason(one.code, tuple(sorted({*one.about, *other.about})))
