"""Items end to end, each behind its length, so that no two lists of items have the same bytes."""

from __future__ import annotations

import struct
from typing import Final

_LENGTH: Final = struct.Struct(">I")


def length_prefixed(*items: bytes | str) -> bytes:
    """For each item its length as four bytes, big endian, and the item; texts are UTF-8."""
    parts = []
    for item in items:
        octets = item.encode() if isinstance(item, str) else item
        parts.append(_LENGTH.pack(len(octets)) + octets)
    return b"".join(parts)
