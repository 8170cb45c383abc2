"""What is wrong with the border points that an open part names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from natcbus.contract.problems import Problem
from natcbus.routing.nearest import closest
from natcbus.routing.network import Network

_POINT = "border_point"
_COUNTRY = "country"


def border_problems(open_part: Mapping[str, object], network: Network) -> Iterator[Problem]:
    """UNKNOWN_BORDER_POINT, and BORDER_POINT_ELSEWHERE for one that is not on the country's border.

    A border point stands beside the country that it was stated with, wherever in the open part.
    """
    for pointer, place in _places("/open", open_part):
        code, country = place.get(_POINT), place.get(_COUNTRY)
        if isinstance(code, str):
            yield from _judge(f"{pointer}/{_POINT}", code, country, network)


def _judge(pointer: str, code: str, country: object, network: Network) -> Iterator[Problem]:
    point = network.border_points.get(code)
    if point is None:
        near = closest(code, network.border_points)
        hint = f"did you mean {near}?" if near else "leave it out where the network has none"
        text = f"this network knows no border point {code}: {hint}"
        yield Problem(pointer, "UNKNOWN_BORDER_POINT", text)
    elif isinstance(country, str) and country not in point.between:
        there = " and ".join(sorted(point.between))
        text = f"{code} ({point.name}) lies between {there}, not in {country}: correct one of them"
        yield Problem(pointer, "BORDER_POINT_ELSEWHERE", text)


def _places(pointer: str, value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every record in the open part that has a border point."""
    if isinstance(value, Mapping):
        if _POINT in value:
            yield pointer, value
        inside: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, list | tuple):
        inside = enumerate(value)
    else:
        return
    for step, inner in inside:
        # Most of an open part is words, and none of them holds a place.
        if not isinstance(inner, str):
            yield from _places(f"{pointer}/{step}", inner)
