"""What leaves for a desk: its own part of the message, untouched where signed, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.contract.codec import MAX_MESSAGE_BYTES, decode_compartment, decode_message, read_frame
from natcbus.contract.golden import example
from natcbus.contract.types.core import Native, Part
from natcbus.contract.types.hub import DeliveryRow, Outcome, Slip
from natcbus.enrichment.enrich import enrich
from natcbus.envelope.grant import grant_fingerprint, make_grant, open_grant, read_grant
from natcbus.envelope.keys import SealingKey
from natcbus.envelope.seal import SealPlace, open_seal
from natcbus.envelope.sign import SLIP, read_part, verify_message
from natcbus.routing.clocks import due_times
from natcbus.routing.decide import decide
from natcbus.routing.digests import decision_digest
from tests.support.building import SENT_AT, addressed
from tests.support.messages import (
    NOW,
    STORED_AT,
    TYPE,
    Letter,
    a_letter,
    balkans,
    example_compartments,
    header_of,
    letter_of,
    with_slip,
)
from tests.support.rulings import ruled

SIDES: Final = balkans()
DESKS: Final = ["bg.coordinator", "bg.spoc", "hu.border", "hu.spoc", "ro.spoc", "rs.border"]


def slip_of_letter(letter: Letter) -> Slip:
    assert letter.tail.slip is not None
    return read_part(SLIP, letter.tail.slip)


def restated(
    slip: Slip, deliveries: Iterable[DeliveryRow] | None = None, version: int | None = None
) -> Slip:
    """The slip as a sender would write it who had decided otherwise."""
    rows = slip.deliveries if deliveries is None else tuple(deliveries)
    network = slip.network if version is None else replace(slip.network, version=version)
    digest = decision_digest(rows, network.version, network.digest, slip.engine)
    return replace(slip, deliveries=rows, network=network, decision_digest=digest)


def grant_to(letter: Letter, desk: str) -> Part:
    return next(part for part in letter.tail.grants if read_grant(part).to == desk)


def without_grant(letter: Letter, desk: str) -> Letter:
    return letter.with_tail(
        grants=tuple(part for part in letter.tail.grants if read_grant(part).to != desk)
    )


def with_grant(letter: Letter, desk: str, part: Part, *, vouched_for: bool = True) -> Letter:
    """The letter with ``part`` where the grant of ``desk`` stood; the slip vouches or not."""
    grants = tuple(part if read_grant(each).to == desk else each for each in letter.tail.grants)
    changed = letter.with_tail(grants=grants)
    if not vouched_for:
        return changed
    fingerprints = tuple(grant_fingerprint(each) for each in grants)
    return with_slip(SIDES, changed, replace(slip_of_letter(letter), grants=fingerprints))


def test_each_decided_desk_gets_one_record_on_its_own_feed() -> None:
    ruling = ruled(SIDES, a_letter(SIDES))
    assert sorted(ruling.feeds) == DESKS
    topics = [each.topic for each in ruling.routed.outbound]
    assert topics == [
        "hub.decisions",
        *(f"desk.{desk}.feed" for desk in DESKS),
        "member.rs.receipts",
    ]


def test_every_record_has_the_thread_as_its_key() -> None:
    letter = a_letter(SIDES)
    assert {each.key for each in ruled(SIDES, letter).routed.outbound} == {
        letter.header.thread_id.encode()
    }


def test_the_signed_bytes_are_a_prefix_of_what_leaves_and_still_verify() -> None:
    letter = a_letter(SIDES)
    for desk, record in ruled(SIDES, letter).feeds.items():
        assert record.value[:5] == letter.value[:5], desk
        assert record.value[5:].startswith(letter.signed_bytes), desk
    fed = ruled(SIDES, letter).fed("hu.spoc")
    verify_message(
        TYPE.schema_id, fed.signed_bytes, fed.tail.signature, SIDES.world.keys.signing_key("rs")
    )


def test_a_desk_opens_exactly_the_compartments_that_were_decided_for_it() -> None:
    letter = a_letter(SIDES)
    ruling = ruled(SIDES, letter)
    for delivery in ruling.decision.deliveries:
        desk, compartments = delivery.row.desk, delivery.row.compartments
        fed = ruling.fed(desk)
        (grant,) = fed.tail.grants
        keys = open_grant(
            grant,
            signed_sha256=letter.digest,
            to=desk,
            key=SIDES.opener(desk),
            sender=SIDES.world.keys.signing_key("rs"),
        )
        assert tuple(sorted(parcel.compartment for parcel in fed.tail.parcels)) == compartments
        seals = {seal.compartment: seal for seal in fed.signed.seals}
        for parcel in fed.tail.parcels:
            place = SealPlace("rs", TYPE.name, letter.header.message_id, parcel.compartment)
            plaintext = open_seal(
                place, seals[parcel.compartment], parcel.ciphertext, keys[parcel.compartment]
            )
            content = decode_compartment(TYPE, parcel.compartment, plaintext)
            assert content == example(TYPE).sealed[parcel.compartment]


def test_a_notice_has_a_grant_and_no_parcel() -> None:
    fed = ruled(SIDES, a_letter(SIDES)).fed("bg.coordinator")
    assert fed.tail.parcels == ()
    assert [read_grant(part).compartments for part in fed.tail.grants] == [()]


def test_the_slip_and_the_grants_of_others_stay_behind() -> None:
    letter = a_letter(SIDES)
    assert letter.tail.slip is not None
    for desk, record in ruled(SIDES, letter).feeds.items():
        assert letter.tail.slip.body not in record.value
        assert letter.tail.slip.signature.value not in record.value
        for part in letter.tail.grants:
            mine = read_grant(part).to == desk
            assert (part.body in record.value) is mine
            assert (part.signature.value in record.value) is mine


def test_nothing_sealed_stands_in_the_decision_or_the_receipt() -> None:
    letter = a_letter(SIDES)
    ruling = ruled(SIDES, letter)
    assert ruling.decision.message_id == letter.header.message_id
    for record in (ruling.routed.outbound[0], ruling.routed.outbound[-1]):
        for parcel in letter.tail.parcels:
            assert parcel.ciphertext not in record.value
        for part in letter.tail.grants:
            assert part.body not in record.value


def test_the_relay_says_why_it_is_here_and_by_when_it_is_due() -> None:
    letter = a_letter(SIDES)
    relay = ruled(SIDES, letter).relay(SIDES, "hu.spoc")
    network, opened = SIDES.world.network, letter.signed.open
    decision = decide(
        TYPE.name,
        letter.header,
        opened,
        {seal.compartment for seal in letter.signed.seals},
        network,
    )
    delivery = next(each for each in decision.deliveries if each.desk == "hu.spoc")
    assert relay.signed_sha256 == letter.digest
    assert relay.desk == "hu.spoc"
    assert relay.delivery_id == f"rs/{letter.header.message_id}/hu.spoc"
    assert relay.grant_sha256 == hashlib.sha256(grant_to(letter, "hu.spoc").body).digest()
    assert relay.compartments == delivery.compartments
    assert [(row.code, row.about) for row in relay.because] == [
        (why.code, why.about) for why in delivery.because
    ]
    assert relay.due == due_times(TYPE.name, letter.header, STORED_AT, network)
    assert relay.indicators == enrich(TYPE.name, letter.header, opened, network)
    assert relay.indicators
    assert (relay.decision_digest, relay.engine) == (decision.digest, decision.engine)
    assert (relay.network.version, relay.network.digest) == (network.version, network.digest)
    assert (relay.received_at, relay.routed_at) == (STORED_AT, NOW)


def test_the_clocks_never_start_later_than_the_hub_read_the_message() -> None:
    record = a_letter(SIDES).record(stored_at=SENT_AT + timedelta(days=300_000))
    relay = ruled(SIDES, record).relay(SIDES, "hu.spoc")
    assert relay.received_at == NOW


def test_equal_decisions_have_one_digest_and_both_are_recorded() -> None:
    letter = a_letter(SIDES)
    decision = ruled(SIDES, letter).decision
    assert (
        decision.decision_digest == decision.slip_digest == slip_of_letter(letter).decision_digest
    )


# Where sender and hub differ.


def test_a_desk_that_is_not_on_the_slip_gets_nothing() -> None:
    letter = a_letter(SIDES)
    slip = slip_of_letter(letter)
    shorter = restated(
        slip, deliveries=tuple(row for row in slip.deliveries if row.desk != "hu.spoc")
    )
    ruling = ruled(SIDES, with_slip(SIDES, letter, shorter))
    assert "hu.spoc" not in ruling.feeds
    assert ruling.undelivered() == {"hu.spoc": "NOT_ON_SLIP"}
    assert ruling.decision.decision_digest != ruling.decision.slip_digest == shorter.decision_digest


def test_a_slip_that_names_a_desk_more_does_not_bring_it_the_message() -> None:
    letter = a_letter(SIDES)
    slip = slip_of_letter(letter)
    row = replace(slip.deliveries[0], desk="bg.shelter")
    part = make_grant(
        letter.digest, "bg.shelter", {}, SIDES.world.keys.desk_key("bg.shelter"), SIDES.signer("rs")
    )
    wider = with_slip(SIDES, letter, restated(slip, deliveries=(*slip.deliveries, row)))
    ruling = ruled(SIDES, wider.with_tail(grants=(*wider.tail.grants, part)))
    assert sorted(ruling.feeds) == DESKS
    assert ("bg.shelter", "NOT_CANDIDATE") in [
        (each.desk, each.code) for each in ruling.decision.denials
    ]
    assert not any(part.body in each.value for each in ruling.routed.outbound)


def test_a_slip_with_fewer_compartments_withholds_the_others() -> None:
    letter = a_letter(SIDES)
    slip = slip_of_letter(letter)
    rows = tuple(
        replace(row, compartments=("identity",)) if row.desk == "hu.spoc" else row
        for row in slip.deliveries
    )
    ruling = ruled(SIDES, with_slip(SIDES, letter, restated(slip, deliveries=rows)))
    assert [parcel.compartment for parcel in ruling.fed("hu.spoc").tail.parcels] == ["identity"]
    assert ruling.relay(SIDES, "hu.spoc").compartments == ("identity",)
    assert len(ruling.fed("hu.border").tail.parcels) > 1


def test_a_slip_with_more_compartments_does_not_widen_the_view() -> None:
    letter = a_letter(SIDES)
    slip = slip_of_letter(letter)
    everything = tuple(sorted(parcel.compartment for parcel in letter.tail.parcels))
    rows = tuple(replace(row, compartments=everything) for row in slip.deliveries)
    wider = ruled(SIDES, with_slip(SIDES, letter, restated(slip, deliveries=rows)))
    correct = ruled(SIDES, letter)
    for desk in DESKS:
        assert wider.fed(desk).tail.parcels == correct.fed(desk).tail.parcels


def test_a_slip_from_another_network_version_is_intersected_all_the_same() -> None:
    letter = a_letter(SIDES)
    slip = slip_of_letter(letter)
    older = restated(slip, version=0)
    ruling = ruled(SIDES, with_slip(SIDES, letter, older))
    assert sorted(ruling.feeds) == DESKS
    assert ruling.decision.slip_digest == older.decision_digest != ruling.decision.decision_digest


def test_when_sender_and_hub_agree_on_nobody_the_sender_is_told() -> None:
    letter = a_letter(SIDES)
    ruling = ruled(SIDES, with_slip(SIDES, letter, restated(slip_of_letter(letter), deliveries=())))
    assert ruling.decision.outcome is Outcome.REFUSED
    assert ruling.codes == ["NOBODY"]
    assert "NOT_ON_SLIP 6" in ruling.decision.problems[0].text
    assert ruling.undelivered() == dict.fromkeys(DESKS, "NOT_ON_SLIP")


# The grant.


def test_a_decided_desk_without_a_grant_is_recorded_and_the_others_get_theirs() -> None:
    ruling = ruled(SIDES, without_grant(a_letter(SIDES), "hu.spoc"))
    assert sorted(ruling.feeds) == [desk for desk in DESKS if desk != "hu.spoc"]
    assert ruling.undelivered() == {"hu.spoc": "NO_USABLE_GRANT"}
    assert ruling.decision.outcome is Outcome.ROUTED
    assert ruling.routed.deliveries["NO_USABLE_GRANT"] == 1


def test_a_grant_of_another_message_is_not_usable() -> None:
    letter = a_letter(SIDES)
    ruling = ruled(SIDES, with_grant(letter, "hu.spoc", grant_to(a_letter(SIDES), "hu.spoc")))
    assert ruling.undelivered() == {"hu.spoc": "NO_USABLE_GRANT"}


def test_a_grant_that_the_slip_does_not_vouch_for_is_not_usable() -> None:
    letter = a_letter(SIDES)
    forged = make_grant(
        letter.digest, "hu.spoc", {}, SIDES.world.keys.desk_key("hu.spoc"), SIDES.signer("hu")
    )
    changed = grant_to(letter, "hu.spoc")
    signature = replace(changed.signature, value=bytes(64))
    for part in (forged, replace(changed, signature=signature)):
        other = with_grant(letter, "hu.spoc", part, vouched_for=False)
        assert ruled(SIDES, other).undelivered() == {"hu.spoc": "NO_USABLE_GRANT"}


def test_a_grant_for_a_key_that_the_desk_no_longer_has_is_not_usable() -> None:
    letter = a_letter(SIDES)
    part = make_grant(
        letter.digest, "hu.spoc", {}, SealingKey.generate().public, SIDES.signer("rs")
    )
    assert ruled(SIDES, with_grant(letter, "hu.spoc", part)).undelivered() == {
        "hu.spoc": "NO_USABLE_GRANT"
    }


def test_the_grant_of_another_desk_does_not_stand_in() -> None:
    letter = with_grant(a_letter(SIDES), "hu.spoc", grant_to(a_letter(SIDES), "hu.border"))
    assert ruled(SIDES, letter).undelivered() == {"hu.spoc": "NO_USABLE_GRANT"}


def test_a_grant_that_cannot_be_read_harms_nobody_else() -> None:
    letter = a_letter(SIDES)
    garbage = replace(letter.tail.grants[0], body=b"\xff" * 50)
    ruling = ruled(SIDES, letter.with_tail(grants=(garbage, *letter.tail.grants, garbage)))
    assert sorted(ruling.feeds) == DESKS


def test_a_desk_gets_no_parcel_for_which_the_sender_gave_it_no_key() -> None:
    letter = a_letter(SIDES)
    part = make_grant(
        letter.digest, "hu.spoc", {}, SIDES.world.keys.desk_key("hu.spoc"), SIDES.signer("rs")
    )
    ruling = ruled(SIDES, with_grant(letter, "hu.spoc", part))
    assert ruling.fed("hu.spoc").tail.parcels == ()
    assert ruling.relay(SIDES, "hu.spoc").compartments == ()


def test_when_no_grant_is_usable_the_message_is_refused() -> None:
    ruling = ruled(SIDES, a_letter(SIDES).with_tail(grants=()))
    assert ruling.decision.outcome is Outcome.REFUSED
    assert ruling.codes == ["NOBODY"]
    assert ruling.undelivered() == dict.fromkeys(DESKS, "NO_USABLE_GRANT")


# Size.


def test_a_delivery_that_its_relay_makes_too_large_is_recorded_and_not_sent() -> None:
    def filled(size: int) -> Letter:
        """To one desk, and without the sender's own grant: next to nothing stays behind."""
        header = header_of(addressing=addressed(desks=["hu.spoc"], only=True))
        sealed = {"identity": b"", "recognition": bytes(size), "circumstances": b""}
        return without_grant(a_letter(SIDES, header, sealed=sealed), "rs")

    spare = MAX_MESSAGE_BYTES - len(filled(100_000).value) + 100_000
    assert ruled(SIDES, filled(spare - 500)).undelivered() == {}
    letter = filled(spare)
    assert len(letter.value) == MAX_MESSAGE_BYTES
    ruling = ruled(SIDES, letter)
    assert ruling.undelivered() == {"hu.spoc": "RECORD_TOO_LARGE"}
    assert ruling.codes == ["NOBODY"]


