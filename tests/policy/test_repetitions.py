"""A message that comes again: recorded, receipted, and shown to nobody twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from natcbus.contract.types.hub import Outcome
from natcbus.hub import records
from natcbus.hub.replays import SeenSet, Sighting
from natcbus.hub.router import HubRouter
from tests.support.building import SENT_AT
from tests.support.messages import NOW, a_letter, balkans, header_of
from tests.support.rulings import ruled

SIDES: Final = balkans()


def test_a_message_counts_as_seen_only_when_all_that_followed_from_it_is_durable() -> None:
    router, letter = HubRouter(SIDES.world), a_letter(SIDES)
    first = ruled(SIDES, letter, router=router)
    read_again = ruled(SIDES, letter, router=router)
    assert read_again.decision.outcome is Outcome.ROUTED
    assert {desk: each.headers for desk, each in read_again.feeds.items()} == {
        desk: each.headers for desk, each in first.feeds.items()
    }
    router.acknowledged(first.record, first.routed)
    assert ruled(SIDES, letter, router=router).decision.outcome is Outcome.REPEATED


def test_a_repetition_is_recorded_and_receipted_and_reaches_no_desk() -> None:
    router, letter = HubRouter(SIDES.world), a_letter(SIDES)
    first = ruled(SIDES, letter, router=router)
    router.acknowledged(first.record, first.routed)
    again = ruled(SIDES, letter.record(offset=8), router=router)
    assert [each.topic for each in again.routed.outbound] == ["hub.decisions", "member.rs.receipts"]
    assert again.routed.outcome is records.Outcome.REPEATED
    assert (again.decision.outcome, again.decision.problems) == (Outcome.REPEATED, ())
    assert (again.decision.message_id, again.decision.source.offset) == (
        letter.header.message_id,
        8,
    )


def test_an_id_that_was_routed_is_refused_with_other_content() -> None:
    router, letter = HubRouter(SIDES.world), a_letter(SIDES)
    first = ruled(SIDES, letter, router=router)
    router.acknowledged(first.record, first.routed)
    other = ruled(SIDES, a_letter(SIDES), router=router)
    assert other.decision.outcome is Outcome.REFUSED
    assert other.codes == ["ID_REUSED"]
    assert not other.feeds
    router.acknowledged(other.record, other.routed)
    assert ruled(SIDES, letter, router=router).decision.outcome is Outcome.REPEATED


def test_ids_are_the_senders_own() -> None:
    router = HubRouter(SIDES.world)
    of_hungary = header_of(from_="hu.spoc", thread_id="hu.0195f3a0-0000-7000-8000-000000000002")
    for letter in (a_letter(SIDES), a_letter(SIDES, of_hungary)):
        ruling = ruled(SIDES, letter, router=router)
        router.acknowledged(ruling.record, ruling.routed)
        assert ruling.decision.outcome is Outcome.ROUTED


def test_a_refused_message_may_be_mended_and_published_again_under_its_id() -> None:
    router = HubRouter(SIDES.world)
    refused = ruled(SIDES, a_letter(SIDES).with_tail(slip=None), router=router)
    router.acknowledged(refused.record, refused.routed)
    assert ruled(SIDES, a_letter(SIDES), router=router).decision.outcome is Outcome.ROUTED


def test_a_forged_copy_does_not_stop_the_message_that_it_copies() -> None:
    router, letter = HubRouter(SIDES.world), a_letter(SIDES)
    forged = letter.with_tail(signature=replace(letter.tail.signature, value=bytes(64)))
    ruling = ruled(SIDES, forged, router=router)
    router.acknowledged(ruling.record, ruling.routed)
    assert ruled(SIDES, letter, router=router).decision.outcome is Outcome.ROUTED


def test_a_repetition_after_its_expiry_is_an_expired_message() -> None:
    router, letter = HubRouter(SIDES.world), a_letter(SIDES)
    first = ruled(SIDES, letter, router=router)
    router.acknowledged(first.record, first.routed)
    assert ruled(SIDES, letter, router=router, now=letter.header.expires_at).codes == ["EXPIRED"]


def test_the_memory_is_bounded_and_forgets_first_what_expires_first() -> None:
    seen = SeenSet(limit=2)
    for minutes, message_id in ((30, "b"), (10, "a"), (20, "c")):
        seen.remember(
            Sighting(SENT_AT + timedelta(minutes=minutes), "rs", message_id, message_id.encode())
        )
    assert len(seen) == 2
    assert [seen.digest_of("rs", each, SENT_AT) for each in "abc"] == [None, b"b", b"c"]
    assert seen.digest_of("rs", "c", SENT_AT + timedelta(minutes=20)) is None
    assert len(seen) == 1


def test_the_first_digest_of_an_id_stays() -> None:
    seen = SeenSet()
    for digest in (b"first", b"second"):
        seen.remember(Sighting(NOW, "rs", "a", digest))
    assert seen.digest_of("rs", "a", SENT_AT) == b"first"
    assert len(seen) == 1
