"""The digest of a decision: equal in preview, slip and hub when nothing changed between.

It is SHA-256 over these bytes, which any language can write::

    decision = text("natcbus/1/decision") u32(engine) u32(network version) bytes(network digest)
    list(row, ...) row      = text(desk) list(text(compartment), ...) list(text(reason code), ...)
    text(s)  = bytes(UTF-8 of s) bytes(b) = u32(length of b) b list(..) = u32(number of items) items
    u32      = four bytes, big-endian

Rows are sorted by desk; compartments and reason codes are sorted and each stands once. Sorting
compares UTF-8 bytes (all three are ASCII). What a reason is about, and the denials, explain the
decision and are no part of its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Protocol

_CONTEXT: Final = "natcbus/1/decision"


class _Code(Protocol):
    @property
    def code(self) -> str: ...


class Row(Protocol):
    """A delivery, in the decision as a value or in the record of a slip."""

    @property
    def desk(self) -> str:
        """The desk."""
        ...

    @property
    def compartments(self) -> Sequence[str]:
        """What it may open."""
        ...

    @property
    def because(self) -> Sequence[_Code]:
        """Why it was chosen."""
        ...


def decision_digest(
    deliveries: Iterable[Row], network_version: int, network_digest: bytes, engine: int
) -> bytes:
    """SHA-256 of the decision's canonical bytes, whatever the order in which its parts come."""
    rows = sorted(deliveries, key=lambda row: row.desk)
    parts = [
        _text(_CONTEXT),
        _u32(engine),
        _u32(network_version),
        _bytes(network_digest),
        _u32(len(rows)),
    ]
    for row in rows:
        parts.append(_text(row.desk))
        parts.append(_texts(tuple(row.compartments)))
        parts.append(_texts(tuple([reason.code for reason in row.because])))
    return hashlib.sha256(b"".join(parts)).digest()


@lru_cache(maxsize=4096)
def _texts(items: tuple[str, ...]) -> bytes:
    """Cached: the same few lists stand in decision after decision."""
    unique = sorted(set(items))
    return _u32(len(unique)) + b"".join(map(_text, unique))


@lru_cache(maxsize=4096)
def _text(text: str) -> bytes:
    return _bytes(text.encode())


def _bytes(value: bytes) -> bytes:
    return _u32(len(value)) + value


def _u32(number: int) -> bytes:
    return number.to_bytes(4)
