"""What a developer is told about an event that is wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.golden import EXAMPLE_DEFAULTS, example
from natcbus.contract.reading import Event, event_to_json, parse_json, read_event

Json = Any
"""A test changes what is written at will."""

CATALOGUE = load_catalogue()
EXAMPLES = {
    name: event_to_json(example(event_type)) for name, event_type in CATALOGUE.types.items()
}


def as_written(event: Event) -> Json:
    return event_to_json(event)


def problems(event: Json) -> list[tuple[str, str]]:
    with pytest.raises(InvalidEventError) as caught:
        read_event(event, CATALOGUE, EXAMPLE_DEFAULTS)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


def changed(pointer: str, value: Json, event: str = "missing_person") -> Json:
    """The example with the value at ``pointer`` put in; None takes it away."""
    whole = copy.deepcopy(EXAMPLES[event])
    *path, last = pointer.split("/")[1:]
    at: Json = whole
    for step in path:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is None:
        del at[last]
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return whole


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_reads_back_as_it_is_written(name: str) -> None:
    assert event_to_json(read_event(EXAMPLES[name], CATALOGUE, EXAMPLE_DEFAULTS)) == EXAMPLES[name]


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/colour", "red", "UNKNOWN_FIELD"),
        ("/header/urgncy", "IMMEDIATE", "UNKNOWN_FIELD"),
        ("/open/age_band", "TEENAGER", "UNKNOWN_SYMBOL"),
        ("/open/age_band", 13, "WRONG_TYPE"),
        ("/header/purpose", None, "MISSING_FIELD"),
        ("/header/purpose", "UNKNOWN", "PURPOSE_MISSING"),
        ("/header/legal_basis", None, "MISSING_FIELD"),
        ("/header/legal_basis/regime", "UNKNOWN", "LEGAL_BASIS_MISSING"),
        ("/header/expires_at", "2026-11-24T07:59:59Z", "EXPIRES_BEFORE_SENT"),
        ("/header/sent_at", "2026-11-24 08:00", "BAD_TIME"),
        ("/header/retention/erase_by", "2020-01-01", "RETENTION_PAST"),
        ("/header/thread_id", "rs", "BAD_FORMAT"),
        ("/open/last_seen/country", "ZZ", "NOT_A_COUNTRY"),
        ("/open/last_seen/country", "Serbia", "BAD_FORMAT"),
        ("/open/last_seen/hour", 24, "OUT_OF_RANGE"),
        ("/open/last_seen/subdivision", "Marija, +381 60 000 0001", "BAD_FORMAT"),
        ("/header/legal_basis/reference", "RS:call-0600000001", "BAD_FORMAT"),
        ("/header/addressing/desks", ["Belgrade police"], "BAD_FORMAT"),
        ("/header/addressing/topics", ["x"] * 17, "TOO_MANY"),
        ("/sealed/recognition/description", "x" * 2001, "TOO_LONG"),
        ("/sealed/recognition/description", "a\x1b[2Jb", "CONTROL_CHARACTER"),
        ("/sealed/recognition/photo", {"media_type": "JPEG", "data": "not base64"}, "BAD_FORMAT"),
        ("/sealed/identity/names/0/family", "", None),
        ("/sealed/diary", {}, "UNKNOWN_COMPARTMENT"),
        ("/open", None, "MISSING_FIELD"),
    ],
)
def test_each_mistake_is_named_where_it_is(pointer: str, value: Json, code: str | None) -> None:
    event = changed(pointer, value)
    if code is None:  # the transliteration still gives the family name
        read_event(event, CATALOGUE, EXAMPLE_DEFAULTS)
        return
    assert next(found for at, found in problems(event) if at.startswith(pointer)) == code


def test_every_mistake_is_reported_at_once() -> None:
    event = changed("/open/age_band", "TEENAGER")
    event["header"]["urgency"] = "IMEDIATE"
    event["sealed"]["identity"]["sex"] = 1
    assert {at for at, _ in problems(event)} == {
        "/open/age_band",
        "/header/urgency",
        "/sealed/identity/sex",
    }


def test_a_near_miss_gets_a_suggestion() -> None:
    with pytest.raises(InvalidEventError, match="did you mean IMMEDIATE"):
        read_event(changed("/header/urgency", "IMEDIATE"), CATALOGUE, EXAMPLE_DEFAULTS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "MALFORMED_JSON"),
        ('{"a": NaN}', "MALFORMED_JSON"),
        ('{"a": 1, "a": 2}', "DUPLICATE_KEY"),
        ("[" * 9999, "MALFORMED_JSON"),
    ],
)
def test_text_that_is_not_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_json(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("event", "code"),
    [([], "WRONG_TYPE"), ({}, "MISSING_FIELD"), ({"type": "missing_persn"}, "UNKNOWN_TYPE")],
)
def test_what_is_no_event_is_refused(event: Json, code: str) -> None:
    assert problems(event)[0][1] == code


def test_the_interpol_minimum_is_asked_for_and_can_be_waived_in_the_open() -> None:
    event = changed("/sealed/identity", None)
    assert problems(event) == [("/sealed/identity", "MINIMUM_DATA_MISSING")]
    event["open"]["minimum_data"] = "NOT_YET_KNOWN"
    read_event(event, CATALOGUE, EXAMPLE_DEFAULTS)


def test_either_a_description_or_a_photograph_is_enough() -> None:
    event = changed("/sealed/recognition/description", "")
    assert problems(event) == [("/sealed/recognition/description", "MINIMUM_DATA_MISSING")]
    event["sealed"]["recognition"]["photo"] = {"media_type": "JPEG", "data": "/9g="}
    read_event(event, CATALOGUE, EXAMPLE_DEFAULTS)


def test_tlp_is_spelt_as_first_spells_it() -> None:
    for spelling in ("AMBER+STRICT", "AMBER_STRICT"):
        event = read_event(changed("/header/handling/tlp", spelling), CATALOGUE, EXAMPLE_DEFAULTS)
        assert event.header.handling.tlp == "AMBER_STRICT"
        assert as_written(event)["header"]["handling"]["tlp"] == "AMBER+STRICT"


def test_text_in_any_script_survives_untouched() -> None:
    names = "Ђорђе Đorđe Ѓорѓи Щерев Γιώργος Shqipe Ștefan محمد"
    event = read_event(changed("/sealed/identity/names/0/full", names), CATALOGUE, EXAMPLE_DEFAULTS)
    assert as_written(event)["sealed"]["identity"]["names"][0]["full"] == names


def test_what_the_author_leaves_out_is_filled_in() -> None:
    event = changed("/header/message_id", None)
    for name in ("thread_id", "sent_at", "expires_at", "version", "type", "retention"):
        del event["header"][name]
    header = read_event(event, CATALOGUE, EXAMPLE_DEFAULTS).header
    assert (header.message_id, header.version) == (EXAMPLE_DEFAULTS.message_id, "1.0")
    assert header.thread_id.startswith("rs.")
    assert header.expires_at > header.sent_at
