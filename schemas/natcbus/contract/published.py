"""Schemas as they were published: in the golden folders, and on ``hub.schemas``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from natcbus.contract.assembly import Json
from natcbus.contract.errors import SchemaError
from natcbus.contract.identifiers import schema_id

MESSAGE: Final = "message"
"""The whole record among the schemas of an event type; every other name is a compartment."""


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """One schema of one version of an event type, self-contained."""

    event_type: str
    name: str
    version: str
    definition: dict[str, Json]

    @property
    def schema_id(self) -> int:
        """The id of records that are written with it."""
        compartment = "" if self.name == MESSAGE else self.name
        return schema_id(self.event_type, compartment, self.version)

    def to_json(self) -> str:
        """The value of its record on ``hub.schemas``."""
        return json.dumps(
            {
                "type": self.event_type,
                "name": self.name,
                "version": self.version,
                "schema": self.definition,
            },
            ensure_ascii=False,
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> PublishedSchema:
        """A schema from the value of a record on ``hub.schemas``.

        Raises
        ------
        SchemaError
            BAD_JSON.
        """
        try:
            value = json.loads(text)
            definition = value["schema"]
            fields = (str(value["type"]), str(value["name"]), str(value["version"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SchemaError(
                "hub.schemas", "BAD_JSON", f"not a published schema: {error!r}"
            ) from error
        if not isinstance(definition, dict):
            raise SchemaError("hub.schemas", "BAD_JSON", "the schema is not a record")
        return cls(*fields, definition)


def golden_schemas(event_type: str, folder: Traversable) -> Iterator[PublishedSchema]:
    """Every version of ``event_type`` ever published, from its folder, oldest first."""
    golden = folder / "golden"
    if not golden.is_dir():
        return
    for version in sorted(golden.iterdir(), key=lambda entry: _number(entry.name)):
        for entry in sorted(version.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".avsc"):
                definition = json.loads(entry.read_text("utf-8"))
                yield PublishedSchema(
                    event_type, entry.name.removesuffix(".avsc"), version.name, definition
                )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
