"""Events that were written for one day, moved to another, so that an example is never expired."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from natcbus.contract.assembly import Json

WRITTEN_FOR: Final = date(2026, 11, 24)
"""The day of the packaged examples and stories."""

_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z)?")
# A birth, or another date that belongs to the person, must stay as it is.
_NEAR: Final = timedelta(days=366)


def freshened(value: Json, now: datetime) -> Json:
    """``value`` with every date and instant within a year of its own day moved by whole days.

    Parameters
    ----------
    value
        An event as it is written, or a part of one, made for ``WRITTEN_FOR``.
    now
        Aware; what happened the day before happens the day before ``now``.
    """
    return _moved(value, now.astimezone(UTC).date() - WRITTEN_FOR)


def _moved(value: Json, by: timedelta) -> Json:
    match value:
        case dict():
            return {key: _moved(each, by) for key, each in value.items()}
        case list():
            return [_moved(each, by) for each in value]
        case str():
            return _moved_text(value, by)
    return value


def _moved_text(text: str, by: timedelta) -> str:
    match = _DAY.fullmatch(text)
    if match is None:
        return text
    day = date.fromisoformat(match[1])
    if abs(day - WRITTEN_FOR) > _NEAR:
        return text
    return f"{day + by}{match[2] or ''}"
