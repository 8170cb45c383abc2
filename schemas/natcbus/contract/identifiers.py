"""Schema ids: computed, so that they survive the loss of any registry."""

from __future__ import annotations

import hashlib
from typing import Final

_RANGE_START: Final = 0x4000_0000
_RANGE_MASK: Final = 0x3FFF_FFFF


def schema_id(name: str, compartment: str, version: str) -> int:
    """Id of a schema in the frame of a record: a positive int32 from 2^30 on.

    Registries number from 1 upwards, so a member's own schemas never meet this range. The lint
    refuses two schemas of the contract that hash to one id. ``compartment`` is empty for the
    message itself. The formula is part of ``docs/wire.md``.
    """
    text = b"\x00".join(
        part.encode("ascii") for part in ("natcbus/1/schema", name, compartment, version)
    )
    return _RANGE_START | int.from_bytes(hashlib.sha256(text).digest()[:4], "big") & _RANGE_MASK
