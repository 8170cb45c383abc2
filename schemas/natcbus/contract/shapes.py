"""A schema as something that can judge a value: read it from JSON, check it, write it as JSON.

``read`` takes what a person wrote, ``check`` what a codec decoded; both report every problem with
its pointer and judge by the same rules. ``compile_shape`` makes one tree per schema, once.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Final, Protocol

from natcbus.contract.assembly import Json
from natcbus.contract.formats import Format, is_country
from natcbus.contract.problems import Problem

UNREADABLE: Final = object()
"""What ``read`` returns where it reported a problem instead of a value."""

# Control characters, and halves of a character, which JSON can write and UTF-8 cannot.
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Shape(Protocol):
    """One node of a schema."""

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        """The native value of a JSON value, or UNREADABLE."""

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        """Reports what is wrong with a native value of the right Avro type."""

    def write(self, value: object) -> Json:
        """The JSON value of a native value."""


def _wrong(at: str, expected: str, value: object, problems: list[Problem]) -> object:
    kind = {
        str: "text",
        bool: "true or false",
        dict: "an object",
        list: "a list",
        type(None): "null",
        int: "a number",
        float: "a number",
    }
    got = kind.get(type(value), f"a {type(value).__name__} of Python")
    problems.append(Problem(at, "WRONG_TYPE", f"expected {expected}, not {got}"))
    return UNREADABLE


@dataclass(frozen=True, slots=True)
class Text:
    """A string, of a closed form or bounded in length."""

    form_name: str | None
    form: Format | None
    max_length: int

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            return _wrong(at, "text", value, problems)
        self.check(value, at, problems)
        return value

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        text = str(value)
        if self.form is not None:
            if not self.form.accepts(text):
                problems.append(
                    Problem(at, "BAD_FORMAT", f"expected {self.form.looks_like}, and nothing else")
                )
            elif self.form_name == "country" and not is_country(text):
                problems.append(
                    Problem(at, "NOT_A_COUNTRY", "not in ISO 3166-1 alpha-2 (XK is allowed)")
                )
            return
        if len(text) > self.max_length:
            problems.append(
                Problem(at, "TOO_LONG", f"{len(text)} characters; at most {self.max_length}")
            )
        if _FORBIDDEN.search(text):
            problems.append(Problem(at, "CONTROL_CHARACTER", "remove the control characters"))

    def write(self, value: object) -> Json:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or a real one, within bounds."""

    whole: bool
    minimum: float
    maximum: float

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        allowed = int if self.whole else int | float
        if isinstance(value, bool) or not isinstance(value, allowed):
            return _wrong(at, "a whole number" if self.whole else "a number", value, problems)
        self.check(value, at, problems)
        return value if self.whole else float(value)

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        if not isinstance(value, int | float) or not self.minimum <= value <= self.maximum:
            text = f"expected a number from {self.minimum:.15g} to {self.maximum:.15g}"
            problems.append(Problem(at, "OUT_OF_RANGE", text))

    def write(self, value: object) -> Json:
        return value if isinstance(value, int | float) else str(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        return value if isinstance(value, bool) else _wrong(at, "true or false", value, problems)

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        """Both values are right."""

    def write(self, value: object) -> Json:
        return bool(value)


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes, base64 in JSON; of a fixed size or bounded."""

    size: int | None
    max_length: int

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            return _wrong(at, "base64 text", value, problems)
        try:
            octets = base64.b64decode(value, validate=True)
        except binascii.Error:
            problems.append(
                Problem(at, "BAD_FORMAT", "expected base64 (RFC 4648), padded, without line breaks")
            )
            return UNREADABLE
        self.check(octets, at, problems)
        return octets

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        length = len(value) if isinstance(value, bytes) else 0
        if length > self.max_length:
            problems.append(Problem(at, "TOO_LONG", f"{length} bytes; at most {self.max_length}"))

    def write(self, value: object) -> Json:
        return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else None


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time: RFC 3339 with an offset in JSON, aware and in UTC, to the millisecond."""

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            return _wrong(at, "a time such as 2026-11-24T08:00:00Z", value, problems)
        try:
            instant = datetime.fromisoformat(value)
            in_utc = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            instant = None
        if instant is None or instant.tzinfo is None or "T" not in value:
            problems.append(
                Problem(
                    at, "BAD_TIME", "expected RFC 3339 with an offset, such as 2026-11-24T08:00:00Z"
                )
            )
            return UNREADABLE
        return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        """The codec refuses what is no time."""

    def write(self, value: object) -> Json:
        return write_instant(value) if isinstance(value, datetime) else None


def write_instant(value: datetime) -> str:
    """RFC 3339 in UTC; milliseconds only where there are any."""
    text = value.astimezone(UTC).isoformat(
        timespec="milliseconds" if value.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day, ``2026-11-24``."""

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            return _wrong(at, "a day such as 2026-11-24", value, problems)
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            problems.append(Problem(at, "BAD_TIME", "expected a day such as 2026-11-24"))
            return UNREADABLE

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        """The codec refuses what is no day."""

    def write(self, value: object) -> Json:
        return value.isoformat() if isinstance(value, date) else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the symbols of an enum; ``spelling`` is how JSON writes a symbol that Avro cannot."""

    symbols: tuple[str, ...]
    spelling: Mapping[str, str]

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            return _wrong(at, f"one of {', '.join(self.symbols)}", value, problems)
        symbol = {spelt: symbol for symbol, spelt in self.spelling.items()}.get(value, value)
        if symbol not in self.symbols:
            near = get_close_matches(value.upper(), self.symbols, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(self.symbols)}"
            # The value is not repeated: in a sealed part it may be what must not stand in a log.
            problems.append(Problem(at, "UNKNOWN_SYMBOL", f"not in the vocabulary: {hint}"))
            return UNREADABLE
        return symbol

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        """The codec decodes nothing but a symbol."""

    def write(self, value: object) -> Json:
        return self.spelling.get(str(value), str(value))


_CLOSED: Final = Flag | Instant | Day | Choice
"""The shapes whose ``check`` finds nothing wrong."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value or null."""

    inner: Shape

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        return None if value is None else self.inner.read(value, at, problems)

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        if value is not None:
            self.inner.check(value, at, problems)

    def write(self, value: object) -> Json:
        return None if value is None else self.inner.write(value)


@dataclass(frozen=True, slots=True)
class Listing:
    """A bounded list."""

    item: Shape
    max_items: int

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, list):
            return _wrong(at, "a list", value, problems)
        if self._too_many(value, at, problems):
            return UNREADABLE
        return [self.item.read(each, f"{at}/{index}", problems) for index, each in enumerate(value)]

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        if isinstance(value, list) and value and not self._too_many(value, at, problems):
            check = self.item.check
            for index, each in enumerate(value):
                check(each, f"{at}/{index}", problems)

    def _too_many(self, value: list[Json], at: str, problems: list[Problem]) -> bool:
        if len(value) > self.max_items:
            problems.append(
                Problem(at, "TOO_MANY", f"{len(value)} items; at most {self.max_items}")
            )
            return True
        return False

    def write(self, value: object) -> Json:
        return [self.item.write(each) for each in value] if isinstance(value, list | tuple) else []


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a record: its shape, and the native default where it may be left out."""

    shape: Shape
    required: bool
    default: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Fields:
    """A record: an object with known names only."""

    entries: Mapping[str, Entry]
    _judged: tuple[tuple[str, Shape], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Leave out of ``check`` what the codec decodes in no wrong way."""
        judged = ((name, each.shape) for name, each in self.entries.items())
        object.__setattr__(
            self, "_judged", tuple(each for each in judged if not isinstance(each[1], _CLOSED))
        )

    def read(self, value: Json, at: str, problems: list[Problem]) -> object:
        if not isinstance(value, dict):
            return _wrong(at, "an object", value, problems)
        for name in map(str, value.keys() - self.entries.keys()):
            near = get_close_matches(name, self.entries, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(self.entries)}"
            problems.append(
                Problem(f"{at}/{escape(name)}", "UNKNOWN_FIELD", f"not in the schema; {hint}")
            )
        return {
            name: self._field(name, entry, value, at, problems)
            for name, entry in self.entries.items()
        }

    @staticmethod
    def _field(
        name: str, entry: Entry, value: dict[str, Json], at: str, problems: list[Problem]
    ) -> object:
        if name in value:
            return entry.shape.read(value[name], f"{at}/{name}", problems)
        if entry.required:
            problems.append(Problem(f"{at}/{name}", "MISSING_FIELD", "required"))
        return entry.default()

    def check(self, value: object, at: str, problems: list[Problem]) -> None:
        if isinstance(value, Mapping):
            for name, shape in self._judged:
                shape.check(value[name], f"{at}/{name}", problems)

    def write(self, value: object) -> Json:
        if not isinstance(value, Mapping):
            return None
        return {name: entry.shape.write(value[name]) for name, entry in self.entries.items()}


def escape(token: str) -> str:
    """A JSON pointer token (RFC 6901), cut and made printable: a hostile name may be anything."""
    printable = _FORBIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", str(token)[:80])
    return printable.replace("~", "~0").replace("/", "~1")
