"""Reads a record piece by piece, as far as it goes, and says what was expected where it stops.

A codec says yes or no. This is for the person who has to find out why it said no: each piece with
the place of its first byte, and at the end either the whole message or the first difference to its
schema. Contents of byte strings are not shown: they are sealed, or noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, cast

from natcbus.contract.assembly import Json, Named, collect, fields_of
from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.contract.codec import MAX_MESSAGE_BYTES, unframe
from natcbus.contract.errors import DecodingError
from natcbus.contract.schema import Schema
from natcbus.contract.shapes import write_instant

_FRAME_BYTES: Final = 5
_LONGEST_NUMBER: Final = 10
_SHOWN_TEXT: Final = 80
_MOST_PIECES: Final = 4096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value that could be read.

    Attributes
    ----------
    at
        Of its first byte in the record, frame included.
    path
        JSON pointer into the record.
    kind
        Its Avro type; ``length`` and ``count`` for the number before a text or the items of a list,
        ``branch`` for the one that chooses the type of what follows.
    """

    at: int
    path: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Where reading stopped: what the schema asks for there, and what stands there."""

    at: int
    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Dissection:
    """What could be read; ``schema`` is empty where the frame names none."""

    schema: str
    pieces: tuple[Piece, ...]
    difference: Difference | None


def dissect(value: bytes, catalogue: Catalogue | None = None) -> Dissection:
    """Read ``value`` as the message that its frame says it is."""
    if len(value) > MAX_MESSAGE_BYTES:
        most = f"at most {MAX_MESSAGE_BYTES} bytes"
        return _unread(Difference(MAX_MESSAGE_BYTES, "", most, f"{len(value)} bytes"))
    try:
        schema_id, _ = unframe(value)
    except DecodingError:
        frame = "0x00, then a schema id of 4 bytes"
        return _unread(Difference(0, "", frame, _hex(value[:_FRAME_BYTES])))
    event_type = (catalogue or load_catalogue()).by_schema_id(schema_id)
    if event_type is None:
        wanted = "the schema id of a message of this contract"
        return _unread(Difference(1, "", wanted, f"{schema_id} ({schema_id:#010x})"))
    return _Reader(value, event_type.message).read()


def _unread(difference: Difference) -> Dissection:
    return Dissection("", (), difference)


class _StoppedError(Exception):
    def __init__(self, at: int, path: str, expected: str, found: str) -> None:
        super().__init__(expected)
        self.difference = Difference(at, path, expected, found)


class _Reader:
    def __init__(self, value: bytes, schema: Schema) -> None:
        self._value = value
        self._at = _FRAME_BYTES
        self._schema = schema
        self._named: Named = collect([schema.definition])
        self._pieces: list[Piece] = []

    def read(self) -> Dissection:
        difference = None
        try:
            self._walk(self._schema.definition, "", "")
        except _StoppedError as stopped:
            difference = stopped.difference
        else:
            if rest := len(self._value) - self._at:
                end = "the end of the record"
                difference = Difference(self._at, "", end, f"{rest} more bytes")
        return Dissection(self._schema.name, tuple(self._pieces), difference)

    def _walk(self, kind: Json, path: str, namespace: str) -> None:
        if isinstance(kind, list):
            chosen = self._choose("branch", len(kind), path, "a type of")
            self._walk(kind[chosen], path, namespace)
        elif isinstance(kind, str):
            named = self._named.get(kind) or self._named.get(f"{namespace}.{kind}")
            self._primitive(kind, "", path) if named is None else self._named_type(named, path)
        elif isinstance(kind, dict):
            self._defined(kind, path, namespace)

    def _defined(self, kind: dict[str, Json], path: str, namespace: str) -> None:
        name = kind["type"]
        if name in {"record", "enum", "fixed"}:
            self._named_type({"namespace": namespace, **kind}, path)
        elif name == "array":
            self._array(kind["items"], path, namespace)
        elif isinstance(name, str):
            self._primitive(name, str(kind.get("logicalType", "")), path)
        else:
            self._walk(name, path, namespace)

    def _named_type(self, kind: dict[str, Json], path: str) -> None:
        namespace = str(kind["namespace"])
        if kind["type"] == "record":
            for field in fields_of(kind):
                self._walk(field["type"], f"{path}/{field['name']}", namespace)
        elif kind["type"] == "enum":
            symbols = [str(each) for each in cast("list[Json]", kind["symbols"])]
            at = self._at
            chosen = self._choose("", len(symbols), path, f"a symbol of {kind['name']},")
            self._keep(at, path, "enum", symbols[chosen])
        else:
            at, size = self._at, int(cast(int, kind["size"]))
            self._keep(at, path, "fixed", self._take(size, path, f"{size} bytes").hex())

    def _array(self, items: Json, path: str, namespace: str) -> None:
        index = 0
        while count := self._number("count", path):
            if count < 0:
                # A block may say its size in bytes, for readers that skip it.
                count = -count
                self._number("size", path)
            for _ in range(count):
                self._walk(items, f"{path}/{index}", namespace)
                index += 1

    def _primitive(self, kind: str, logical: str, path: str) -> None:
        at = self._at
        match kind:
            case "null":
                return
            case "boolean":
                byte = self._take(1, path, "true or false: 1 byte")[0]
                shown = {0: "false", 1: "true"}.get(byte, f"{byte}: neither true nor false")
            case "int" | "long":
                shown = _number_text(self._number("", path), logical)
            case "float" | "double":
                size = 4 if kind == "float" else 8
                shown = self._take(size, path, f"{size} bytes").hex()
            case _:
                length = self._number("length", path)
                content = self._take(length, path, f"{kind}: that many bytes")
                shown = f"{length} bytes" if kind == "bytes" else self._text(at, path, content)
        self._keep(at, path, kind, shown)

    def _text(self, at: int, path: str, content: bytes) -> str:
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise _StoppedError(at, path, "a text in UTF-8", _hex(content[error.start :])) from None
        return text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]}..."

    def _choose(self, kind: str, many: int, path: str, what: str) -> int:
        at = self._at
        chosen = self._number(kind, path)
        if not 0 <= chosen < many:
            raise _StoppedError(at, path, f"{what} 0 to {many - 1}", str(chosen))
        return chosen

    def _number(self, kind: str, path: str) -> int:
        """A zigzag number; kept as a piece where ``kind`` names it."""
        at, raw = self._at, 0
        for index in range(_LONGEST_NUMBER):
            byte = self._take(1, path, "a number")[0]
            raw |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follow
                number = (raw >> 1) ^ -(raw & 1)
                if kind:
                    self._keep(at, path, kind, str(number))
                return number
        found = _hex(self._value[at : self._at])
        raise _StoppedError(at, path, f"a number of at most {_LONGEST_NUMBER} bytes", found)

    def _take(self, size: int, path: str, expected: str) -> bytes:
        left = len(self._value) - self._at
        if not 0 <= size <= left:
            raise _StoppedError(self._at, path, f"{expected} ({size})", f"{left} are left")
        taken = self._value[self._at : self._at + size]
        self._at += size
        return taken

    def _keep(self, at: int, path: str, kind: str, text: str) -> None:
        if len(self._pieces) >= _MOST_PIECES:
            raise _StoppedError(at, path, f"at most {_MOST_PIECES} values", "more")
        self._pieces.append(Piece(at, path, kind, text))


def shown_values(dissection: Dissection) -> Iterator[Piece]:
    """The pieces that mean something to people: without lengths, counts and branches."""
    hidden = {"length", "count", "size", "branch"}
    return (piece for piece in dissection.pieces if piece.kind not in hidden)


def _number_text(number: int, logical: str) -> str:
    try:
        if logical == "timestamp-millis":
            return write_instant(_EPOCH + timedelta(milliseconds=number))
        if logical == "date":
            return date.fromordinal(_EPOCH.date().toordinal() + number).isoformat()
    except (OverflowError, ValueError):
        return f"{number}: no {logical}"
    return str(number)


def _hex(value: bytes) -> str:
    return value[:_LONGEST_NUMBER].hex(" ") or "nothing"
