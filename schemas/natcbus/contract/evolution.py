"""Judges whether schemas may still be read by, and may still read, every version ever published.

Within a major version the rule is FULL_TRANSITIVE. ``avro`` judges it, except for what it does not
see: a logical type that changes, and an enum whose order changes (its symbols travel as positions).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

import avro.compatibility
import avro.schema

from natcbus.contract.assembly import Json, fields_of
from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.lint import Finding
from natcbus.contract.published import PublishedSchema, golden_schemas


def published_schemas() -> Iterator[PublishedSchema]:
    """Every version ever published, from the golden folders of the event types."""
    for name in load_catalogue().types:
        yield from golden_schemas(name, files("natcbus.contract") / "events" / name / "v1")


def check_published() -> list[Finding]:
    """What the contract of this checkout breaks of the versions ever published."""
    findings: list[Finding] = []
    published = list(published_schemas())
    for event_type in load_catalogue().types.values():
        findings += _never_published(event_type, published)
        current = {name: schema.definition for name, schema in event_type.schemas()}
        for old in published:
            if (
                old.event_type == event_type.name
                and old.version.split(".")[0] == event_type.version.split(".")[0]
            ):
                findings += _judge(event_type.version, old, current.get(old.name))
    return findings


def _never_published(event_type: EventType, published: list[PublishedSchema]) -> Iterator[Finding]:
    if not any(
        (old.event_type, old.version) == (event_type.name, event_type.version) for old in published
    ):
        text = f"version {event_type.version} has no golden files: run natcbus.contract.golden"
        yield Finding(event_type.name, "NOT_PUBLISHED", text)


def _judge(version: str, old: PublishedSchema, new: Json) -> Iterator[Finding]:
    where = f"{old.event_type}/{old.name} {old.version}"
    if new is None:
        yield Finding(
            where, "REMOVED", "a published compartment stays readable: bring the schema back"
        )
    elif version == old.version:
        if new != old.definition:
            yield Finding(
                where, "PUBLISHED_CHANGED", "this version is published: raise the minor version"
            )
    else:
        yield from compare(where, old.definition, new)


def compare(where: str, old: Json, new: Json) -> Iterator[Finding]:
    """What keeps readers and writers of ``old`` and ``new`` from reading each other."""
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    for label, reader, writer in (("BACKWARD", new, old), ("FORWARD", old, new)):
        result = checker.get_compatibility(_parse(reader), _parse(writer))
        if result.compatibility is not avro.compatibility.SchemaCompatibilityType.compatible:
            yield Finding(
                where, f"NOT_{label}", "; ".join(sorted(result.messages)) or "not compatible"
            )
    before, after = dict(_marks(old, "")), dict(_marks(new, ""))
    for path in before.keys() & after.keys():
        if before[path] != after[path][: len(before[path])]:
            was = f"{path or 'the record'} was {', '.join(before[path])}"
            text = f"{was}: append symbols, keep logical types"
            yield Finding(where, "MEANING_CHANGED", text)


def _parse(definition: Json) -> avro.schema.Schema:
    return avro.schema.parse(json.dumps(definition))


def _marks(schema: Json, at: str) -> Iterator[tuple[str, list[str]]]:
    """Logical types and enum symbols by path: what ``avro`` does not compare."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _marks(branch, at)
    elif isinstance(schema, dict):
        if "logicalType" in schema or schema.get("type") in {"int", "long", "bytes", "string"}:
            yield at, [str(schema.get("logicalType", "plain"))]
        symbols = schema.get("symbols")
        if isinstance(symbols, list):
            yield at, [str(symbol) for symbol in symbols]
        for field in fields_of(schema):
            yield from _marks(field["type"], f"{at}/{field['name']}")
        if "items" in schema:
            yield from _marks(schema["items"], f"{at}/*")
    elif schema in {"int", "long", "bytes", "string"}:
        yield at, ["plain"]
