"""What a desk believes, opens and shows; everything else it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.client.composing import compose, preview, validate
from natcbus.client.opening import Delivery, RefusedDeliveryError, open_delivery
from natcbus.contract.catalogue import EventType
from natcbus.contract.codec import (
    Tail,
    decode_message,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
    read_frame,
)
from natcbus.contract.types.core import Kind, Native, Parcel, Purpose
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.grant import make_grant
from natcbus.envelope.keys import SealingKey
from natcbus.envelope.relay import grant_sha256
from natcbus.envelope.sign import RELAY, make_part, sign_message, signed_sha256, verify_part
from tests.support import wire_vectors
from tests.support.mutations import example
from tests.support.sides import NOW, entropy, sides

VECTORS: dict[str, Any] = json.loads(wire_vectors.FILE.read_text("utf-8"))
OF_HUNGARY = "hu.01939e7e-8400-7000-8000-000000000002"


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


def as_in_the_vectors(value: bytes) -> Delivery:
    """The record as hu.spoc reads it with the keys of the test vectors."""
    files = VECTORS["certificates"]["files"]
    keys = KeyDirectory.parse({name: json.dumps(file) for name, file in files.items()})
    opener = SealingKey.from_raw(bytes.fromhex(VECTORS["keys"]["hu.spoc seal"]["private"]))
    return open_delivery(value, "hu.spoc", opener, replace(sides().world, keys=keys))


def test_what_the_page_of_the_wire_sends_is_read() -> None:
    delivery = as_in_the_vectors(bytes.fromhex(VECTORS["messages"]["desk.hu.spoc.feed"]))
    assert sorted(delivery.sealed) == ["identity", "recognition"]
    assert delivery.delivery_id == VECTORS["ids"]["delivery_id"]["is"]
    assert delivery.problems == ()


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["because"])
def test_what_the_page_of_the_wire_refuses_is_refused_with_the_same_code(
    case: Mapping[str, str],
) -> None:
    with pytest.raises(RefusedDeliveryError) as caught:
        as_in_the_vectors(bytes.fromhex(case["value"]))
    assert caught.value.code == case["code"]


def tail_of(desk: str) -> Tail:
    return decode_message(*read_frame(fed()[desk])).tail


def of_another_message() -> Tail:
    """What hu.spoc got with another message of the same sender."""
    value = sides().feeds(sides().compose(example("missing_person", NOW)), "rs")["hu.spoc"]
    return decode_message(*read_frame(value)).tail


def garbled(parcel: Parcel) -> Parcel:
    last = parcel.ciphertext[-1] ^ 1
    return replace(parcel, ciphertext=parcel.ciphertext[:-1] + bytes([last]))


@pytest.mark.parametrize(
    ("part", "change", "code"),
    [
        ("signature", lambda tail: replace(tail.signature, value=bytes(64)), "BAD_SIGNATURE"),
        ("signature", lambda tail: replace(tail.signature, key_id="0" * 16), "WRONG_KEY"),
        ("slip", lambda tail: tail.grants[0], "BAD_PART"),
        ("relay", lambda _: None, "BAD_PART"),
        ("grants", lambda _: (), "BAD_PART"),
        ("grants", lambda tail: tail.grants * 2, "BAD_PART"),
        ("grants", lambda _: tail_of("hu.thb-police").grants, "NOT_FOR_THIS_DESK"),
        ("grants", lambda _: of_another_message().grants, "NOT_FOR_THIS_MESSAGE"),
        ("grants", lambda tail: (replace(tail.grants[0], body=b""),), "BAD_SIGNATURE"),
        ("grants", lambda tail: (tail.relay,), "WRONG_KEY"),
        ("relay", lambda tail: tail.grants[0], "WRONG_KEY"),
        ("relay", lambda _: tail_of("hu.thb-police").relay, "NOT_FOR_THIS_DESK"),
        ("relay", lambda _: of_another_message().relay, "NOT_FOR_THIS_MESSAGE"),
        ("parcels", lambda _: (), "WRONG_PARCEL"),
        ("parcels", lambda tail: tail.parcels[1:], "WRONG_PARCEL"),
        ("parcels", lambda tail: (*tail.parcels, tail.parcels[0]), "WRONG_PARCEL"),
        ("parcels", lambda tail: (garbled(tail.parcels[0]), *tail.parcels[1:]), "WRONG_PARCEL"),
    ],
)
def test_every_part_that_is_not_the_right_one_is_refused_with_its_code(
    part: str, change: Callable[[Tail], object], code: str
) -> None:
    changed = retailed(fed()["hu.spoc"], **{part: change(tail_of("hu.spoc"))})
    assert refusal(changed) == code


def notice(**changes: Any) -> bytes:  # noqa: ANN401 - any field of the header
    """What comes to hu.coordinator from a sender and a hub that sign whatever they like."""
    event_type, body = read_frame(fed()["hu.coordinator"])
    message = decode_message(event_type, body)
    assert message.tail.relay is not None
    signed = replace(message.signed, header=replace(message.signed.header, **changes))
    signed_bytes = encode_signed(event_type, signed)
    digest, desk = signed_sha256(signed_bytes), "hu.coordinator"
    signer, hub = sides().parties.signer("rs"), sides().parties.world.signer
    grant = make_grant(digest, desk, {}, sides().world.keys.desk_key(desk), signer)
    relay = replace(
        verify_part(RELAY, message.tail.relay, sides().world.keys.hub_key()),
        signed_sha256=digest,
        grant_sha256=grant_sha256(grant),
    )
    return retailed(
        frame(event_type.schema_id, signed_bytes + encode_tail(event_type, message.tail)),
        signature=sign_message(event_type.schema_id, signed_bytes, signer),
        grants=(grant,),
        relay=make_part(RELAY, relay, hub),
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "recruitment_ad"}, "TYPE_MISMATCH"),
        ({"version": "1.9"}, "VERSION_MISMATCH"),
        ({"thread_id": OF_HUNGARY}, "FOREIGN_THREAD"),
        ({"thread_id": "nonsense"}, "BAD_ID"),
        ({"message_id": "nonsense"}, "BAD_ID"),
        ({"from_": "Somebody"}, "BAD_ID"),
        ({"from_": "zz.spoc"}, "MISSING_KEY"),
        ({"from_": "si.spoc"}, "WRONG_KEY"),
    ],
)
def test_a_message_is_what_it_was_signed_and_sent_as(changes: dict[str, Any], code: str) -> None:
    assert refusal(notice(**changes), "hu.coordinator") == code


@pytest.mark.parametrize("kind", [Kind.RESPONSE, Kind.EVIDENCE])
def test_whoever_is_involved_may_answer_on_the_thread_of_another(kind: Kind) -> None:
    value = notice(thread_id=OF_HUNGARY, kind=kind)
    assert sides().open(value, "hu.coordinator").header.kind is kind


def test_an_open_part_that_breaks_a_rule_is_shown_and_flagged() -> None:
    """Rules grow between versions, and an alert is not lost over that."""
    delivery = sides().open(notice(purpose=Purpose.UNKNOWN), "hu.coordinator")
    assert [(each.pointer, each.code) for each in delivery.problems] == [
        ("/header/purpose", "PURPOSE_MISSING")
    ]
    assert delivery.to_json()["problems"]


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


def test_a_compartment_that_cannot_be_read_is_flagged_and_the_others_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def garbled(event_type: EventType, name: str, content: Native) -> bytes:
        return b"\xff" if name == "identity" else encode_compartment(event_type, name, content)

    monkeypatch.setattr("natcbus.client.composing.encode_compartment", garbled)
    composed = sides().compose(example("missing_person", NOW))
    delivery = sides().open(sides().feeds(composed, "rs")["hu.spoc"], "hu.spoc")

    assert sorted(delivery.sealed) == ["circumstances", "investigation", "recognition"]
    assert delivery.view == "full"
    assert [(each.pointer, each.code) for each in delivery.problems] == [
        ("/sealed/identity", "NOT_THIS_SCHEMA")
    ]
