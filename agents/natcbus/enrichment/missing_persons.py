"""What an officer should notice at once about a missing person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from natcbus.contract.minimum import found
from natcbus.contract.types.hub import ReasonRow


def indicators(open_part: Mapping[str, object]) -> tuple[ReasonRow, ...]:
    """MINOR, NEAR_BORDER and HEADING_ABROAD, each if it is so.

    They are about the age band, the border point and the countries.

    An unknown age band is not a minor here: handling for minors is the sender's to set, and this is
    a hint.
    """
    return tuple(_indicators(open_part))


def _indicators(open_part: Mapping[str, object]) -> Iterator[ReasonRow]:
    age_band = open_part.get("age_band")
    if isinstance(age_band, str) and age_band.startswith("CHILD_"):
        yield ReasonRow(code="MINOR", about=(str(age_band),))
    border_points = _words(open_part, "/last_seen/border_point")
    if border_points:
        yield ReasonRow(code="NEAR_BORDER", about=tuple(border_points))
    last_seen = _words(open_part, "/last_seen/country")
    abroad = set(_words(open_part, "/likely_heading/*/country")).difference(last_seen)
    if abroad:
        yield ReasonRow(code="HEADING_ABROAD", about=tuple(sorted(abroad)))


def _words(open_part: Mapping[str, object], pointer: str) -> list[str]:
    return [value for value in found(open_part, pointer) if isinstance(value, str)]
