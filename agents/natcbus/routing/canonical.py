"""The digest of a Network: what it says, whatever order, files and comments it is written in.

SHA-256 over one JSON text: dataclasses and mappings are objects with sorted keys, sets are sorted
lists, durations are seconds, no spaces, UTF-8. A field that is None is left out, so that an
optional part that is added later changes no digest of a Network that does not use it. The version
number, keys and the indexes, which follow from the rest, are not part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Final

from natcbus.contract.assembly import Json
from natcbus.routing.network import Network

_NOT_CONTENT: Final = frozenset({"version", "digest", "desks_by_country", "desks_by_topic"})


def network_digest(network: Network) -> bytes:
    """SHA-256 of ``canonical_network``."""
    return hashlib.sha256(canonical_network(network)).digest()


def canonical_network(network: Network) -> bytes:
    """The bytes over which the digest goes; they are JSON, so that two versions can be compared."""
    content = {
        each.name: _json(getattr(network, each.name))
        for each in fields(network)
        if each.name not in _NOT_CONTENT
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Mapping):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((_json(each) for each in value), key=str)
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    if is_dataclass(value):
        parts = {each.name: _json(getattr(value, each.name)) for each in fields(value)}
        return {name: part for name, part in parts.items() if part is not None}
    raise TypeError(f"{type(value).__name__} has no canonical form; add one")
