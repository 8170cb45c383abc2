"""How countries are named to people."""

from __future__ import annotations

from collections.abc import Iterable

from natcbus.routing.network import Network


def country_name(country: str, network: Network) -> str:
    """For example ``Serbia (RS)``; the code alone where no member has this country.

    A country with a designation note gets an asterisk, and ``designation_notes`` gives the note.
    """
    name = next(
        (member.name for member in network.members.values() if member.country == country), None
    )
    mark = "*" if country in network.designations else ""
    return f"{name}{mark} ({country})" if name is not None else f"{country}{mark}"


def country_names(countries: Iterable[str], network: Network) -> str:
    """For example ``Hungary (HU), Romania (RO) and Serbia (RS)``."""
    names = [country_name(country, network) for country in countries]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def designation_notes(countries: Iterable[str], network: Network) -> str:
    """The notes that must stand with these countries, to be put after a sentence; mostly empty."""
    notes = dict.fromkeys(
        network.designations[country] for country in countries if country in network.designations
    )
    return "".join(f" * {note}" for note in notes)


def country_of(desk: str, network: Network) -> str | None:
    """The country of a desk's member; None for organisations and for unknown desks."""
    known = network.desks.get(desk)
    member = network.members.get(known.member) if known is not None else None
    return member.country if member is not None else None
