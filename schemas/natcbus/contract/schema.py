"""One published schema: what it says, its id, and its form for the codec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import fastavro

from natcbus.contract.assembly import Json, Named, assemble, fields_of
from natcbus.contract.errors import SchemaError
from natcbus.contract.identifiers import schema_id

PII_CLASSES: Final = ("P0", "P1", "P2", "P3", "P4", "P5")
"""Public, official, indirect, direct identifier, very sensitive, safety-critical."""
OPEN_LIMIT: Final = "P2"
"""The highest class that may stand in an open part."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A self-contained Avro schema under a computed id."""

    id: int
    name: str
    definition: dict[str, Json] = field(hash=False)
    parsed: object = field(repr=False, compare=False)
    """The same for fastavro, which keeps its own form."""


def publish(name: str, compartment: str, version: str, definition: Json, named: Named) -> Schema:
    """Assembles ``definition`` and gives it the id of (name, compartment, version)."""
    whole = assemble(definition, named)
    if not isinstance(whole, dict):
        raise SchemaError(name, "NOT_A_RECORD", "a published schema is a record")
    return Schema(
        schema_id(name, compartment, version),
        _full_name(whole),
        whole,
        fastavro.parse_schema(whole),
    )


def _full_name(definition: dict[str, Json]) -> str:
    return f"{definition['namespace']}.{definition['name']}"


def pii_classes(definition: Json) -> Iterator[str]:
    """The PII class of every field, nested ones too."""
    if isinstance(definition, list):
        for branch in definition:
            yield from pii_classes(branch)
    elif isinstance(definition, dict):
        for entry in fields_of(definition):
            yield str(entry.get("pii", "none"))
            yield from pii_classes(entry["type"])
        if "items" in definition:
            yield from pii_classes(definition["items"])


def highest_pii(definition: Json) -> str:
    """The most sensitive class in a schema; a field without one counts as the most sensitive."""
    return max(
        (pii if pii in PII_CLASSES else PII_CLASSES[-1] for pii in pii_classes(definition)),
        default="P0",
    )
