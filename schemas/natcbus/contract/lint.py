"""What every schema of the contract must keep to; the build fails where one does not.

The bounds come from what Avro libraries do with hostile bytes: five bytes make twenty million items
of no width, and five kilobytes of a recursive schema end the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from natcbus.contract.assembly import Json, fields_of
from natcbus.contract.catalogue import Catalogue, EventType
from natcbus.contract.formats import FORMATS
from natcbus.contract.schema import OPEN_LIMIT, PII_CLASSES
from natcbus.contract.shapes import Entry, Fields, Listing, Maybe, Shape
from natcbus.contract.shaping import compile_shape

MAX_DEPTH: Final = 16
_LOGICAL_TYPES: Final = {"timestamp-millis", "date"}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something a schema breaks: where (file or schema, field path), which rule, what to do."""

    where: str
    code: str
    text: str


def lint(catalogue: Catalogue) -> list[Finding]:
    """Every finding in every schema of ``catalogue``, sorted."""
    findings: list[Finding] = []
    for event_type in catalogue.types.values():
        findings += _lint_open(event_type)
        for name, compartment in event_type.compartments.items():
            findings += lint_schema(f"{event_type.name}/{name}", compartment.schema.definition)
        findings += _lint_audience(event_type)
    for name, schema in catalogue.hub.items():
        findings += lint_schema(name, schema.definition)
    return sorted(set(findings))


def lint_schema(where: str, definition: Json, *, open_part: bool = False) -> list[Finding]:
    """Findings in one self-contained schema; ``open_part`` adds rules for what the hub reads."""
    return list(_Walk(where, open_part).schema(definition, "", ()))


def _lint_open(event_type: EventType) -> list[Finding]:
    return [
        *lint_schema("header", event_type.header.definition, open_part=True),
        *lint_schema(f"{event_type.name}/event", event_type.open.definition, open_part=True),
        *lint_schema(f"{event_type.name}/message", event_type.tail.definition),
    ]


def _lint_audience(event_type: EventType) -> Iterator[Finding]:
    shape = compile_shape(event_type.open.definition)
    for role, pointers in event_type.audience.country_roles.items():
        for pointer in pointers:
            if not _leads_somewhere(shape, pointer.split("/")[1:]):
                text = f"country role {role} reads {pointer}, which the open part does not have"
                yield Finding(f"{event_type.name}/audience.yaml", "BAD_POINTER", text)


def _leads_somewhere(shape: Shape, steps: list[str]) -> bool:
    match shape:
        case Maybe(inner):
            return _leads_somewhere(inner, steps)
        case Listing(item) if steps and steps[0] == "*":
            return _leads_somewhere(item, steps[1:])
        case Fields(entries) if steps and steps[0] in entries:
            entry: Entry = entries[steps[0]]
            return _leads_somewhere(entry.shape, steps[1:])
    return not steps


class _Walk:
    """One pass over one schema."""

    def __init__(self, where: str, open_part: bool) -> None:  # noqa: FBT001 - private, two call sites
        self._where = where
        self._open = open_part

    def _finding(self, at: str, code: str, text: str) -> Finding:
        return Finding(f"{self._where}{at}", code, text)

    def schema(self, schema: Json, at: str, inside: tuple[str, ...]) -> Iterator[Finding]:
        """Findings below ``schema``; ``inside`` are the records around it."""
        if len(inside) > MAX_DEPTH:
            yield self._finding(at, "TOO_DEEP", f"at most {MAX_DEPTH} records may be nested")
        elif isinstance(schema, list):
            if schema[:-1] != ["null"]:
                yield self._finding(at, "UNION", 'only ["null", type] is allowed')
            yield from self.schema(schema[-1], at, inside)
        elif isinstance(schema, dict):
            yield from self._definition(schema, at, inside)
        elif schema in inside:
            yield self._finding(
                at, "RECURSIVE", f"{schema} contains itself; deep input would end the process"
            )

    def _definition(
        self, schema: dict[str, Json], at: str, inside: tuple[str, ...]
    ) -> Iterator[Finding]:
        match schema["type"]:
            case "record":
                name = f"{schema.get('namespace', '')}.{schema['name']}"
                for field in fields_of(schema):
                    yield from self._field(field, f"{at}/{field['name']}", (*inside, name))
            case "enum":
                yield from self._enum(schema, at)
            case "array":
                if _zero_width(schema["items"]):
                    yield self._finding(
                        at, "ZERO_WIDTH", "items of no width let five bytes make millions of them"
                    )
                yield from self.schema(schema["items"], at, inside)
            case "map":
                yield self._finding(
                    at, "MAP", "use an array of records: map keys have no class and no bound"
                )
            case _ if "logicalType" in schema and schema["logicalType"] not in _LOGICAL_TYPES:
                yield self._finding(
                    at, "LOGICAL_TYPE", f"only {', '.join(sorted(_LOGICAL_TYPES))} are allowed"
                )

    def _enum(self, schema: dict[str, Json], at: str) -> Iterator[Finding]:
        symbols = schema["symbols"]
        if not isinstance(symbols, list) or schema.get("default") != symbols[0]:
            text = "the default must be the first symbol: UNKNOWN, or the most restrictive one"
            yield self._finding(at, "ENUM_DEFAULT", text)

    def _field(self, field: dict[str, Json], at: str, inside: tuple[str, ...]) -> Iterator[Finding]:
        pii = field.get("pii")
        if pii not in PII_CLASSES:
            yield self._finding(
                at,
                "MISSING_PII",
                f"give the field a pii class, {PII_CLASSES[0]} to {PII_CLASSES[-1]}",
            )
        elif self._open and str(pii) > OPEN_LIMIT:
            yield self._finding(
                at,
                "OPEN_TOO_SENSITIVE",
                f"{pii} may only be sealed; an open part ends at {OPEN_LIMIT}",
            )
        leaf = _leaf(field["type"])
        if leaf in {"string", "bytes"} and "format" not in field and "max_length" not in field:
            yield self._finding(at, "UNBOUNDED", "give the field a max_length or a format")
        if _has_array(field["type"]) and "max_items" not in field:
            yield self._finding(at, "UNBOUNDED", "give the list max_items")
        if leaf == "string":
            yield from self._text(field, at)
        yield from self.schema(field["type"], at, inside)

    def _text(self, field: dict[str, Json], at: str) -> Iterator[Finding]:
        form = field.get("format")
        if form is not None and form not in FORMATS:
            yield self._finding(at, "UNKNOWN_FORMAT", f"{form} is not one of {', '.join(FORMATS)}")
        elif self._open and (form is None or not FORMATS[str(form)].open):
            yield self._finding(
                at,
                "OPEN_FREE_TEXT",
                "an open text needs a closed format: free text can name a person",
            )


def _leaf(schema: Json) -> str:
    if isinstance(schema, list):
        return _leaf(schema[-1])
    if isinstance(schema, dict):
        return _leaf(schema["items"]) if schema["type"] == "array" else str(schema["type"])
    return str(schema)


def _has_array(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(_has_array(branch) for branch in schema)
    return isinstance(schema, dict) and schema["type"] == "array"


def _zero_width(schema: Json) -> bool:
    if isinstance(schema, dict):
        if schema["type"] == "record":
            return all(_zero_width(field["type"]) for field in fields_of(schema))
        return schema["type"] == "fixed" and schema["size"] == 0
    return schema == "null"
