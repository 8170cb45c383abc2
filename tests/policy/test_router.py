"""What must hold of the router whatever stands on a member's topic."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final, TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import encode_tail, frame
from natcbus.contract.golden import example, golden_files
from natcbus.contract.problems import Problem
from natcbus.contract.rules import open_shape
from natcbus.contract.shapes import Shape
from natcbus.contract.shaping import compile_shape
from natcbus.contract.types.core import (
    Addressing,
    CountryInRole,
    CountryRole,
    Header,
    Kind,
    Native,
    Purpose,
    Retention,
    Tlp,
    Urgency,
)
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.envelope.grant import read_grant
from natcbus.envelope.sign import SLIP, read_part, sign_message
from natcbus.hub import records
from natcbus.hub.router import wire
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.narrowing import intersect
from natcbus.routing.network import Network
from tests.support.building import MISSING, SENT_AT, a_desk, a_network, addressed
from tests.support.messages import (
    NOW,
    STORED_AT,
    TYPE,
    Letter,
    Parties,
    a_letter,
    balkans,
    header_of,
    inbound,
    parties,
)
from tests.support.natives import natives
from tests.support.rulings import Ruled, ruled
from tests.support.strategies import DESK_IDS, Case, cases, networks

SIDES: Final = balkans()
LETTERS: Final = tuple(
    a_letter(SIDES, header)
    for header in (
        header_of(),
        header_of(addressing=addressed(desks=["hu.spoc"], only=True)),
        header_of(from_="hu.spoc", thread_id="hu.0195f3a0-0000-7000-8000-000000000002"),
    )
)
GOLDEN: Final = [golden_files(each)["message.bin"] for each in load_catalogue().types.values()]
OPEN: Final = example(TYPE).open


# One decision and one receipt for every record.


def test_the_receipt_is_the_whole_decision() -> None:
    ruling = ruled(SIDES, LETTERS[0])
    assert ruling.receipt.decision == ruling.decision


def test_what_is_counted_is_what_leaves() -> None:
    routed = ruled(SIDES, LETTERS[0]).routed
    assert routed.message_type == "missing_person"
    assert routed.deliveries == {"reduced": 5, "notice": 1}
    assert routed.denials == {"STATUS_ISOLATION": 1, "OWN_DESK": 1}


def test_the_same_record_gives_the_same_records() -> None:
    first, second = (ruled(SIDES, LETTERS[0]).routed.outbound for _ in range(2))
    assert first == second


def test_the_topics_to_write_are_a_closed_set() -> None:
    wiring = wire(SIDES.world)
    assert wiring.reads == tuple(
        f"member.{member}.out" for member in sorted(SIDES.world.network.members)
    )
    assert set(wiring.writes) == {
        "hub.decisions",
        "hub.quarantine",
        *(f"member.{member}.receipts" for member in SIDES.world.network.members),
        *(f"desk.{desk}.feed" for desk in SIDES.world.network.desks),
    }


def test_a_topic_that_is_no_members_is_a_mistake_of_whoever_subscribed() -> None:
    with pytest.raises(ValueError, match=r"hub reads member"):
        ruled(SIDES, replace(inbound(b"x"), topic="desk.hu.spoc.feed"))


@cache
def shape_of_decisions() -> Shape:
    return compile_shape(load_catalogue().hub["DecisionRecord"].definition)


def broken_bounds(decision: DecisionRecord) -> list[Problem]:
    """What of a decision is not of the form that its own schema promises to readers."""
    problems: list[Problem] = []
    shape_of_decisions().check(decision.to_native(), "", problems)
    return problems


def keeps_its_promises(sides: Parties, ruling: Ruled) -> None:
    """One decision and an equal receipt, whatever came in, and nothing outside the closed set."""
    decision = ruling.decision
    assert ruling.receipt.decision == decision
    assert broken_bounds(decision) == []
    closed = {"hub.decisions", "hub.quarantine", f"member.{decision.sender}.receipts"}
    closed |= {
        f"desk.{each.row.desk}.feed" for each in decision.deliveries if each.undelivered is None
    }
    topics = [each.topic for each in ruling.routed.outbound]
    assert set(topics) <= closed & set(wire(sides.world).writes)
    assert len(topics) == len(set(topics))
    assert (decision.outcome is Outcome.QUARANTINED) == ("hub.quarantine" in topics)
    assert (decision.outcome is Outcome.ROUTED) == bool(ruling.feeds)
    assert (decision.outcome is Outcome.ROUTED) == (not decision.problems)
    if ruling.routed.outcome is records.Outcome.QUARANTINED:
        assert ruling.quarantined.value == (ruling.record.value or b"")


# Mutated bytes.

Mutation = Callable[[bytes, random.Random], bytes]


def flip(value: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(value))
    return value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :]


def truncate(value: bytes, chance: random.Random) -> bytes:
    return value[: chance.randrange(len(value))]


def append(value: bytes, chance: random.Random) -> bytes:
    return value + chance.randbytes(1 + chance.randrange(20))


def cut_out(value: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(value))
    return value[:start] + value[start + 1 + chance.randrange(40) :]


def repeat(value: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(value))
    end = start + chance.randrange(80)
    return value[:end] + value[start:end] + value[end:]


def overwrite(value: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(value))
    size = 1 + chance.randrange(12)
    return (
        value[:start]
        + chance.choice([chance.randbytes(size), b"\xff" * size, bytes(size)])
        + value[start + size :]
    )


MUTATIONS: Final[Sequence[Mutation]] = (flip, truncate, append, cut_out, repeat, overwrite)


@settings(deadline=None)
@given(
    st.sampled_from([*GOLDEN, *(letter.value for letter in LETTERS)]),
    st.lists(st.sampled_from(MUTATIONS), max_size=3),
    st.randoms(use_true_random=False),
)
def test_mutated_bytes_never_raise_and_reach_a_desk_only_with_what_was_signed(
    value: bytes, mutations: list[Mutation], chance: random.Random
) -> None:
    for mutation in mutations:
        value = mutation(value, chance) if value else value
    ruling = ruled(SIDES, inbound(value))
    keeps_its_promises(SIDES, ruling)
    signed = [letter.signed_bytes for letter in LETTERS]
    for record in ruling.feeds.values():
        assert any(record.value[5:].startswith(each) for each in signed)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", frame(TYPE.schema_id, b"")]))
def test_any_bytes_at_all_are_put_aside(body: bytes, head: bytes) -> None:
    ruling = ruled(SIDES, inbound(head + body))
    keeps_its_promises(SIDES, ruling)
    assert ruling.decision.outcome is Outcome.QUARANTINED


def swapped(chance: random.Random, mine: Letter, others: Sequence[Letter]) -> Letter:
    """``mine`` with a thing of its tail taken from another, dropped, doubled or shuffled."""
    other = chance.choice(others)
    parcels, grants = list(mine.tail.parcels), list(mine.tail.grants)
    chance.shuffle(parcels)
    chance.shuffle(grants)
    changes: list[dict[str, object]] = [
        {"signature": other.tail.signature},
        {"slip": other.tail.slip},
        {"slip": chance.choice([None, *grants])},
        {"parcels": other.tail.parcels},
        {"parcels": tuple(parcels)},
        {"parcels": tuple(parcels[1:])},
        {"parcels": tuple(parcels * 2)},
        {"grants": other.tail.grants},
        {"grants": (*grants, *other.tail.grants)},
        {"grants": tuple(grants[: chance.randrange(len(grants) + 1)])},
        {"grants": tuple(grants)},
        {"relay": mine.tail.slip},
    ]
    return mine.with_tail(**chance.choice(changes))


@settings(deadline=None)
@given(st.sampled_from(LETTERS), st.integers(1, 3), st.randoms(use_true_random=False))
def test_swapped_parts_never_bring_a_desk_more_than_its_own(
    mine: Letter, times: int, chance: random.Random
) -> None:
    letter = mine
    for _ in range(times):
        letter = swapped(chance, letter, LETTERS)
    ruling = ruled(SIDES, inbound(letter.value, member=mine.header.from_.split(".")[0]))
    keeps_its_promises(SIDES, ruling)
    decided = {each.row.desk: each.row for each in ruled(SIDES, mine).decision.deliveries}
    for desk, record in ruling.feeds.items():
        fed = ruling.fed(desk)
        assert record.value[5:].startswith(mine.signed_bytes)
        assert {parcel.compartment for parcel in fed.tail.parcels} <= set(
            decided[desk].compartments
        )
        assert set(fed.tail.parcels) <= set(mine.tail.parcels)
        assert [read_grant(part).to for part in fed.tail.grants] == [desk]
        assert set(fed.tail.grants) <= set(mine.tail.grants)


@settings(deadline=None)
@given(st.sampled_from(LETTERS), st.sampled_from(MUTATIONS), st.randoms(use_true_random=False))
def test_a_mutated_tail_behind_the_right_signature_brings_a_desk_nothing_new(
    mine: Letter, mutation: Mutation, chance: random.Random
) -> None:
    tail = mutation(encode_tail(mine.type, mine.tail), chance)
    value = frame(mine.type.schema_id, mine.signed_bytes + tail)
    ruling = ruled(SIDES, inbound(value, member=mine.header.from_.split(".")[0]))
    keeps_its_promises(SIDES, ruling)
    for desk in ruling.feeds:
        assert set(ruling.fed(desk).tail.parcels) <= set(mine.tail.parcels)


# A member that signs whatever it likes.

WORDS: Final = st.sampled_from(["", "rs", "hu.spoc", "no.desk", "'", "\x00", "é" * 300]) | st.text(
    max_size=8
)
TIMES: Final = st.just(SENT_AT) | st.datetimes(timezones=st.just(UTC))
T = TypeVar("T")


def mostly(usual: T, odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.sampled_from([True, True, True, False]).flatmap(
        lambda keep: st.just(usual) if keep else odd
    )


def hostile_addressings() -> st.SearchStrategy[Addressing]:
    return st.builds(
        Addressing,
        desks=st.lists(WORDS, max_size=70).map(tuple),
        roles=st.lists(st.sampled_from(CountryRole), max_size=20).map(tuple),
        countries=st.lists(
            st.builds(CountryInRole, code=WORDS, role=st.sampled_from(CountryRole)), max_size=4
        ).map(tuple),
        topics=st.lists(WORDS, max_size=4).map(tuple),
        exclude=st.lists(WORDS, max_size=4).map(tuple),
        only=st.booleans(),
    )


def hostile_headers() -> st.SearchStrategy[Header]:
    """Headers that the codec writes and that no SDK would."""
    usual = LETTERS[0].header
    return st.builds(
        header_of,
        message_id=mostly(usual.message_id, WORDS),
        thread_id=mostly(usual.thread_id, WORDS),
        type=mostly(usual.type, WORDS),
        version=mostly(usual.version, WORDS),
        kind=mostly(usual.kind, st.sampled_from(Kind)),
        tlp=st.sampled_from(Tlp),
        urgency=mostly(usual.urgency, st.sampled_from(Urgency)),
        purpose=mostly(usual.purpose, st.sampled_from(Purpose)),
        sent_at=mostly(usual.sent_at, TIMES),
        expires_at=mostly(usual.expires_at, TIMES),
        retention=mostly(
            usual.retention, st.builds(Retention, review_by=st.dates(), erase_by=st.dates())
        ),
        addressing=mostly(usual.addressing, hostile_addressings()),
    )


@settings(deadline=None)
@given(
    hostile_headers(),
    mostly(OPEN, st.builds(dict, natives(open_shape(TYPE)))),
    mostly(STORED_AT, TIMES),
    mostly(NOW, TIMES),
)
def test_whatever_a_member_signs_the_router_does_not_raise(
    header: Header, open_part: Native, stored_at: datetime, now: datetime
) -> None:
    letter = a_letter(SIDES, header, open_part)
    ruling = ruled(SIDES, inbound(letter.value, stored_at=stored_at), now=now)
    keeps_its_promises(SIDES, ruling)


@settings(deadline=None)
@given(st.sampled_from(LETTERS), st.sampled_from(MUTATIONS), st.randoms(use_true_random=False))
def test_mutated_bytes_that_the_member_signs_again_reach_nobody_under_the_old_slip(
    mine: Letter, mutation: Mutation, chance: random.Random
) -> None:
    member = mine.header.from_.split(".")[0]
    mutated = mutation(mine.signed_bytes, chance)
    assume(mutated != mine.signed_bytes)
    signature = sign_message(mine.type.schema_id, mutated, SIDES.signer(member))
    tail = encode_tail(mine.type, replace(mine.tail, signature=signature))
    ruling = ruled(SIDES, inbound(frame(mine.type.schema_id, mutated + tail), member=member))
    keeps_its_promises(SIDES, ruling)
    assert not ruling.feeds


# Any network, any message.


@cache
def everybody() -> Parties:
    """Keys for every desk that a drawn network may have."""
    return parties(a_network(*map(a_desk, DESK_IDS)))


def completed(drawn: Mapping[str, object]) -> Native:
    """The places of a drawn open part, in one that the contract accepts."""
    places: Native = dict(drawn)
    return {
        **OPEN,
        "last_seen": {**OPEN["last_seen"], **places["last_seen"]},
        "likely_heading": [
            {**OPEN["likely_heading"][0], **each} for each in places["likely_heading"]
        ],
        "minimum_data": "NOT_YET_KNOWN",
    }


def sendable(case: Case) -> Case:
    """The case from a desk that may publish, addressed so that every address resolves."""
    desks = sorted(case.network.desks)
    sender = next((each for each in desks if not each.startswith("techco")), "rs.spoc")
    thread = f"{sender.partition('.')[0]}.0195f3a0-0000-7000-8000-000000000002"
    header = replace(
        case.header,
        from_=sender,
        thread_id=thread,
        kind=Kind.ALERT,
        version=TYPE.version,
        addressing=replace(
            case.header.addressing,
            desks=tuple(each for each in case.header.addressing.desks if each in desks),
        ),
    )
    case = replace(case, header=header, open_part=completed(case.open_part))
    if addressing_problems(MISSING, case.header, case.open_part, case.network):
        return case.with_addressing(addressed(desks=desks))
    return case


@settings(deadline=None)
@given(cases(), st.none() | networks())
def test_what_leaves_is_what_both_sender_and_hub_decided_and_nothing_more(
    drawn: Case, another: Network | None
) -> None:
    case = sendable(drawn)
    hub = Parties(replace(everybody().world, network=case.network), everybody().private)
    theirs = case.network if another is None else another
    sender = Parties(replace(hub.world, network=theirs), hub.private)
    sealed = {name: name.encode() * 9 for name in case.present}
    letter = a_letter(sender, case.header, dict(case.open_part), sealed, case.prior)
    ruling = ruled(hub, letter)
    keeps_its_promises(hub, ruling)
    assert letter.tail.slip is not None
    agreed = intersect(case.decide(), read_part(SLIP, letter.tail.slip))
    if ruling.codes and ruling.codes != ["NOBODY"]:
        assert not ruling.feeds
        return
    assert sorted(ruling.feeds) == [each.desk for each in agreed]
    for delivery in agreed:
        fed = ruling.fed(delivery.desk)
        assert fed.signed_bytes == letter.signed_bytes
        assert tuple(parcel.compartment for parcel in fed.tail.parcels) == delivery.compartments
        assert [read_grant(part).to for part in fed.tail.grants] == [delivery.desk]
    for part in letter.tail.grants:
        if read_grant(part).to not in ruling.feeds:
            assert not any(part.body in each.value for each in ruling.routed.outbound)
    for parcel in letter.tail.parcels:
        holding = {desk for desk, each in ruling.feeds.items() if parcel.ciphertext in each.value}
        assert holding == {each.desk for each in agreed if parcel.compartment in each.compartments}
    if another is None:
        assert ruling.decision.decision_digest == ruling.decision.slip_digest