def test_what_leaves_of_a_large_message_is_never_larger_than_a_message_may_be() -> None:
    sealed = dict.fromkeys(load_catalogue().types[TYPE.name].compartments, b"")
    sealed["recognition"] = bytes(MAX_MESSAGE_BYTES - 6000)
    ruling = ruled(SIDES, a_letter(SIDES, sealed=sealed))
    assert ruling.feeds
    assert all(len(record.value) <= MAX_MESSAGE_BYTES for record in ruling.feeds.values())


# Other versions.


def newer_catalogue(message: Callable[[Native], None]) -> Catalogue:
    """The contract, and version 1.1 of the event type, whose message schema ``message`` changes."""
    announced = [
        replace(each, version="1.1", definition=deepcopy(each.definition))
        for each in TYPE.published()
    ]
    for each in announced:
        if each.name == "message":
            message(each.definition)
    return load_catalogue().with_versions(announced)


def add_open_field(message: Native) -> None:
    _, open_part, _ = message["fields"][0]["type"]["fields"]
    open_part["type"]["fields"].append(
        {"name": "weather", "type": "string", "default": "", "pii": "P2", "max_length": 9}
    )


def add_tail_field(message: Native) -> None:
    message["fields"].append(
        {"name": "stamp", "type": ["null", "long"], "default": None, "pii": "P0"}
    )


