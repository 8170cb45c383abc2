"""How values are written in the Network's YAML.

Each notation reads a node and gives its JSON Schema, so that loader and published schema cannot
disagree. A notation that cannot read a node says so in the report and gives None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from natcbus.contract.assembly import Json
from natcbus.contract.formats import Format
from natcbus.routing.documents import Entries, Items, Kind, Node, Place, Report, Word
from natcbus.routing.nearest import closest

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)

Definitions: TypeAlias = dict[str, Json]
"""Parts of the JSON Schema that are written once and referred to."""


class At(NamedTuple, Generic[T_co]):
    """A value and where it is written."""

    value: T_co
    at: Place


class Row(NamedTuple, Generic[T_co]):
    """A key and its value; None when the value is wrong and was reported."""

    key: At[str]
    value: At[T_co] | None


class Notation(Protocol[T_co]):
    """A way to write a value."""

    def read(self, node: Node, report: Report) -> At[T_co] | None:
        """The value, or None after a report."""
        ...

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """JSON Schema of the notation; shared parts go to ``definitions``."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a closed form. Reports WRONG_TYPE and BAD_FORM."""

    form: Format

    def read(self, node: Node, report: Report) -> At[str] | None:
        """The text as it is written."""
        word = _word(node, Kind.TEXT, report)
        if word is None:
            return None
        if not self.form.accepts(word.text):
            report.add(
                word.at,
                "BAD_FORM",
                f"{word.text!r} has not the right form",
                f"write {self.form.looks_like}",
            )
            return None
        return At(word.text, word.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A string with a pattern."""
        del definitions
        return {
            "type": "string",
            "pattern": f"^(?:{self.form.pattern.pattern})$",
            "description": self.form.looks_like,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a closed list. Reports UNKNOWN_<KIND>, with the nearest word."""

    kind: str
    """What the words are, for people: ``organisation type``."""
    words: frozenset[str]
    hint: str = ""
    """What to write, where the list is too long to be printed."""

    def read(self, node: Node, report: Report) -> At[str] | None:
        """The word."""
        word = _word(node, Kind.TEXT, report)
        if word is None:
            return None
        if word.text not in self.words:
            code = f"UNKNOWN_{self.kind.upper().replace(' ', '_')}"
            report.add(
                word.at,
                code,
                f"{word.text} is no {self.kind} known here",
                nearest(word.text, self.words, self.hint),
            )
            return None
        return At(word.text, word.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A reference to the list."""
        name = self.kind.replace(" ", "_")
        definitions[name] = {"enum": [*sorted(self.words)]}
        return {"$ref": f"#/$defs/{name}"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds. Reports WRONG_TYPE and OUT_OF_BOUNDS."""

    minimum: int
    maximum: int

    def read(self, node: Node, report: Report) -> At[int] | None:
        """The number."""
        word = _word(node, Kind.WHOLE, report)
        if word is None:
            return None
        # YAML 1.1 also has octal, sexagesimal and underscored numbers, which nobody means.
        number = int(word.text) if re.fullmatch(r"0|-?[1-9][0-9]{0,15}", word.text) else None
        if number is None or not self.minimum <= number <= self.maximum:
            fix = f"write a whole number from {self.minimum} to {self.maximum}"
            report.add(word.at, "OUT_OF_BOUNDS", f"{word.text} is out of bounds", fix)
            return None
        return At(number, word.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """An integer with bounds."""
        del definitions
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Flag:
    """``true`` or ``false``. Reports WRONG_TYPE."""

    def read(self, node: Node, report: Report) -> At[bool] | None:
        """Whether it is true."""
        word = _word(node, Kind.FLAG, report)
        return At(word.text.lower() in {"true", "yes", "on"}, word.at) if word is not None else None

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A boolean."""
        del definitions
        return {"type": "boolean"}


_DURATION: Final = Format(
    re.compile(
        r"P(?=[0-9T])(?:([1-9][0-9]{0,3})D)?"
        r"(?:T(?=[0-9])(?:([1-9][0-9]?)H)?(?:([1-9][0-9]?)M)?(?:([1-9][0-9]?)S)?)?"
    ),
    "an ISO 8601 duration of days, hours, minutes and seconds, such as PT15M, PT8H or P3D",
)


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration, longer than nothing; no years, months or weeks. Reports BAD_FORM."""

    def read(self, node: Node, report: Report) -> At[timedelta] | None:
        """The duration; days are 24 hours."""
        text = Text(_DURATION).read(node, report)
        match = _DURATION.pattern.fullmatch(text.value) if text is not None else None
        if text is None or match is None:
            return None
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return At(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds), text.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A string with a pattern."""
        definitions["duration"] = {**Text(_DURATION).schema(definitions)}
        return {"$ref": "#/$defs/duration"}


@dataclass(frozen=True, slots=True)
class Maybe(Generic[T]):
    """A value, or ``null`` for none."""

    inner: Notation[T]

    def read(self, node: Node, report: Report) -> At[T | None] | None:
        """The value; None inside ``At`` stands for none."""
        if isinstance(node, Word) and node.kind is Kind.NOTHING:
            return At(None, node.at)
        return self.inner.read(node, report)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """The value's, or null."""
        return {"anyOf": [self.inner.schema(definitions), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list in which nothing stands twice.

    Reports WRONG_TYPE, DUPLICATE_ITEM, TOO_FEW and TOO_MANY.
    """

    item: Notation[T]
    at_least: int = 0
    at_most: int | None = None

    def read(self, node: Node, report: Report) -> At[tuple[At[T], ...]] | None:
        """The items in the order of the file; None also when one of them is wrong."""
        if not isinstance(node, Items):
            _wrong_type(node, "a list", "[ONE, TWO]", report)
            return None
        found = [self.item.read(item, report) for item in node.items]
        items = tuple(item for item in found if item is not None)
        seen: set[T] = set()
        for value, at in items:
            if value in seen:
                text = f"{value} stands twice in this list"
                report.add(at, "DUPLICATE_ITEM", text, "keep one of them")
            seen.add(value)
        if len(found) < self.at_least:
            text = f"this list holds {len(found)}" if found else "this list is empty"
            report.add(node.at, "TOO_FEW", text, f"write at least {self.at_least}")
            return None
        if self.at_most is not None and len(found) > self.at_most:
            text = f"this list holds {len(found)}"
            report.add(node.at, "TOO_MANY", text, f"write at most {self.at_most}")
            return None
        return At(items, node.at) if len(items) == len(found) else None

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """An array of unique items."""
        bounds: dict[str, Json] = {"minItems": self.at_least} if self.at_least else {}
        if self.at_most is not None:
            bounds["maxItems"] = self.at_most
        items = self.item.schema(definitions)
        return {"type": "array", "items": items, "uniqueItems": True, **bounds}


@dataclass(frozen=True, slots=True)
class MapOf(Generic[T]):
    """A mapping whose keys are of one kind. Reports WRONG_TYPE and MISSING_<KIND>."""

    key: Text | Choice
    value: Notation[T]
    every: frozenset[str] = frozenset()
    """Keys that must be there; the schema sees one file of several and cannot ask for them."""

    def read(self, node: Node, report: Report) -> At[Mapping[str, Row[T]]] | None:
        """The rows by key, also those whose value is wrong."""
        if not isinstance(node, Entries):
            _wrong_type(node, "a mapping", "KEY: value", report)
            return None
        rows: dict[str, Row[T]] = {}
        for entry in node.entries:
            key = self.key.read(entry.key, report)
            value = self.value.read(entry.value, report)
            if key is not None:
                rows[key.value] = Row(key, value)
        kind = self.key.kind if isinstance(self.key, Choice) else "key"
        for missing in sorted(self.every - rows.keys()):
            code = f"MISSING_{kind.upper().replace(' ', '_')}"
            report.add(
                node.at,
                code,
                f"the {kind} {missing} is missing here",
                f"add {missing}, also if nothing is allowed",
            )
        return At(rows, node.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """An object with names of one kind."""
        return {
            "type": "object",
            "propertyNames": self.key.schema(definitions),
            "additionalProperties": self.value.schema(definitions),
        }


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a record; ``about`` is shown by editors."""

    notation: Notation[object]
    about: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Record(Generic[T]):
    """A mapping with fixed keys. Reports WRONG_TYPE, UNKNOWN_KEY and MISSING_KEY."""

    name: str
    make: Callable[..., T]
    """Takes each field that is there by name, as ``At``."""
    fields: Mapping[str, Field]

    def read(self, node: Node, report: Report) -> At[T] | None:
        """The record; None also when a field is wrong."""
        if not isinstance(node, Entries):
            _wrong_type(node, "a mapping", f"{next(iter(self.fields))}: ...", report)
            return None
        found: dict[str, At[object] | None] = {}
        for (word, _, at), value in node.entries:
            field = self.fields.get(word)
            if field is None:
                text = f"{word} is no key of this {self.name}"
                report.add(at, "UNKNOWN_KEY", text, nearest(word, self.fields.keys()))
            else:
                found[word] = field.notation.read(value, report)
        missing = [key for key, field in self.fields.items() if field.required and key not in found]
        for key in missing:
            report.add(
                node.at,
                "MISSING_KEY",
                f"this {self.name} lacks {key}",
                f"add {key}: {self.fields[key].about}",
            )
        if missing or None in found.values():
            return None
        return At(self.make(**found), node.at)

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """A reference to an object with fixed keys."""
        definitions[self.name] = {
            "type": "object",
            "properties": {
                key: {**field.notation.schema(definitions), "description": field.about}
                for key, field in self.fields.items()
            },
            "required": [key for key, field in self.fields.items() if field.required],
            "additionalProperties": False,
        }
        return {"$ref": f"#/$defs/{self.name}"}


@dataclass(frozen=True, slots=True)
class WordOr(Generic[T, U]):
    """A single word, or something longer."""

    word: Notation[T]
    longer: Notation[U]

    def read(self, node: Node, report: Report) -> At[T | U] | None:
        """What is written."""
        return (
            self.word.read(node, report)
            if isinstance(node, Word)
            else self.longer.read(node, report)
        )

    def schema(self, definitions: Definitions) -> dict[str, Json]:
        """Either of the two."""
        return {"anyOf": [self.word.schema(definitions), self.longer.schema(definitions)]}


def nearest(written: str, words: Iterable[str], hint: str = "") -> str:
    """What somebody who wrote ``written`` can write instead."""
    known = sorted(set(words))
    # Not the case, only the letters: somebody who writes border-police means BORDER_POLICE.
    folded = {_folded(word): word for word in known}
    near = closest(_folded(written), folded)
    if near is not None:
        return f"did you mean {folded[near]}?"
    return hint or f"write one of {', '.join(known) or 'nothing: none is defined'}"


def _folded(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", word.lower())


def _word(node: Node, kind: Kind, report: Report) -> Word | None:
    if isinstance(node, Word) and node.kind is kind:
        return node
    if isinstance(node, Word) and kind is Kind.TEXT and node.kind is not Kind.NOTHING:
        text = f"YAML takes {node.text} for {node.kind.value}, and a text is wanted"
        report.add(node.at, "WRONG_TYPE", text, f'put it in quotes: "{node.text}"')
        return None
    _wrong_type(node, kind.value, {Kind.WHOLE: "1", Kind.FLAG: "true"}.get(kind, "a word"), report)
    return None


def _wrong_type(node: Node, wanted: str, example: str, report: Report) -> None:
    found = {Items: "a list", Entries: "a mapping"}.get(type(node)) or repr(
        getattr(node, "text", "")
    )
    report.add(
        node.at, "WRONG_TYPE", f"{found} stands where {wanted} is wanted", f"write {example}"
    )
