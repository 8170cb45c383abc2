"""The digest of a Network: what it says, whatever order, files and comments it is written in.

SHA-256 over one JSON text: dataclasses and mappings are objects with sorted keys, sets are sorted
lists, durations are seconds, days are ISO 8601, no spaces, UTF-8. A field that is None, or that
has the value it has when nothing is written, is left out, so that an optional part that is added
later changes no digest of a Network that does not use it. The version
number, the expiry, keys and the indexes, which follow from the rest, are not part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from natcbus.contract.assembly import Json
from natcbus.routing.network import Network

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_NOT_CONTENT: Final = frozenset(
    {"version", "digest", "expires_at", "desks_by_country", "desks_by_topic", "transfers"}
)


_NOTHING: Final[frozenset[str]] = frozenset()


def network_digest(network: Network) -> bytes:
    """SHA-256 of ``canonical_network``."""
    return hashlib.sha256(canonical_network(network)).digest()


def canonical_network(network: Network) -> bytes:
    """The bytes over which the digest goes; they are JSON, so that two versions can be compared."""
    content = _written(network, without=_NOT_CONTENT)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, AbstractSet | tuple):
        items = [_json(each) for each in value]
        return items if isinstance(value, tuple) else sorted(items, key=str)
    if is_dataclass(value) and not isinstance(value, type):
        return _written(value)
    raise TypeError(f"{type(value).__name__} has no canonical form; add one")


def _written(value: DataclassInstance, without: AbstractSet[str] = _NOTHING) -> dict[str, Json]:
    """The fields of a dataclass that say more than if nothing were written."""
    parts = {each: getattr(value, each.name) for each in fields(value) if each.name not in without}
    return {
        each.name: _json(part)
        for each, part in parts.items()
        if part is not None and part != _when_nothing_is_written(each)
    }


def _when_nothing_is_written(of: Field[Any]) -> object:
    return of.default_factory() if of.default_factory is not MISSING else of.default
