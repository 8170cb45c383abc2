"""What the hub takes for what it is, and lets through: one bad thing at a time, and its code."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import MAX_MESSAGE_BYTES, frame
from natcbus.contract.golden import example
from natcbus.contract.types.core import (
    Addressing,
    Clearance,
    CountryInRole,
    CountryRole,
    Kind,
    LegalBasis,
    Purpose,
    Regime,
    Retention,
)
from natcbus.contract.types.hub import Outcome
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.sign import sign_message
from natcbus.hub.router import HubRouter
from natcbus.routing.addressing import addressing_problems
from tests.support.building import SENT_AT, a_desk, a_network, addressed
from tests.support.messages import (
    ADDRESSING,
    NOW,
    TYPE,
    Parties,
    a_letter,
    balkans,
    header_of,
    inbound,
    parties,
    resigned,
)
from tests.support.rulings import quarantined_as, refused_with, ruled

SIDES: Final = balkans()


# Readable?


def test_a_record_larger_than_any_message_is_put_aside() -> None:
    quarantined_as(ruled(SIDES, inbound(bytes(MAX_MESSAGE_BYTES + 1))), "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize(
    "value", [None, b"", b"\x00\x00\x00", b"garbage", b'{"type": "missing_person"}']
)
def test_a_record_without_a_frame_is_put_aside(value: bytes | None) -> None:
    quarantined_as(ruled(SIDES, inbound(value)), "NOT_FRAMED")


def test_a_frame_with_an_unknown_schema_is_put_aside() -> None:
    quarantined_as(ruled(SIDES, inbound(frame(1, a_letter(SIDES).value[5:]))), "UNKNOWN_SCHEMA")


@pytest.mark.parametrize("body", [b"", b"\x80" * 40, b"\xff" * 2000])
def test_a_body_of_another_schema_is_put_aside(body: bytes) -> None:
    quarantined_as(ruled(SIDES, inbound(frame(TYPE.schema_id, body))), "NOT_THIS_SCHEMA")


def test_a_record_that_ends_early_is_put_aside() -> None:
    quarantined_as(ruled(SIDES, inbound(a_letter(SIDES).value[:-1])), "NOT_THIS_SCHEMA")


def test_a_record_with_something_behind_it_is_put_aside() -> None:
    quarantined_as(ruled(SIDES, inbound(a_letter(SIDES).value + b"\x00")), "TRAILING_BYTES")


def test_nothing_of_an_unreadable_record_stands_in_what_is_written_down_about_it() -> None:
    secret = b"Jovana Primerovic"
    ruling = ruled(
        SIDES,
        inbound(frame(TYPE.schema_id, bytes([2 * len(secret) + 2]) + secret + b"\xff" + secret)),
    )
    quarantined_as(ruling, "NOT_THIS_SCHEMA")
    for each in ruling.routed.outbound:
        if each.topic != "hub.quarantine":
            assert secret not in each.value
        assert not any(secret in value for _, value in each.headers)


# Sent by whose topic it is?


def test_a_desk_of_another_member_does_not_send_on_this_topic() -> None:
    letter = a_letter(SIDES)
    quarantined_as(ruled(SIDES, inbound(letter.value, member="hu")), "FOREIGN_ORIGIN")


def test_a_foreign_sender_stays_foreign_when_the_topics_member_signs() -> None:
    letter = resigned(SIDES, a_letter(SIDES), by="hu")
    quarantined_as(ruled(SIDES, inbound(letter.value, member="hu")), "FOREIGN_ORIGIN")


@pytest.mark.parametrize("sender", ["", "rs", "RS.spoc", "rs spoc", "x" * 3000])
def test_a_sender_that_is_no_desk_in_form_is_foreign_everywhere(sender: str) -> None:
    letter = resigned(SIDES, a_letter(SIDES), by="rs", header=header_of(from_=sender))
    expected = "UNKNOWN_SENDER_DESK" if sender == "rs" else "FOREIGN_ORIGIN"
    quarantined_as(ruled(SIDES, inbound(letter.value)), expected)


def test_a_desk_that_the_network_does_not_have_cannot_send() -> None:
    letter = resigned(SIDES, a_letter(SIDES), header=header_of(from_="rs.invented"))
    quarantined_as(ruled(SIDES, letter), "UNKNOWN_SENDER_DESK")


@pytest.mark.parametrize(
    "thread", ["hu.0195f3a0-0000-7000-8000-000000000002", "rs.", "", "rs.x", "0" * 5000]
)
def test_only_the_owner_of_a_thread_alerts_on_it(thread: str) -> None:
    letter = resigned(SIDES, a_letter(SIDES), header=header_of(thread_id=thread))
    quarantined_as(ruled(SIDES, letter), "FOREIGN_THREAD")


@pytest.mark.parametrize("kind", [Kind.EVIDENCE, Kind.RESPONSE])
def test_anyone_involved_may_answer_on_a_foreign_thread(kind: Kind) -> None:
    header = header_of(kind=kind, thread_id="hu.0195f3a0-0000-7000-8000-000000000002")
    refused_with(ruled(SIDES, a_letter(SIDES, header)), "KIND_NOT_SUPPORTED")


# Signed by it?


def test_a_key_that_nobody_certified_signs_nothing() -> None:
    signature = replace(a_letter(SIDES).tail.signature, key_id=SigningKey.generate().key_id)
    quarantined_as(ruled(SIDES, a_letter(SIDES).with_tail(signature=signature)), "UNKNOWN_KEY")


def test_another_members_key_does_not_sign_for_this_one() -> None:
    quarantined_as(ruled(SIDES, resigned(SIDES, a_letter(SIDES), by="hu")), "UNKNOWN_KEY")


def test_a_member_without_certified_keys_cannot_send() -> None:
    without_keys = parties(a_network(a_desk("hu.spoc")))
    network = replace(SIDES.world.network, version=2)
    sides = Parties(replace(without_keys.world, network=network), without_keys.private)
    quarantined_as(ruled(sides, a_letter(SIDES)), "UNKNOWN_KEY")


def test_a_signature_over_other_bytes_does_not_hold() -> None:
    letter = a_letter(SIDES)
    signature = replace(letter.tail.signature, value=bytes(64))
    quarantined_as(ruled(SIDES, letter.with_tail(signature=signature)), "BAD_SIGNATURE")


def test_a_changed_open_part_breaks_the_signature() -> None:
    letter = a_letter(SIDES)
    changed = replace(
        letter,
        signed=replace(letter.signed, open={**letter.signed.open, "age_band": "ADULT_60_PLUS"}),
    )
    quarantined_as(ruled(SIDES, changed), "BAD_SIGNATURE")


def test_a_signature_for_another_schema_does_not_hold() -> None:
    letter = a_letter(SIDES)
    other = load_catalogue().types["recruitment_ad"].schema_id
    signature = sign_message(other, letter.signed_bytes, SIDES.signer("rs"))
    quarantined_as(ruled(SIDES, letter.with_tail(signature=signature)), "BAD_SIGNATURE")


def test_what_is_put_aside_keeps_the_ids_that_it_claims() -> None:
    letter = a_letter(SIDES)
    ruling = ruled(
        SIDES, letter.with_tail(signature=replace(letter.tail.signature, value=bytes(64)))
    )
    decision = ruling.decision
    assert (decision.message_id, decision.thread_id) == (
        letter.header.message_id,
        letter.header.thread_id,
    )
    assert (decision.sender, decision.type, decision.signed_sha256) == (
        "rs",
        "missing_person",
        letter.digest,
    )


def test_ids_that_are_no_ids_are_not_written_down() -> None:
    ruling = ruled(
        SIDES,
        resigned(
            SIDES, a_letter(SIDES), header=header_of(message_id="m" * 9000, thread_id="t" * 9000)
        ),
    )
    quarantined_as(ruling, "FOREIGN_THREAD")
    assert (ruling.decision.message_id, ruling.decision.thread_id) == ("", "")


def test_the_reason_stands_in_headers_of_our_own() -> None:
    record = inbound(b"garbage", key=b"\x00\xff")
    headers = dict(ruled(SIDES, record).quarantined.headers)
    assert headers == {
        "natcbus_code": b"NOT_FRAMED",
        "natcbus_text": headers["natcbus_text"],
        "natcbus_topic": b"member.rs.out",
        "natcbus_partition": b"3",
        "natcbus_offset": b"7",
        "natcbus_quarantined_at": b"2026-03-02T09:30:02Z",
    }


def test_the_member_whose_topic_it_is_learns_of_everything_that_was_put_aside() -> None:
    ruling = ruled(SIDES, inbound(b"garbage"))
    assert ruling.receipt.decision == ruling.decision
    assert ruling.receipt.record_sha256 == hashlib.sha256(b"garbage").digest()
    assert (ruling.decision.message_id, ruling.decision.sender) == ("", "rs")


# Fit to be routed?


def test_a_correct_alert_is_routed() -> None:
    ruling = ruled(SIDES, a_letter(SIDES))
    assert ruling.decision.outcome is Outcome.ROUTED
    assert ruling.codes == []


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.ALERT, Kind.UPDATE, Kind.CANCEL}))
def test_kinds_other_than_alert_update_and_cancel_are_not_routed_yet(kind: Kind) -> None:
    refused_with(ruled(SIDES, a_letter(SIDES, header_of(kind=kind))), "KIND_NOT_SUPPORTED")


def test_a_conflict_of_interest_is_kept_from_the_message() -> None:
    ruling = ruled(SIDES, a_letter(SIDES, header_of(conflicts=("hu.border",))))
    assert ("hu.border", "CONFLICT_OF_INTEREST") in {
        (each.desk, each.code) for each in ruling.decision.denials
    }
    assert "hu.spoc" in ruling.feeds
    assert "hu.border" not in ruling.feeds


def test_what_nobody_is_cleared_for_reaches_nobody() -> None:
    ruling = ruled(SIDES, a_letter(SIDES, header_of(clearance=Clearance.SECRET)))
    refused_with(ruling, "NOBODY")
    assert not ruling.feeds


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "recruitment_ad"}, "TYPE_MISMATCH"),
        ({"version": "1.9"}, "VERSION_MISMATCH"),
        ({"message_id": "not-a-uuid"}, "BAD_FORMAT"),
        ({"purpose": Purpose.UNKNOWN}, "PURPOSE_MISSING"),
        (
            {"legal_basis": LegalBasis(regime=Regime.UNKNOWN, reference="RS:ZKP-2011/Art.72")},
            "LEGAL_BASIS_MISSING",
        ),
        (
            {"legal_basis": LegalBasis(regime=Regime.LED, reference="call +381600000001")},
            "BAD_FORMAT",
        ),
        (
            {"retention": Retention(review_by=date(2027, 1, 1), erase_by=date(2026, 12, 1))},
            "RETENTION_ORDER",
        ),
        ({"addressing": addressed(desks=["Somebody who knows"])}, "BAD_FORMAT"),
        ({"addressing": addressed(desks=["hu.spoc"] * 65)}, "TOO_MANY"),
        (
            {
                "addressing": replace(
                    ADDRESSING, countries=(CountryInRole(code="QQ", role=CountryRole.HEADING),)
                )
            },
            "NOT_A_COUNTRY",
        ),
    ],
)
def test_what_the_contract_asks_of_the_header_is_asked_again(
    changes: dict[str, object], code: str
) -> None:
    ruling = ruled(SIDES, a_letter(SIDES, header_of(**changes)))
    assert code in ruling.codes
    assert ruling.decision.outcome is Outcome.REFUSED
    assert not ruling.feeds


def test_free_text_in_an_open_field_is_refused() -> None:
    open_part = example(TYPE).open
    open_part = {
        **open_part,
        "last_seen": {**open_part["last_seen"], "subdivision": "near the old mill"},
    }
    refused_with(ruled(SIDES, a_letter(SIDES, open_part=open_part)), "BAD_FORMAT")


def test_minimum_data_is_asked_for_as_far_as_the_seals_show() -> None:
    ruling = ruled(SIDES, a_letter(SIDES, sealed={}))
    refused_with(ruling, "MINIMUM_DATA_MISSING", "MINIMUM_DATA_MISSING")


def test_a_partner_may_not_publish_what_its_tier_may_not() -> None:
    header = header_of(
        from_="techco.safety", thread_id="techco.0195f3a0-0000-7000-8000-000000000002"
    )
    ruling = ruled(SIDES, a_letter(SIDES, header))
    assert ruling.codes == ["TIER_MAY_NOT_PUBLISH"]
    assert ruling.decision.outcome is Outcome.REFUSED


def test_a_message_expires_at_the_instant_that_it_names() -> None:
    letter = a_letter(SIDES, header_of(expires_at=NOW))
    refused_with(ruled(SIDES, letter, now=NOW), "EXPIRED")
    assert (
        ruled(SIDES, letter, now=NOW - timedelta(milliseconds=1)).decision.outcome is Outcome.ROUTED
    )


def test_nothing_is_delivered_under_a_network_that_has_expired() -> None:
    network = replace(SIDES.world.network, expires_at=NOW)
    router = HubRouter(replace(SIDES.world, network=network))
    refused_with(ruled(SIDES, a_letter(SIDES), now=NOW, router=router), "NETWORK_EXPIRED")
    before = ruled(SIDES, a_letter(SIDES), now=NOW - timedelta(seconds=1), router=router)
    assert before.decision.outcome is Outcome.ROUTED


def test_a_senders_clock_may_run_ten_minutes_ahead_and_no_further() -> None:
    letter = a_letter(SIDES)
    on_time = SENT_AT - timedelta(minutes=10)
    assert ruled(SIDES, letter.record(stored_at=on_time)).decision.outcome is Outcome.ROUTED
    refused_with(
        ruled(SIDES, letter.record(stored_at=on_time - timedelta(milliseconds=1))), "CLOCK_AHEAD"
    )


def test_a_producer_that_dates_its_records_later_does_not_make_its_clock_right() -> None:
    letter = a_letter(SIDES)
    record = letter.record(stored_at=SENT_AT + timedelta(days=400))
    refused_with(ruled(SIDES, record, now=SENT_AT - timedelta(minutes=11)), "CLOCK_AHEAD")


# Addressing.


@pytest.mark.parametrize(
    ("addressing", "code"),
    [
        (addressed(), "EMPTY_ADDRESSING"),
        (addressed(desks=["hu.spoc", "hu.nobody"]), "UNKNOWN_DESK"),
        (addressed(roles=[CountryRole.NATIONALITY]), "ROLE_WITHOUT_COUNTRY"),
        (addressed(roles=[CountryRole.HEADING], topics=["FISHING"]), "UNKNOWN_TOPIC"),
        (addressed(desks=["hu.spoc"], exclude=["atlantis"]), "UNKNOWN_EXCLUDE"),
    ],
)
def test_an_address_that_does_not_resolve_is_refused(addressing: Addressing, code: str) -> None:
    letter = a_letter(SIDES, header_of(addressing=addressing))
    ruling = ruled(SIDES, letter)
    refused_with(ruling, code)
    assert [(each.pointer, each.text) for each in ruling.decision.problems] == [
        (each.pointer, each.text)
        for each in addressing_problems(
            TYPE.name, letter.header, letter.signed.open, SIDES.world.network
        )
    ]


def test_a_message_that_nobody_would_get_is_refused_and_its_decision_recorded() -> None:
    ruling = ruled(
        SIDES, a_letter(SIDES, header_of(addressing=addressed(desks=["ro.exercises"], only=True)))
    )
    refused_with(ruling, "NOBODY")
    assert [(each.desk, each.code) for each in ruling.decision.denials] == [
        ("ro.exercises", "STATUS_ISOLATION")
    ]


# All at once.


def test_everything_that_is_wrong_is_said_at_once() -> None:
    letter = a_letter(
        SIDES,
        header_of(kind=Kind.REQUEST, expires_at=NOW, addressing=addressed(desks=["hu.nobody"])),
    )
    ruling = ruled(SIDES, letter.with_tail(slip=None, parcels=letter.tail.parcels[1:]))
    refused_with(
        ruling, "KIND_NOT_SUPPORTED", "EXPIRED", "PARCEL_MISSING", "SLIP_MISSING", "UNKNOWN_DESK"
    )


def test_a_long_list_of_problems_is_cut_and_says_so() -> None:
    letter = a_letter(
        SIDES, header_of(addressing=addressed(desks=["A sentence"] * 40, exclude=["Another"] * 40))
    )
    problems = ruled(SIDES, letter).decision.problems
    assert len(problems) == 64
    assert problems[-1].code == "MORE_PROBLEMS"
    assert problems[-1].text.startswith("17 more")


def test_every_problem_has_a_code_and_says_what_to_do() -> None:
    letter = a_letter(SIDES, header_of(kind=Kind.CANCEL, expires_at=NOW))
    for ruling in (ruled(SIDES, inbound(b"x")), ruled(SIDES, letter.with_tail(slip=None))):
        for problem in ruling.decision.problems:
            assert problem.code.isupper()
            assert ": " in problem.text
