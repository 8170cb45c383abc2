"""Which countries play which role in a message: stated, next door, on a route, or derived.

A role that the sender does not list yields nobody. What is derived here is told from what was
stated: a neighbour, a corridor and a derived heading are no ground for data that its provider gave
under Europol's H2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from natcbus.contract.audience import Audience
from natcbus.contract.minimum import found
from natcbus.contract.types.core import Addressing, CountryRole, Header, Urgency
from natcbus.routing.network import Network

Playing = Mapping[str, tuple[str, ...]]
"""Country -> what makes it play a role (sorted): itself, the countries it borders, or corridors."""

BY_ROLE: Final[Mapping[CountryRole, str]] = {
    role: f"ROLE_{role}" for role in CountryRole if role is not CountryRole.UNKNOWN
}
"""Country role -> reason code. A role that this version does not know points at nobody."""

INDIRECT: Final = frozenset({CountryRole.ADJACENT, CountryRole.CORRIDOR})
"""Roles that a country plays because of where it lies, and not because of the case."""

_NOTHING: Final[frozenset[str]] = frozenset()
_NOBODY: Final[Playing] = MappingProxyType({})
_LAST_SEEN_IN: Final = "/last_seen/country"
_LAST_SEEN_AT: Final = "/last_seen/border_point"


def countries_in_role(
    role: CountryRole,
    message_type: str,
    addressing: Addressing,
    open_part: Mapping[str, object],
    network: Network,
) -> Playing:
    """The countries that play ``role`` by what the sender stated.

    NATIONALITY is sealed, so it comes from the sender's ``countries`` alone.
    """
    listed = {entry.code for entry in addressing.countries if entry.role == role}
    if role is CountryRole.ADJACENT:
        seen = countries_in_role(
            CountryRole.LAST_SEEN, message_type, addressing, open_part, network
        )
        return _adjacent(listed, seen, network)
    if role is CountryRole.CORRIDOR:
        return _on_corridors(listed, addressing, network)
    if role is not CountryRole.NATIONALITY:
        audience = network.audiences.get(message_type)
        listed |= _stated(role, audience, open_part)
    return {country: (country,) for country in listed}


def derived_heading(
    message_type: str, header: Header, open_part: Mapping[str, object], network: Network
) -> Playing:
    """The country beyond the border point where somebody was last seen, when minutes count.

    Only where the sender asks for the role HEADING and says of no country that it plays it. It is
    a possibility and no statement, so it brings a reduced view at most.
    """
    addressing = header.addressing
    if CountryRole.HEADING not in addressing.roles or header.urgency is not Urgency.IMMEDIATE:
        return _NOBODY
    if countries_in_role(CountryRole.HEADING, message_type, addressing, open_part, network):
        return _NOBODY
    here = _words(open_part, _LAST_SEEN_IN)
    beyond: set[str] = set()
    for code in _words(open_part, _LAST_SEEN_AT):
        point = network.border_points.get(code)
        if point is not None and point.between & here:
            beyond |= point.between - here
    return {country: (country,) for country in beyond}


def _stated(
    role: CountryRole, audience: Audience | None, open_part: Mapping[str, object]
) -> set[str]:
    pointers = audience.country_roles.get(role, ()) if audience is not None else ()
    return {country for pointer in pointers for country in _words(open_part, pointer)}


def _words(open_part: Mapping[str, object], pointer: str) -> set[str]:
    return {word for word in found(open_part, pointer) if isinstance(word, str)}


def _adjacent(listed: set[str], seen: Iterable[str], network: Network) -> Playing:
    borders: defaultdict[str, set[str]] = defaultdict(set)
    for country in listed:
        borders[country].add(country)
    last_seen = frozenset(seen)
    for country in last_seen:
        for neighbour in network.neighbours.get(country, _NOTHING) - last_seen:
            borders[neighbour].add(country)
    return _sorted(borders)


def _on_corridors(listed: set[str], addressing: Addressing, network: Network) -> Playing:
    routes: defaultdict[str, set[str]] = defaultdict(set)
    for country in listed:
        routes[country].add(country)
    for name in addressing.corridors:
        corridor = network.policy.corridors.get(name)
        for country in corridor.countries if corridor is not None else ():
            routes[country].add(name)
    return _sorted(routes)


def _sorted(made_so_by: Mapping[str, set[str]]) -> Playing:
    return {country: tuple(sorted(each)) for country, each in made_so_by.items()}
