"""Hypothesis strategies for values that a schema of the contract allows."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from natcbus.contract.countries import COUNTRIES
from natcbus.contract.formats import FORMATS
from natcbus.contract.shapes import (
    Choice,
    Day,
    Fields,
    Flag,
    Instant,
    Listing,
    Maybe,
    Number,
    Octets,
    Shape,
    Text,
)

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def natives(  # noqa: C901, PLR0911, PLR0912 - one case per shape
    shape: Shape,
) -> st.SearchStrategy[object]:
    """Native values that ``shape`` accepts."""
    match shape:
        case Text(form_name="country"):
            return st.sampled_from(sorted(COUNTRIES))
        case Text(form_name=str(name)):
            return st.from_regex(FORMATS[name].pattern, fullmatch=True)
        case Text(max_length=limit):
            return _TEXT.map(lambda text: text[:limit])
        case Number(whole=True, minimum=low, maximum=high):
            return st.integers(int(low), int(high))
        case Number(minimum=low, maximum=high):
            return st.floats(low, high)
        case Flag():
            return st.booleans()
        case Octets(size=size, max_length=limit):
            return st.binary(min_size=size or 0, max_size=min(limit, 64))
        case Choice(symbols=symbols):
            return st.sampled_from(symbols)
        case Instant():
            return st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - made aware below
                lambda each: each.replace(tzinfo=UTC, microsecond=each.microsecond // 1000 * 1000)
            )
        case Day():
            return st.dates(date(1900, 1, 1), date(2090, 1, 1))
        case Maybe(inner):
            return st.none() | natives(inner)
        case Listing(item, limit):
            return st.lists(natives(item), max_size=min(limit, 3))
        case Fields(entries):
            return st.fixed_dictionaries(
                {name: natives(entry.shape) for name, entry in entries.items()}
            )
    message = f"no strategy for {shape!r}"
    raise TypeError(message)
