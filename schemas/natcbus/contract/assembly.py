"""Puts schemas together: core blocks are written once and each published schema stands alone.

Avro wants a named type defined where it is first used and named afterwards; an author wants to
write a block once. ``assemble`` turns the second into the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from natcbus.contract.errors import SchemaError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Named: TypeAlias = dict[str, dict[str, Json]]

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED_KINDS = frozenset({"record", "enum", "fixed"})


def read_schemas(file: str, text: str) -> list[dict[str, Json]]:
    """The schemas of one ``.avsc`` file, which holds one or a list.

    Raises
    ------
    SchemaError
        BAD_JSON, with the file.
    """
    try:
        value: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise SchemaError(file, "BAD_JSON", str(error)) from error
    found = value if isinstance(value, list) else [value]
    return [schema for schema in found if isinstance(schema, dict)]


def full_name(name: str, namespace: str) -> str:
    """The name with its namespace."""
    return name if "." in name or name in PRIMITIVES else f"{namespace}.{name}"


def collect(schemas: list[dict[str, Json]]) -> Named:
    """Every named type in ``schemas``, nested ones too, by full name."""
    return {name: schema for top in schemas for name, schema in _named(top, "")}


def _named(schema: Json, namespace: str) -> Iterator[tuple[str, dict[str, Json]]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _named(branch, namespace)
    elif isinstance(schema, dict):
        kind = schema.get("type")
        if kind in NAMED_KINDS:
            namespace = str(schema.get("namespace", namespace))
            yield f"{namespace}.{schema['name']}", {**schema, "namespace": namespace}
            for field in fields_of(schema):
                yield from _named(field["type"], namespace)
        elif kind == "array":
            yield from _named(schema["items"], namespace)
        elif isinstance(kind, dict | list):
            yield from _named(kind, namespace)


def fields_of(record: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The fields of a record schema; none for anything else."""
    fields = record.get("fields", [])
    return (
        [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    )


def assemble(schema: Json, named: Named, namespace: str = "", seen: set[str] | None = None) -> Json:
    """``schema`` with every named type spelt out at its first use and referred to afterwards.

    Raises
    ------
    SchemaError
        UNKNOWN_TYPE for a name that no block defines.
    """
    seen = set() if seen is None else seen
    if isinstance(schema, str):
        return _reference(schema, named, namespace, seen)
    if isinstance(schema, list):
        return [assemble(branch, named, namespace, seen) for branch in schema]
    if not isinstance(schema, dict):
        raise SchemaError("", "UNKNOWN_TYPE", f"{schema!r} is not a schema")
    kind = schema.get("type")
    if kind in NAMED_KINDS:
        return _definition(schema, named, namespace, seen)
    if kind == "array":
        return {**schema, "items": assemble(schema["items"], named, namespace, seen)}
    return dict(schema)


def _reference(name: str, named: Named, namespace: str, seen: set[str]) -> Json:
    if name in PRIMITIVES:
        return name
    full = full_name(name, namespace)
    if full in seen:
        return full
    if full not in named:
        raise SchemaError(
            "",
            "UNKNOWN_TYPE",
            f"no block defines {full}; write it in contract/blocks or correct the name",
        )
    return _definition(named[full], named, namespace, seen)


def _definition(schema: dict[str, Json], named: Named, namespace: str, seen: set[str]) -> Json:
    namespace = str(schema.get("namespace", namespace))
    full = f"{namespace}.{schema['name']}"
    if full in seen:
        return full
    seen.add(full)
    spelt: dict[str, Json] = {**schema, "namespace": namespace}
    if schema["type"] == "record":
        spelt["fields"] = [
            {**field, "type": assemble(field["type"], named, namespace, seen)}
            for field in fields_of(schema)
        ]
    return spelt
