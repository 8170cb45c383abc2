"""Two minors of one event type meet: neither breaks the other, and no signed byte changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest

from natcbus.contract.catalogue import Catalogue, EventType, load_catalogue
from natcbus.contract.codec import (
    Message,
    Signed,
    decode_compartment,
    decode_message,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
    read_frame,
)
from natcbus.contract.golden import example
from natcbus.contract.problems import Problem
from natcbus.contract.published import PublishedSchema
from natcbus.contract.rules import check_open, check_sealed
from natcbus.contract.types.core import Native

EVENT = "joint_action_day"
HERE = load_catalogue()
NOW = HERE.types[EVENT]
GOLDEN = files("natcbus.contract") / "events" / EVENT / "v1" / "golden"


def published(version: str) -> Iterator[PublishedSchema]:
    """The schemas of one version, as they come over ``hub.schemas``: a record for each."""
    for schema in NOW.published() if version == NOW.version else first().published():
        yield PublishedSchema.from_json(schema.to_json())


def first() -> EventType:
    """Version 1.0, as this installation reads it."""
    schema_id, _ = split(golden("1.0"))
    event_type = HERE.by_schema_id(schema_id)
    assert event_type is not None
    assert (event_type.version, event_type.read_as) == ("1.0", NOW)
    return event_type


def older() -> Catalogue:
    """The contract of an SDK that was installed when there was only 1.0 of this event type."""
    own = replace(first(), read_as=None)
    types = {**HERE.types, EVENT: own}
    return replace(HERE, types=types, by_id={each.schema_id: each for each in types.values()})


def golden(version: str) -> bytes:
    return (GOLDEN / version / "message.bin").read_bytes()


def split(value: bytes) -> tuple[int, bytes]:
    return int.from_bytes(value[1:5], "big"), value[5:]


def read(value: bytes, catalogue: Catalogue) -> tuple[EventType, Message]:
    event_type, body = read_frame(value, catalogue)
    return event_type, decode_message(event_type, body)


def with_results(smallest_cell: int | None, *counts: int) -> tuple[Native, dict[str, Native]]:
    """An open part of this version, or without the field that is new, and counted results."""
    open_part = {**example(NOW).open}
    if smallest_cell is not None:
        open_part["smallest_cell"] = smallest_cell
    victims = [
        {"sex": "FEMALE", "minor": False, "form": "FORCED_LABOUR", "count": count}
        for count in counts
    ]
    kinds = ("persons_checked", "vehicles_checked", "locations_checked", "arrests", "new_cases")
    results = {**dict.fromkeys(kinds, 0), "potential_victims": victims}
    return open_part, {"results": results}


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in problems]


def test_the_event_type_has_two_minors_and_the_newest_is_written() -> None:
    assert NOW.version == "1.1"
    assert {entry.name for entry in GOLDEN.iterdir()} == {"1.0", "1.1"}
    assert {each.version for each in published("1.1")} == {"1.1"}


def test_a_message_of_the_first_minor_is_read_today() -> None:
    event_type, message = read(golden("1.0"), HERE)

    assert event_type.version == message.signed.header.version == "1.0"
    assert message.signed.open["smallest_cell"] == 0
    assert message.signed.open["operation"] == "JAD-2026-017"
    assert golden("1.0")[5:].startswith(message.signed_bytes)
    plan = (GOLDEN / "1.0" / "plan.bin").read_bytes()
    assert decode_compartment(event_type, "plan", plan) == example(NOW).sealed["plan"]


def test_a_message_of_the_first_minor_is_still_right_in_its_own_terms() -> None:
    event_type, message = read(golden("1.0"), HERE)
    signed = message.signed
    _, sealed = with_results(None, 2, 7)

    assert check_open(event_type, signed.header, signed.open, {"plan", "results"}) == []
    assert check_sealed(event_type, signed.open, sealed) == []


def test_an_older_sdk_does_not_read_a_minor_that_nobody_told_it_of() -> None:
    newer, _ = split(golden("1.1"))

    assert older().by_schema_id(newer) is None


def test_an_older_sdk_reads_the_newer_minor_once_it_has_its_schemas() -> None:
    catalogue = older().with_versions(published("1.1"))

    event_type, message = read(golden("1.1"), catalogue)

    assert event_type.version == message.signed.header.version == "1.1"
    assert event_type.read_as is catalogue.types[EVENT]
    assert "smallest_cell" not in message.signed.open
    expected = {**example(NOW).open}
    del expected["smallest_cell"]
    assert message.signed.open == expected


def test_an_older_sdk_keeps_the_signed_bytes_of_what_it_does_not_know() -> None:
    open_part, _ = with_results(3, 3)
    _, golden_message = read(golden("1.1"), HERE)
    signed_bytes = encode_signed(NOW, Signed(golden_message.signed.header, open_part, ()))
    value = frame(NOW.schema_id, signed_bytes + encode_tail(NOW, golden_message.tail))

    event_type, message = read(value, older().with_versions(published("1.1")))
    narrowed = frame(
        event_type.schema_id, message.signed_bytes + encode_tail(event_type, message.tail)
    )

    assert message.signed_bytes == signed_bytes
    assert narrowed == value
    assert read(narrowed, HERE)[1].signed.open["smallest_cell"] == 3


def test_an_older_sdk_opens_compartments_of_the_newer_minor() -> None:
    _, sealed = with_results(3, 3)
    plaintext = encode_compartment(NOW, "results", sealed["results"])
    event_type = older().with_versions(published("1.1")).by_schema_id(NOW.schema_id)
    assert event_type is not None

    assert decode_compartment(event_type, "results", plaintext) == sealed["results"]


@pytest.mark.parametrize(
    ("stated", "counts", "right"),
    [
        (0, (), True),
        (None, (), True),
        (3, (3, 9), True),
        (1, (9, 1, 4), True),
        (0, (3,), False),
        (None, (3,), False),
        (4, (3,), False),
        (9, (3, 9), False),
        (1, (), False),
    ],
)
def test_the_smallest_cell_is_that_of_the_sealed_counts(
    stated: int | None, counts: tuple[int, ...], *, right: bool
) -> None:
    open_part, sealed = with_results(stated, *counts)

    found = codes(check_sealed(NOW, open_part, sealed))

    assert found == ([] if right else [("/open/smallest_cell", "SMALLEST_CELL_WRONG")])


def test_without_sealed_results_there_is_no_smallest_cell() -> None:
    header = example(NOW).header
    none, _ = with_results(0)
    some, _ = with_results(2)

    assert check_open(NOW, header, none, {"plan"}) == []
    assert codes(check_open(NOW, header, some, {"plan"})) == [
        ("/open/smallest_cell", "SMALLEST_CELL_WRONG")
    ]
    assert check_open(NOW, header, some, {"results"}) == []


def test_who_cannot_open_the_results_does_not_judge_them() -> None:
    open_part, _ = with_results(2)

    assert check_sealed(NOW, open_part, {}) == []
