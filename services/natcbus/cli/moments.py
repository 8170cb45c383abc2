"""Moments on the command line: an instant, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from natcbus.cli.failures import wrong_input

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment_in(text: str, now: datetime) -> datetime:
    """``2026-11-24T08:00:00Z``, or ``30m``, ``2h``, ``7d`` before ``now``.

    Raises
    ------
    CommandError
        BAD_MOMENT.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        what = f"{text!r} is no moment: write 2026-11-24T08:00:00Z, or 30m, 2h, 7d for so long ago"
        raise wrong_input("BAD_MOMENT", what)
    return instant
