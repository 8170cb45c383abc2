"""What a desk believes, opens and shows; everything else it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.client.composing import compose, preview, validate
from natcbus.client.opening import RefusedDeliveryError
from natcbus.contract.codec import Tail, decode_message, encode_tail, frame, read_frame
from tests.support.mutations import example
from tests.support.sides import NOW, entropy, sides


@cache
def fed(event_type: str = "missing_person") -> Mapping[str, bytes]:
    event = example(event_type, NOW)
    member = event["header"]["from"].split(".")[0]
    return sides().feeds(sides().compose(event), member)


def retailed(value: bytes, **changes: object) -> bytes:
    """The record with another tail."""
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    fields = {name: getattr(message.tail, name) for name in Tail.__slots__}
    tail = Tail(**{**fields, **changes})
    return frame(event_type.schema_id, message.signed_bytes + encode_tail(event_type, tail))


def refusal(value: bytes, desk: str = "hu.spoc", opener: str = "") -> str:
    with pytest.raises(RefusedDeliveryError) as caught:
        sides().open(value, desk, opener)
    return caught.value.code


@pytest.mark.parametrize("event_type", ["missing_person", "recruitment_ad", "joint_action_day"])
def test_a_desk_reads_back_what_was_written_for_it(event_type: str) -> None:
    written = example(event_type)
    feeds = fed(event_type)
    assert feeds
    for desk, value in feeds.items():
        shown: Any = sides().open(value, desk).to_json()
        assert says_at_least(shown["open"], written["open"])
        for name, content in shown["sealed"].items():
            assert says_at_least(content, written["sealed"][name])
        assert shown["because"]


def says_at_least(shown: Any, written: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether everything written is shown; what was left out is shown with its default."""
    if isinstance(written, dict):
        return all(says_at_least(shown[key], value) for key, value in written.items())
    if isinstance(written, list):
        return len(shown) == len(written) and all(map(says_at_least, shown, written))
    return bool(shown == written)


def test_a_view_holds_what_the_decision_says() -> None:
    views = {desk: sides().open(value, desk) for desk, value in fed().items()}
    assert (views["hu.spoc"].view, sorted(views["hu.spoc"].sealed)) == (
        "full",
        ["circumstances", "identity", "investigation", "recognition"],
    )
    assert sorted(views["ro.border-police"].sealed) == ["identity", "recognition"]
    assert (views["hu.coordinator"].view, views["hu.coordinator"].sealed) == ("notice", {})


def test_no_other_desk_of_the_network_opens_it() -> None:
    value = fed()["hu.spoc"]
    for other in sides().world.network.desks:
        if other != "hu.spoc":
            assert refusal(value, "hu.spoc", opener=other) == "NOT_FOR_THIS_KEY"
            assert refusal(value, other) in {"NOT_FOR_THIS_DESK", "NOT_FOR_THIS_MESSAGE"}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_record_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    value = bytearray(fed()["hu.spoc"])
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    assert refusal(bytes(value))


def test_parcels_are_exactly_those_that_the_hub_relayed() -> None:
    value = fed()["hu.spoc"]
    parcels = decode_message(*read_frame(value)).tail.parcels
    assert refusal(retailed(value, parcels=parcels[1:])) == "OTHER_PARCELS"
    assert refusal(retailed(value, parcels=(*parcels, parcels[0]))) == "OTHER_PARCELS"


def test_the_grant_of_another_desk_does_not_do() -> None:
    other = decode_message(*read_frame(fed()["hu.thb-police"])).tail.grants
    assert refusal(retailed(fed()["hu.spoc"], grants=other)) == "OTHER_GRANT"


def test_a_record_without_relay_or_grant_is_no_delivery() -> None:
    value = fed()["hu.spoc"]
    assert refusal(retailed(value, relay=None)) == "NOT_A_DELIVERY"
    assert refusal(retailed(value, grants=())) == "NOT_A_DELIVERY"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    assert refusal(garbage)


def test_content_that_breaks_the_contract_is_shown_and_flagged() -> None:
    """A sender that skipped the SDK: the hub cannot see it, the desk must."""
    event = validate(example("missing_person", NOW), sides().world, NOW, entropy())
    event.sealed["identity"]["names"][0]["full"] = "x" * 500
    previewed = preview(event, sides().world, NOW)
    composed = compose(previewed, sides().world, sides().parties.signer("rs"))
    delivery = sides().open(sides().feeds(composed, "rs")["hu.spoc"], "hu.spoc")

    assert delivery.sealed["identity"]["names"][0]["full"] == "x" * 500
    assert [(each.pointer, each.code) for each in delivery.problems] == [
        ("/sealed/identity/names/0/full", "TOO_LONG")
    ]
