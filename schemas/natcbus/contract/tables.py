"""Reads the YAML tables beside a schema: audience and minimum data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import yaml

from natcbus.contract.audience import Audience
from natcbus.contract.errors import SchemaError
from natcbus.contract.minimum import Minimum


def read_audience(
    file: str, text: str, compartments: Collection[str], named_only: Collection[str]
) -> Audience:
    """The audience table of an event type.

    Raises
    ------
    SchemaError
        BAD_TABLE or UNKNOWN_COMPARTMENT, with the file.
    """
    table = _mapping(file, text, {"event", "country_roles", "compartments", "reduced"})
    rows = _lists(file, table.get("compartments"))
    reduced = _strings(file, table.get("reduced"))
    for name in {*reduced, *(name for row in rows.values() for name in row)} - set(compartments):
        raise SchemaError(file, "UNKNOWN_COMPARTMENT", f"{name} has no schema beside this table")
    return Audience(
        compartments={organisation: frozenset(row) for organisation, row in rows.items()},
        reduced=frozenset(reduced),
        named_only=frozenset(named_only),
        country_roles={
            role: tuple(row) for role, row in _lists(file, table.get("country_roles")).items()
        },
    )


def read_minimum(file: str, text: str) -> Minimum:
    """The minimum table of an event type.

    Raises
    ------
    SchemaError
        BAD_TABLE, with the file.
    """
    table = _mapping(file, text, {"source", "waived_when", "compartments", "fields", "any_of"})
    waived = table.get("waived_when")
    any_of = table.get("any_of", [])
    return Minimum(
        source=str(table.get("source", "")),
        compartments=tuple(_strings(file, table.get("compartments", []))),
        fields=tuple(_strings(file, table.get("fields", []))),
        any_of=tuple(tuple(_strings(file, row)) for row in any_of)
        if isinstance(any_of, list)
        else (),
        waived_when=(str(waived["field"]), str(waived["is"])) if isinstance(waived, dict) else None,
    )


def _mapping(file: str, text: str, allowed: Collection[str]) -> dict[str, object]:
    table = yaml.safe_load(text)
    if not isinstance(table, dict) or not set(table) <= set(allowed):
        raise SchemaError(
            file, "BAD_TABLE", f"expected a mapping with the keys {', '.join(sorted(allowed))}"
        )
    return table


def _strings(file: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise SchemaError(file, "BAD_TABLE", f"expected a list of words, not {value!r}")


def _lists(file: str, value: object) -> Mapping[str, list[str]]:
    if not isinstance(value, dict):
        raise SchemaError(file, "BAD_TABLE", f"expected a mapping to lists, not {value!r}")
    return {str(key): _strings(file, row) for key, row in value.items()}
