"""Calendar days in the Network's YAML: the last day on which something holds, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from natcbus.contract.assembly import Json
from natcbus.routing.documents import Node, Report, Word
from natcbus.routing.notation import At, Definitions

_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2199
_LOOKS_LIKE: Final = r"^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
"""For the readers of the schema that do not know the format."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day, in quotes or not. Reports BAD_FORM."""

    def read(self, node: Node, report: Report) -> At[date] | None:
        """The day."""
        # YAML 1.1 has dates of its own, but in more spellings than one.
        text = node.text if isinstance(node, Word) else ""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            shown = f"{text!r} is no day" if text else "a day is wanted"
            report.add(node.at, "BAD_FORM", shown, "write year, month and day, such as 2027-06-30")
            return None
        return At(day, node.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A string that is a date."""
        definitions["day"] = {"type": "string", "format": "date", "pattern": _LOOKS_LIKE}
        return {"$ref": "#/$defs/day"}


def end_of(day: date) -> datetime:
    """The instant from which what lasts until ``day`` no longer holds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
