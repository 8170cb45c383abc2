"""What a developer is told before anything is sent, and what leaves when all is well."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from string import ascii_uppercase
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.client.composing import CLOCK_TOLERANCE, preview, validate
from natcbus.client.errors import RejectedError
from natcbus.contract.codec import decode_message, read_frame
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.grant import grant_fingerprint, read_grant
from natcbus.envelope.sign import SLIP, verify_message, verify_part
from natcbus.hub import admission
from tests.support.mutations import TYPES, example
from tests.support.planting import planted, spellings
from tests.support.sides import NOW, Sides, entropy, sides


def changed(pointer: str, value: object) -> dict[str, Any]:
    """The example with ``value`` at a place; None takes away what is there."""
    event = example("missing_person", NOW)
    *path, last = pointer.split("/")[1:]
    at = event
    for step in path:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return event


@pytest.mark.parametrize(
    ("pointer", "value", "at", "code"),
    [
        ("/open/age_band", "TEENAGER", "/open/age_band", "UNKNOWN_SYMBOL"),
        ("/open/nickname", "Ana", "/open/nickname", "UNKNOWN_FIELD"),
        ("/sealed/identity", None, "/sealed/identity", "MINIMUM_DATA_MISSING"),
        ("/header/purpose", None, "/header/purpose", "MISSING_FIELD"),
        ("/header/legal_basis", None, "/header/legal_basis", "MISSING_FIELD"),
        ("/header/expires_at", "2026-11-24T07:00:00Z", "/header/expires_at", "EXPIRES_BEFORE_SENT"),
        ("/header/addressing", {}, "/header/addressing", "EMPTY_ADDRESSING"),
        (
            "/header/addressing",
            {"desks": ["hu.spok"]},
            "/header/addressing/desks/0",
            "UNKNOWN_DESK",
        ),
        (
            "/header/addressing",
            {"roles": ["NATIONALITY"]},
            "/header/addressing/roles/0",
            "ROLE_WITHOUT_COUNTRY",
        ),
        (
            "/header/addressing",
            {"roles": ["HEADING"], "countries": [{"code": "DE", "role": "HEADING"}]},
            "/header/addressing/countries/0/code",
            "COUNTRY_WITHOUT_MEMBER",
        ),
        ("/open/last_seen/country", "ZZ", "/open/last_seen/country", "NOT_A_COUNTRY"),
        (
            "/open/last_seen/subdivision",
            "+381600000001",
            "/open/last_seen/subdivision",
            "BAD_FORMAT",
        ),
        (
            "/header/legal_basis/reference",
            "as agreed",
            "/header/legal_basis/reference",
            "BAD_FORMAT",
        ),
        ("/header/from", "rs.sopc", "/header/from", "UNKNOWN_SENDER_DESK"),
        ("/header/kind", "REQUEST", "/header/kind", "KIND_NOT_SUPPORTED"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_code(
    pointer: str,
    value: object,
    at: str,
    code: str,
) -> None:
    with pytest.raises(RejectedError) as caught:
        sides().compose(changed(pointer, value))
    assert (at, code) in {(each.pointer, each.code) for each in caught.value.problems}
    assert all(each.text for each in caught.value.problems)


@pytest.mark.parametrize("text", ["{", "[]", '"missing_person"', '{"type": 7}', ""])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(RejectedError):
        sides().compose(text)


def test_an_expired_event_is_refused() -> None:
    event = example("missing_person")
    event["header"] |= {"sent_at": "2026-11-01T00:00:00Z", "expires_at": "2026-11-02T00:00:00Z"}
    with pytest.raises(RejectedError) as caught:
        sides().compose(event)
    assert caught.value.code == "EXPIRED"


def test_a_partner_may_not_publish_what_its_tier_may_not() -> None:
    with pytest.raises(RejectedError) as caught:
        sides().compose(changed("/header/from", "primeroglasi.trust-and-safety"))
    assert "TIER_MAY_NOT_PUBLISH" in {each.code for each in caught.value.problems}


def test_a_thread_of_another_member_is_refused() -> None:
    foreign = "hu.01939e7e-8400-7000-8000-000000000002"
    with pytest.raises(RejectedError) as caught:
        sides().compose(changed("/header/thread_id", foreign))
    assert caught.value.code == "FOREIGN_THREAD"


def test_a_message_that_is_too_large_is_refused() -> None:
    event = example("missing_person", NOW)
    event["sealed"]["recognition"]["photo"] = {
        "media_type": "JPEG",
        "data": base64.b64encode(bytes(131_072)).decode(),
    }
    sides().compose(event)  # the largest photograph fits
    event["sealed"]["recognition"]["photo"]["data"] = base64.b64encode(bytes(131_073)).decode()
    with pytest.raises(RejectedError) as caught:
        sides().compose(event)
    assert caught.value.code == "TOO_LONG"


def test_every_decided_desk_is_granted_what_it_may_open_and_the_sender_everything() -> None:
    composed = sides().compose(example("missing_person", NOW))
    event_type, body = read_frame(composed.value)
    message = decode_message(event_type, body)
    grants = {read_grant(part).to: read_grant(part) for part in message.tail.grants}

    assert grants.pop("rs").compartments == tuple(sorted(example("missing_person")["sealed"]))
    assert {to: grant.compartments for to, grant in grants.items()} == {
        row.desk: row.compartments for row in composed.decision.deliveries
    }


def test_signature_and_slip_are_the_senders_and_the_slip_vouches_for_the_grants() -> None:
    composed = sides().compose(example("recruitment_ad", NOW))
    event_type, body = read_frame(composed.value)
    message = decode_message(event_type, body)
    key = sides().world.keys.signing_key("bg")

    verify_message(event_type.schema_id, message.signed_bytes, message.tail.signature, key)
    assert message.tail.slip is not None
    slip = verify_part(SLIP, message.tail.slip, key)
    assert slip.decision_digest == composed.decision.digest
    assert set(slip.grants) == {grant_fingerprint(part) for part in message.tail.grants}
    assert message.tail.relay is None


def test_a_desk_without_a_public_key_is_reported_and_the_others_are_granted() -> None:
    whole = sides()
    files = dict(whole.world.keys.files)
    hungary = files["hu"]
    files["hu"] = replace(
        hungary,
        certificates=tuple(each for each in hungary.certificates if each.subject != "hu.spoc"),
    )
    directory = KeyDirectory._of(files, whole.world.keys.hub_key())  # noqa: SLF001 - one key fewer
    fewer = Sides(whole.parties, replace(whole.world, keys=directory))

    composed = fewer.compose(example("missing_person", NOW))
    assert composed.undeliverable == ("hu.spoc",)
    assert "hu.thb-police" in {row.desk for row in composed.decision.deliveries}


def test_ids_and_times_are_filled_in_and_kept_when_given() -> None:
    event = example("missing_person")
    first = validate(event, sides().world, NOW, entropy())
    assert first.header.sent_at == NOW
    assert first.header.thread_id.startswith("rs.")
    assert first.header.expires_at > NOW
    event["header"]["message_id"] = first.header.message_id
    again = validate(event, sides().world, NOW, lambda size: b"\xff" * size)
    assert again.header.message_id == first.header.message_id


def test_a_preview_decides_as_composing_does() -> None:
    event = example("missing_person", NOW)
    previewed = preview(validate(event, sides().world, NOW, entropy()), sides().world, NOW)
    assert previewed.decision.digest == sides().compose(event).decision.digest


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TYPES), st.text(ascii_uppercase, min_size=12, max_size=16))
def test_nothing_of_a_sealed_part_stands_in_the_message(event_type: str, secret: str) -> None:
    event = example(event_type, NOW)
    event["sealed"] = planted(event["sealed"], secret)
    assert all(secret in str(content) for content in event["sealed"].values())
    value = sides().compose(event).value
    assert [each for each in spellings(secret) if each in value] == []


def test_a_desk_that_gets_it_is_found_the_same_way() -> None:
    """Or the search above would prove nothing."""
    value = sides().compose(example("missing_person", NOW)).value
    assert [each for each in spellings("hu.border-police") if each in value]


STRANGE = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, float("nan"), float("inf"), 10**30),
        *("", " ", "\ud800", "\x00", "x" * 10_000, "RS\n", "\uff32\uff33", "+381600000001"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-24T08:00:00"),
        *([], {}, [[]], [None], [1] * 2_000, {"a": 1}, {1: 2}, {None: None}, {"\ud800": 1}),
        *(b"bytes", NOW, NOW.date(), uuid4(), Decimal(1), (), {1, 2}, object()),
    ]
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """The way to every value inside, and to the whole."""
    yield at
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield from places(value[key], (*at, key))


def replaced(value: Any, at: Sequence[Any], new: object) -> Any:  # noqa: ANN401 - JSON
    if not at:
        return new
    changed = copy.copy(value)
    changed[at[0]] = replaced(value[at[0]], at[1:], new)
    return changed


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_sent_or_refused_and_nothing_else(data: st.DataObject) -> None:
    event = example(data.draw(st.sampled_from(TYPES)), NOW)
    strange = replaced(event, data.draw(st.sampled_from(list(places(event)))), data.draw(STRANGE))
    try:
        sides().compose(strange)
    except RejectedError as error:
        for problem in error.problems:
            assert problem.code
            assert f"{problem.pointer}{problem.text}".encode()


@pytest.mark.parametrize("event", [None, 7, [], [("type", "missing_person")], object()])
def test_what_is_no_event_at_all_is_refused_with_its_kind(event: Any) -> None:  # noqa: ANN401
    with pytest.raises(RejectedError) as caught:
        sides().compose(event)
    assert caught.value.code == "WRONG_TYPE"


def test_an_event_that_is_ahead_of_the_clock_is_refused_as_the_hub_would() -> None:
    assert CLOCK_TOLERANCE == admission.CLOCK_TOLERANCE
    sides().compose(example("missing_person", NOW + CLOCK_TOLERANCE))
    with pytest.raises(RejectedError) as caught:
        sides().compose(example("missing_person", NOW + CLOCK_TOLERANCE + timedelta(seconds=1)))
    assert caught.value.code == "CLOCK_AHEAD"


def test_a_message_that_no_decided_desk_could_open_is_not_sent() -> None:
    whole = sides()
    mine = {"rs": whole.world.keys.files["rs"]}
    directory = KeyDirectory._of(mine, whole.world.keys.hub_key())  # noqa: SLF001 - as above
    lonely = Sides(whole.parties, replace(whole.world, keys=directory))
    with pytest.raises(RejectedError) as caught:
        lonely.compose(changed("/header/addressing", {"desks": ["hu.spoc", "hu.thb-police"]}))
    assert (caught.value.pointer, caught.value.code) == ("/header/addressing", "NOBODY")
    assert "hu.spoc, hu.thb-police" in caught.value.text


def test_a_message_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    event = example("missing_person", NOW)
    size = len(sides().compose(event).value)
    monkeypatch.setattr("natcbus.client.composing.MAX_MESSAGE_BYTES", size - 1)
    with pytest.raises(RejectedError) as caught:
        sides().compose(event)
    assert caught.value.code == "MESSAGE_TOO_LARGE"
