"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from natcbus.routing.network import Network


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like this one; None where none looks like it."""
    return next(iter(get_close_matches(word, known)), None)


def nearest_desks(desk_id: str, network: Network) -> tuple[str, ...]:
    """Up to three desks with the closest ids, the closest first; of the same member if possible."""
    member = desk_id.partition(".")[0]
    own = [desk.id for desk in network.desks.values() if desk.member == member]
    return tuple(get_close_matches(desk_id, own or list(network.desks)))


def did_you_mean(desk_id: str, network: Network) -> str:
    """The nearest desks as a hint for people."""
    near = nearest_desks(desk_id, network)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "`natcbus network show` lists the desks"