@pytest.mark.parametrize(
    ("change", "more"), [(add_open_field, {"weather": "rain"}), (add_tail_field, {})]
)
def test_a_message_of_a_newer_minor_version_leaves_with_every_byte_that_was_signed(
    change: Callable[[Native], None], more: Native
) -> None:
    catalogue = newer_catalogue(change)
    newer = next(each for each in catalogue.by_id.values() if each.version == "1.1")
    sides = replace(SIDES, world=replace(SIDES.world, catalogue=catalogue))
    open_part = {**example(TYPE).open, **more}
    letter = letter_of(sides, newer, header_of(version="1.1"), open_part, example_compartments())
    ruling = ruled(sides, letter)
    assert ruling.codes == []
    assert sorted(ruling.feeds) == DESKS
    for record in ruling.feeds.values():
        assert record.value[5:].startswith(letter.signed_bytes)
        event_type, body = read_frame(record.value, catalogue)
        assert event_type is newer
        assert decode_message(event_type, body).tail.relay is not None


# Headers.


def test_feeds_have_headers_for_tools_and_none_of_the_case() -> None:
    letter = a_letter(SIDES)
    headers = dict(ruled(SIDES, letter).feeds["hu.spoc"].headers)
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": f"rs/{letter.header.message_id}/hu.spoc".encode(),
        "ce_source": b"natcbus:hub",
        "ce_type": b"natcbus.delivery.missing_person",
        "ce_time": b"2026-03-02T09:30:02Z",
        "content-type": b"application/vnd.confluent.avro",
    }
