"""The build fails where a schema could leak, flood or crash."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.generate import generate
from natcbus.contract.lint import lint, lint_schema

if TYPE_CHECKING:
    from natcbus.contract.assembly import Json


DECIMAL: Json = {
    "name": "f",
    "type": {"type": "bytes", "logicalType": "decimal"},
    "max_length": 1,
    "pii": "P3",
}
UNKNOWN_IS_LAST: Json = {
    "name": "f",
    "type": {"type": "enum", "name": "E", "symbols": ["A", "UNKNOWN"], "default": "UNKNOWN"},
    "pii": "P3",
}


def listing(items: Json) -> Json:
    kind: Json = {"type": "array", "items": items}
    return {"name": "f", "type": kind, "max_items": 1, "pii": "P3"}


def record(*fields: Json) -> Json:
    return {"type": "record", "name": "R", "namespace": "t", "fields": list(fields)}


def codes(*fields: Json, open_part: bool = False) -> set[str]:
    return {finding.code for finding in lint_schema("t", record(*fields), open_part=open_part)}


def test_the_contract_has_no_findings() -> None:
    assert lint(load_catalogue()) == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"name": "f", "type": "int"}, "MISSING_PII"),
        ({"name": "f", "type": "int", "pii": "P9"}, "MISSING_PII"),
        ({"name": "f", "type": "string", "pii": "P3"}, "UNBOUNDED"),
        ({"name": "f", "type": "bytes", "pii": "P3"}, "UNBOUNDED"),
        ({"name": "f", "type": {"type": "array", "items": "int"}, "pii": "P3"}, "UNBOUNDED"),
        ({"name": "f", "type": "string", "format": "fax", "pii": "P3"}, "UNKNOWN_FORMAT"),
        ({"name": "f", "type": ["null", "t.R"], "pii": "P3"}, "RECURSIVE"),
        (listing("null"), "ZERO_WIDTH"),
        (listing({"type": "record", "name": "E", "fields": []}), "ZERO_WIDTH"),
        ({"name": "f", "type": {"type": "map", "values": "int"}, "pii": "P3"}, "MAP"),
        ({"name": "f", "type": ["int", "string"], "max_length": 1, "pii": "P3"}, "UNION"),
        (DECIMAL, "LOGICAL_TYPE"),
        (UNKNOWN_IS_LAST, "ENUM_DEFAULT"),
    ],
)
def test_a_field_that_breaks_a_rule_is_found(field: Json, code: str) -> None:
    assert code in codes(field)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"name": "f", "type": "int", "pii": "P3"}, "OPEN_TOO_SENSITIVE"),
        ({"name": "f", "type": "string", "max_length": 9, "pii": "P2"}, "OPEN_FREE_TEXT"),
        ({"name": "f", "type": "string", "format": "e164", "pii": "P2"}, "OPEN_FREE_TEXT"),
    ],
)
def test_an_open_part_holds_codes_only(field: Json, code: str) -> None:
    assert codes(field, open_part=True) == {code}


def test_the_generated_types_are_in_step_with_the_schemas() -> None:
    for name, text in generate().items():
        assert (files("natcbus.contract") / "types" / name).read_text("utf-8") == text, (
            "run natcbus.contract.generate"
        )
