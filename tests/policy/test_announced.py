"""Schemas that others announce: the newer minors that can be read are, and nothing else harms."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.client import Context
from natcbus.client.announced import Announced, with_readable_versions
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import frame
from natcbus.contract.identifiers import schema_id
from natcbus.contract.published import MESSAGE, PublishedSchema

EVENT = "joint_action_day"
HERE = load_catalogue()
NEXT = "1.9"
NEXT_ID = schema_id(EVENT, "", NEXT)
Json = dict[str, Any]


def following(**changes: Any) -> list[PublishedSchema]:  # noqa: ANN401 - any JSON
    """The schemas of a version to come; ``changes`` are to the record of its message."""
    schemas = {each.name: each for each in HERE.types[EVENT].published()}
    message = copy.deepcopy(schemas[MESSAGE].definition) | changes
    schemas[MESSAGE] = replace(schemas[MESSAGE], definition=message)
    return [replace(each, version=NEXT) for each in schemas.values()]


def test_a_newer_minor_is_read_as_the_one_that_is_known() -> None:
    extended = with_readable_versions(HERE, following())
    event_type = extended.by_schema_id(NEXT_ID)
    assert event_type is not None
    assert (event_type.version, event_type.read_as) == (NEXT, HERE.types[EVENT])
    assert extended.types is HERE.types


def test_what_is_known_already_stays_as_it_is_whatever_is_announced() -> None:
    other = [replace(each, version=HERE.types[EVENT].version) for each in following(fields=[])]
    assert with_readable_versions(HERE, other).by_id == HERE.by_id


RECURSIVE: Json = {
    "type": "record",
    "name": "Tail",
    "namespace": "natcbus.evil",
    "fields": [{"name": "again", "type": {"type": "array", "items": "natcbus.evil.Tail"}}],
}
NOTHING_AT_ALL: Json = {"type": "array", "items": {"type": "record", "name": "N", "fields": []}}


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": []},
        {"fields": [{"name": "signed", "type": RECURSIVE}]},
        {"fields": [{"name": "signed", "type": NOTHING_AT_ALL}]},
        {"fields": [{"name": "signed"}]},
        {"fields": "none"},
        {"type": "string"},
        {"type": 7},
        {"name": None},
    ],
)
def test_a_version_that_would_harm_or_makes_no_sense_is_left_out(changes: Json) -> None:
    good = [replace(each, version="1.8") for each in following()]
    extended = with_readable_versions(HERE, [*following(**changes), *good])
    assert extended.by_schema_id(NEXT_ID) is None
    assert extended.by_schema_id(schema_id(EVENT, "", "1.8")) is not None


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "name", "fields", "items", "size"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["type", "name", "namespace", "fields"]), _ANY_JSON))
def test_any_json_at_all_is_no_reason_to_fail(definition: Json) -> None:
    hostile = [PublishedSchema(EVENT, MESSAGE, NEXT, definition)]
    assert with_readable_versions(HERE, hostile).by_schema_id(NEXT_ID) is None


class Bus(Announced):
    """Announces these schemas, and counts how often it was asked."""

    def __init__(self, folder: Path, schemas: list[PublishedSchema]) -> None:
        context = Context(
            name="hu",
            bootstrap="127.0.0.1:1",
            member="hu",
            network=folder,
            keys=folder,
            state=folder,
        )
        super().__init__(context)
        self.schemas = schemas
        self.asked = 0

    def _read(self) -> Any:  # noqa: ANN401 - an iterator
        self.asked += 1
        return iter(self.schemas)


def test_the_bus_is_asked_once_for_each_unknown_schema(tmp_path: Path) -> None:
    bus = Bus(tmp_path, following())
    unknown = frame(schema_id("of_nobody", "", "1.0"), b"x")
    for _ in range(3):
        assert bus.extended(HERE, unknown) is None
    assert bus.asked == 1
    extended = bus.extended(HERE, frame(NEXT_ID, b"x"))
    assert extended is not None
    assert extended.by_schema_id(NEXT_ID) is not None
    assert bus.asked == 2


def test_the_questions_are_bounded_and_garbage_asks_none(tmp_path: Path) -> None:
    bus = Bus(tmp_path, [])
    for garbage in (b"", b"\x00", b"\x01\x00\x00\x00\x01x"):
        assert bus.extended(HERE, garbage) is None
    assert bus.asked == 0
    for number in range(1000):
        bus.extended(HERE, frame(number, b"x"))
    assert bus.asked == 64
