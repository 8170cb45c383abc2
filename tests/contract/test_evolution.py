"""Every version ever published is read today, and a change that would break one is refused."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest

from natcbus.contract.catalogue import EventType, load_catalogue
from natcbus.contract.codec import decode_compartment, decode_message, read_frame
from natcbus.contract.evolution import check_published, compare, published_schemas
from natcbus.contract.golden import golden_files
from natcbus.contract.reading import compartment_to_json, header_to_json, open_to_json

Json = Any
"""A test changes what is written at will."""

TYPES = load_catalogue().types


def test_nothing_published_is_broken() -> None:
    assert check_published() == []


@pytest.mark.parametrize("event_type", TYPES.values(), ids=TYPES)
def test_golden_bytes_are_read_and_written_today_as_they_were(event_type: EventType) -> None:
    folder = (
        files("natcbus.contract")
        / "events"
        / event_type.name
        / "v1"
        / "golden"
        / event_type.version
    )
    event = json.loads((folder / "event.json").read_text("utf-8"))
    for name, content in golden_files(event_type).items():
        assert (folder / name).read_bytes() == content, name

    message = decode_message(*read_frame((folder / "message.bin").read_bytes()))
    assert header_to_json(event_type, message.signed.header) == event["header"]
    assert open_to_json(event_type, message.signed.open) == event["open"]
    for name in event["sealed"]:
        native = decode_compartment(event_type, name, (folder / f"{name}.bin").read_bytes())
        assert compartment_to_json(event_type, name, native) == event["sealed"][name]


def base() -> dict[str, Json]:
    first = next(each for each in published_schemas() if each.name == "recognition")
    assert isinstance(first.definition, dict)
    return copy.deepcopy(first.definition)


def field(definition: dict[str, Json], name: str) -> dict[str, Json]:
    return next(each for each in definition["fields"] if each["name"] == name)


def test_adding_a_field_with_a_default_is_allowed() -> None:
    new = base()
    new["fields"].append(
        {"name": "shoes", "type": "string", "max_length": 99, "pii": "P3", "default": ""}
    )
    assert list(compare("t", base(), new)) == []


def test_adding_a_field_without_a_default_is_refused() -> None:
    new = base()
    new["fields"].append({"name": "shoes", "type": "string", "max_length": 99, "pii": "P3"})
    assert {each.code for each in compare("t", base(), new)} == {"NOT_BACKWARD"}


def test_removing_a_field_without_a_default_is_refused() -> None:
    old: Json = {
        "type": "record",
        "name": "R",
        "namespace": "t",
        "fields": [{"name": "f", "type": "int"}],
    }
    new: Json = {"type": "record", "name": "R", "namespace": "t", "fields": []}
    assert {each.code for each in compare("t", old, new)} == {"NOT_FORWARD"}


def test_a_logical_type_that_goes_is_refused_although_the_library_allows_it() -> None:
    old: Json = {
        "type": "record",
        "name": "R",
        "namespace": "t",
        "fields": [{"name": "f", "type": {"type": "int", "logicalType": "date"}}],
    }
    new: Json = {
        "type": "record",
        "name": "R",
        "namespace": "t",
        "fields": [{"name": "f", "type": "int"}],
    }
    assert {each.code for each in compare("t", old, new)} == {"MEANING_CHANGED"}


def test_symbols_are_appended_and_never_reordered() -> None:
    def enum(*symbols: str) -> Json:
        kind: Json = {"type": "enum", "name": "E", "symbols": list(symbols), "default": symbols[0]}
        return {
            "type": "record",
            "name": "R",
            "namespace": "t",
            "fields": [{"name": "f", "type": kind}],
        }

    assert list(compare("t", enum("A", "B"), enum("A", "B", "C"))) == []
    assert {each.code for each in compare("t", enum("A", "B"), enum("A", "C", "B"))} == {
        "MEANING_CHANGED"
    }
