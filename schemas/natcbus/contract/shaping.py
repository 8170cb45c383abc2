"""Makes the tree of shapes of a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from natcbus.contract.assembly import Json, fields_of
from natcbus.contract.errors import SchemaError
from natcbus.contract.formats import FORMATS
from natcbus.contract.shapes import (
    Choice,
    Day,
    Entry,
    Fields,
    Flag,
    Instant,
    Listing,
    Maybe,
    Number,
    Octets,
    Shape,
    Text,
)

_RANGES: Final = {
    "int": (-(2.0**31), 2.0**31 - 1),
    # JSON numbers are exact up to 2^53 only.
    "long": (-(2.0**53), 2.0**53),
    "float": (-3.4e38, 3.4e38),
    "double": (-1.7e308, 1.7e308),
}

_LOGICAL: Final[Mapping[str, Shape]] = {"timestamp-millis": Instant(), "date": Day()}


def compile_shape(definition: Json) -> Shape:
    """The shape of a self-contained schema.

    Raises
    ------
    SchemaError
        UNBOUNDED for a string, list or byte string without a limit, UNKNOWN_TYPE for what JSON
        cannot say.
    """
    return _compile(definition, {}, {}, "")


def _compile(
    schema: Json, bounds: Mapping[str, Json], known: dict[str, Shape], namespace: str
) -> Shape:
    if isinstance(schema, list):
        inner = [branch for branch in schema if branch != "null"]
        return Maybe(_compile(inner[0], bounds, known, namespace))
    if isinstance(schema, dict) and schema["type"] in {"record", "enum", "fixed"}:
        namespace = str(schema.get("namespace", namespace))
        shape = _compile_named(schema, known, namespace)
        known[f"{namespace}.{schema['name']}"] = shape
        return shape
    if isinstance(schema, dict) and schema["type"] == "array":
        limit = _limit(bounds, "max_items")
        return Listing(_compile(schema["items"], bounds, known, namespace), limit)
    if isinstance(schema, dict):
        logical = _LOGICAL.get(str(schema.get("logicalType")))
        return logical or _compile(schema["type"], bounds, known, namespace)
    name = str(schema)
    return known[name] if name in known else _compile_primitive(name, bounds)


def _compile_named(schema: dict[str, Json], known: dict[str, Shape], namespace: str) -> Shape:
    if schema["type"] == "enum":
        symbols, spelling = schema["symbols"], schema.get("spelling", {})
        return Choice(
            tuple(str(symbol) for symbol in symbols) if isinstance(symbols, list) else (),
            {key: str(value) for key, value in spelling.items()}
            if isinstance(spelling, dict)
            else {},
        )
    if schema["type"] == "fixed":
        size = schema["size"]
        return Octets(int(size), int(size)) if isinstance(size, int) else Octets(None, 0)
    entries = {}
    for field in fields_of(schema):
        shape = _compile(field["type"], field, known, namespace)
        entries[str(field["name"])] = Entry(
            shape, "default" not in field, _default(field.get("default"))
        )
    return Fields(entries)


def _default(value: Json) -> Callable[[], object]:
    if isinstance(value, list):
        return list
    return lambda: value


def _compile_primitive(name: str, bounds: Mapping[str, Json]) -> Shape:
    match name:
        case "string":
            form = bounds.get("format")
            if isinstance(form, str):
                return Text(form, FORMATS[form], 0)
            return Text(None, None, _limit(bounds, "max_length"))
        case "bytes":
            return Octets(None, _limit(bounds, "max_length"))
        case "int" | "long" | "float" | "double":
            low, high = _RANGES[name]
            return Number(
                name in {"int", "long"},
                _bound(bounds, "minimum", low),
                _bound(bounds, "maximum", high),
            )
        case "boolean":
            return Flag()
    raise SchemaError("", "UNKNOWN_TYPE", f"{name} has no JSON form here")


def _bound(bounds: Mapping[str, Json], key: str, otherwise: float) -> float:
    value = bounds.get(key)
    return float(value) if isinstance(value, int | float) else otherwise


def _limit(bounds: Mapping[str, Json], key: str) -> int:
    value = bounds.get(key)
    if not isinstance(value, int):
        raise SchemaError(
            str(bounds.get("name", "")), "UNBOUNDED", f"give the field a {key} or a format"
        )
    return value
