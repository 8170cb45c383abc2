"""What an UPDATE and a CANCEL may say, whom they reach, and that a message is replaced once."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natcbus.client.composing import Composed, Preview, compose, preview, validate
from natcbus.client.errors import RejectedError
from natcbus.client.threads import Thread, thread_of
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.changes import CHANGES, Earlier, change_problems
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.golden import EXAMPLE_DEFAULTS
from natcbus.contract.reading import Event, read_event
from natcbus.contract.types.core import Change, Header, Kind, Reference, Status, Tlp
from natcbus.contract.types.hub import Outcome, Receipt, Slip
from natcbus.envelope.sign import SLIP, read_part
from natcbus.hub.replays import SeenSet, Sighting
from natcbus.hub.router import HubRouter
from natcbus.routing.candidates import EARLIER
from natcbus.routing.decision import Prior
from natcbus.routing.digests import decision_digest
from tests.support.building import SENT_AT, a_header, addressed
from tests.support.command_line import CommandLine
from tests.support.messages import (
    TYPE,
    Letter,
    a_letter,
    balkans,
    header_of,
    inbound,
    with_slip,
)
from tests.support.mutations import example
from tests.support.rulings import Ruled, ruled
from tests.support.sides import NOW as NOW_THERE
from tests.support.sides import sides

SIDES: Final = balkans()
OTHERS: Final = frozenset(Kind) - CHANGES.keys()
REPLACED: Final = Reference(
    message_id="0195f3a0-0000-7000-8000-00000000000a", signed_sha256="ab" * 32
)
SECOND: Final = "0195f3a0-0000-7000-8000-00000000000b"
THIRD: Final = "0195f3a0-0000-7000-8000-00000000000c"
Json = dict[str, Any]


# What the contract says.


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("kind", CHANGES)
def test_each_kind_says_its_own_changes_and_no_other(kind: Kind, change: Change) -> None:
    right = {
        (Kind.ALERT, Change.NONE),
        (Kind.UPDATE, Change.CORRECTED),
        (Kind.CANCEL, Change.ANNULLED),
        (Kind.CANCEL, Change.ENDED),
    }
    supersedes = None if kind is Kind.ALERT else REPLACED
    header = a_header(kind=kind, change=change, supersedes=supersedes)
    found = [(problem.pointer, problem.code) for problem in change_problems(header)]
    expected = [] if (kind, change) in right else [("/header/change", "CHANGE_NOT_ALLOWED")]
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "change", "supersedes", "code"),
    [
        (Kind.ALERT, Change.NONE, REPLACED, "SUPERSEDES_NOT_ALLOWED"),
        (Kind.UPDATE, Change.CORRECTED, None, "SUPERSEDES_MISSING"),
        (Kind.CANCEL, Change.ENDED, None, "SUPERSEDES_MISSING"),
        (
            Kind.UPDATE,
            Change.CORRECTED,
            replace(REPLACED, message_id=a_header().message_id),
            "SUPERSEDES_ITSELF",
        ),
    ],
)
def test_what_opens_replaces_nothing_and_what_goes_on_replaces_something_else(
    kind: Kind, change: Change, supersedes: Reference | None, code: str
) -> None:
    header = a_header(kind=kind, change=change, supersedes=supersedes)
    [problem] = change_problems(header)
    assert (problem.pointer, problem.code) == ("/header/supersedes", code)
    assert ": " in problem.text


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_other_kinds_are_not_judged_here(kind: Kind) -> None:
    assert list(change_problems(a_header(kind=kind, change=Change.ENDED))) == []


# What an author may leave out.


def correction(replaced: str, **changes: object) -> Json:
    """The contract's example as the message that corrects another, as its author writes it."""
    event = copy.deepcopy(example("missing_person"))
    event["header"] |= {"kind": "UPDATE", "change": "CORRECTED", **changes}
    event["header"]["supersedes"] = {"message_id": replaced}
    return event


def test_who_knows_the_earlier_message_need_not_state_its_digest_or_its_thread() -> None:
    earlier = Earlier(
        REPLACED.message_id, "rs." + SECOND, "missing_person", "ACTUAL", bytes.fromhex("cd" * 32)
    )
    defaults = replace(EXAMPLE_DEFAULTS, earlier={earlier.message_id: earlier})
    header = read_event(correction(earlier.message_id), load_catalogue(), defaults).header
    assert header.supersedes == Reference(message_id=earlier.message_id, signed_sha256="cd" * 32)
    assert header.thread_id == earlier.thread_id

    stated = correction(earlier.message_id, thread_id="rs." + THIRD)
    stated["header"]["supersedes"]["signed_sha256"] = "ab" * 32
    header = read_event(stated, load_catalogue(), defaults).header
    assert header.supersedes == replace(REPLACED, signed_sha256="ab" * 32)
    assert header.thread_id == "rs." + THIRD


def test_on_the_wire_the_digest_is_never_missing() -> None:
    with pytest.raises(InvalidEventError) as caught:
        read_event(correction(REPLACED.message_id), load_catalogue(), EXAMPLE_DEFAULTS)
    assert [(each.pointer, each.code) for each in caught.value.problems] == [
        ("/header/supersedes/signed_sha256", "MISSING_FIELD")
    ]


def test_an_update_is_previewed_without_its_thread_and_never_sent_so() -> None:
    event = validate(correction(REPLACED.message_id), sides().world, NOW_THERE, os.urandom)
    previewed = preview(event, sides().world, NOW_THERE)
    assert previewed.problems == ()
    with pytest.raises(RejectedError) as caught:
        compose(previewed, sides().world, sides().parties.signer("rs"))
    assert (caught.value.pointer, caught.value.code) == ("/header/supersedes", "REFERENCE_UNKNOWN")


# A member's own thread, from its receipts.


@cache
def opened() -> Ruled:
    """An alert that the hub routed."""
    return ruled(SIDES, a_letter(SIDES, header_of(message_id=REPLACED.message_id)))


def receipts(*rulings: Ruled) -> list[Receipt]:
    return [each.receipt for each in rulings]


def replacing(letter: Letter, message_id: str, **changes: Any) -> Header:  # noqa: ANN401 - any field
    """The header of a message that corrects another of its thread."""
    reference = Reference(message_id=letter.header.message_id, signed_sha256=letter.digest.hex())
    says = {"kind": Kind.UPDATE, "change": Change.CORRECTED, "supersedes": reference}
    return header_of(message_id=message_id, **{**says, **changes})


def reached(ruling: Ruled) -> dict[str, tuple[str, ...]]:
    """Who really got a message, and what each could open."""
    return {
        each.row.desk: each.row.compartments
        for each in ruling.decision.deliveries
        if each.undelivered is None
    }


def test_the_earlier_recipients_are_those_that_the_hub_let_have_it() -> None:
    letter = a_letter(SIDES, header_of(message_id=REPLACED.message_id))
    without = letter.with_tail(grants=letter.tail.grants[:3])
    ruling = ruled(SIDES, without)
    assert ruling.undelivered()
    thread = thread_of(receipts(ruling))
    assert {desk: tuple(sorted(had)) for desk, had in thread.prior.items()} == reached(ruling)
    assert set(thread.prior).isdisjoint(ruling.undelivered())


def test_what_a_desk_had_is_all_that_it_got_in_any_message() -> None:
    first = opened()
    of_first = a_letter(SIDES, header_of(message_id=REPLACED.message_id))
    narrower = replacing(
        of_first, SECOND, addressing=addressed(desks=["bg.coordinator", "hu.spoc"], only=True)
    )
    second = ruled(SIDES, a_letter(SIDES, narrower, prior=thread_of(receipts(first)).prior))
    thread = thread_of(receipts(first, second))
    both = {
        desk: set(reached(first).get(desk, ())) | set(reached(second).get(desk, ()))
        for desk in reached(first).keys() | reached(second).keys()
    }
    assert dict(thread.prior) == both
    assert thread.successors == {REPLACED.message_id: SECOND}


def test_what_the_hub_refused_is_no_part_of_the_thread() -> None:
    letter = a_letter(SIDES, header_of(message_id=REPLACED.message_id))
    refused = ruled(SIDES, letter.with_tail(slip=None))
    assert refused.decision.outcome is Outcome.REFUSED
    assert thread_of(receipts(refused)) == thread_of([])
    header = replacing(letter, SECOND)
    assert [each.code for each in thread_of(receipts(refused)).problems(header)] == [
        "REFERENCE_UNKNOWN"
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"kind": Kind.CANCEL, "change": Change.ENDED}, None),
        ({"thread_id": "rs." + THIRD}, "REFERENCE_UNKNOWN"),
        ({"supersedes": replace(REPLACED, message_id=THIRD)}, "REFERENCE_UNKNOWN"),
        ({"supersedes": REPLACED}, "REFERENCE_DIGEST"),
        ({"status": Status.EXERCISE}, "REFERENCE_MISMATCH"),
        ({"type": "joint_action_day"}, "REFERENCE_MISMATCH"),
    ],
)
def test_a_reference_is_to_a_message_of_the_thread_as_it_was_sent(
    changes: dict[str, object], code: str | None
) -> None:
    letter = Letter(*_parts(opened()))
    found = list(thread_of(receipts(opened())).problems(replacing(letter, SECOND, **changes)))
    assert [each.code for each in found] == ([] if code is None else [code])
    assert all(each.pointer == "/header/supersedes" and ": " in each.text for each in found)


def _parts(ruling: Ruled) -> tuple[Any, Any, Any]:
    message = ruling.fed("hu.spoc")
    return TYPE, message.signed, message.tail


def test_a_message_is_replaced_once_and_by_the_same_message_again_without_harm() -> None:
    letter = Letter(*_parts(opened()))
    second = ruled(SIDES, a_letter(SIDES, replacing(letter, SECOND)))
    thread = thread_of(receipts(opened(), second))
    [problem] = thread.problems(replacing(letter, THIRD))
    assert problem.code == "ALREADY_SUPERSEDED"
    assert SECOND in problem.text
    assert list(thread.problems(replacing(letter, SECOND))) == []


# Whom it reaches.


def decided(thread: Thread, event: Json) -> tuple[Event, Preview]:
    """What the sender's side decides of the message that goes on with a thread."""
    read = validate(event, sides().world, NOW_THERE, os.urandom, thread)
    return read, preview(read, sides().world, NOW_THERE, thread)


@cache
def first_of_a_case() -> tuple[Composed, Ruled]:
    """The contract's example, sent and routed on the example Network."""
    composed = sides().compose(example("missing_person", NOW_THERE), NOW_THERE)
    return composed, at_the_hub(composed)


def at_the_hub(composed: Composed, router: HubRouter | None = None) -> Ruled:
    record = inbound(composed.value, stored_at=NOW_THERE)
    return ruled(sides().parties, record, now=NOW_THERE + timedelta(seconds=1), router=router)


def test_it_reaches_who_had_it_and_who_is_new_and_lists_who_is_owed_a_recall() -> None:
    composed, alert = first_of_a_case()
    thread = thread_of(receipts(alert))
    event = correction(
        composed.message_id, addressing={"roles": ["HEADING"], "exclude": ["hu.spoc", "me"]}
    )
    event["open"]["likely_heading"] = [{"country": "SI", "certainty": "LIKELY", "reason": "OTHER"}]
    _, previewed = decided(thread, event)
    assert previewed.problems == ()
    rows = {row.desk: row for row in previewed.decision.deliveries}
    gone = {"hu.spoc", "me.spoc", "me.border-police"}
    assert set(reached(alert)) - gone <= rows.keys()
    assert {"si.spoc", "si.thb-police"} <= rows.keys() - set(reached(alert))
    assert previewed.recalls == tuple(sorted(gone))

    message = compose(previewed, sides().world, sides().parties.signer("rs"))
    assert message.thread_id == composed.thread_id
    ruling = at_the_hub(message)
    assert ruling.decision.outcome is Outcome.ROUTED
    assert ruling.decision.recalls == previewed.recalls
    assert ruling.decision.decision_digest == ruling.decision.slip_digest
    assert (ruling.decision.kind, ruling.decision.supersedes) == ("UPDATE", composed.message_id)
    delivery = sides().open(ruling.feeds["hu.thb-police"].value, "hu.thb-police")
    assert [reason.code for reason in delivery.because] == [EARLIER]
    assert delivery.problems == ()
    assert set(delivery.sealed) <= set(reached(alert)["hu.thb-police"])


_DESKS: Final = sorted(sides().world.network.desks)
_PARTIES: Final = [*_DESKS, *sorted(sides().world.network.members)]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(_DESKS), max_size=3, unique=True),
    st.lists(st.sampled_from(["HU", "SI", "BA", "XK"]), max_size=2, unique=True),
    st.lists(st.sampled_from(_PARTIES), max_size=3, unique=True),
    st.booleans(),
    st.sampled_from(["rs.spoc", "rs.border-police"]),
)
def test_nobody_gets_more_by_having_had_it_and_nobody_is_forgotten(
    desks: list[str],
    heading: list[str],
    exclude: list[str],
    only: bool,
    sender: str,
) -> None:
    composed, alert = first_of_a_case()
    thread = thread_of(receipts(alert))
    event = correction(composed.message_id)
    event["header"] |= {
        "from": sender,
        "addressing": {
            "desks": desks,
            "roles": ["LAST_SEEN"] + (["HEADING"] if heading else []),
            "exclude": exclude,
            "only": only and bool(desks),
        },
    }
    event["open"]["likely_heading"] = [
        {"country": code, "certainty": "LIKELY", "reason": "OTHER"} for code in heading
    ]
    read, previewed = decided(thread, event)
    alone = preview(read, sides().world, NOW_THERE).decision
    had = thread.prior
    new = {row.desk: row for row in alone.deliveries}
    for row in previewed.decision.deliveries:
        assert row.desk in had.keys() | new.keys()
        by_itself = set(new[row.desk].compartments) if row.desk in new else set()
        assert set(row.compartments) <= had.get(row.desk, set()) | by_itself
        if [reason.code for reason in row.because] == [EARLIER]:
            assert set(row.compartments) <= had[row.desk]
    delivered = {row.desk for row in previewed.decision.deliveries}
    assert new.keys() <= delivered
    assert set(previewed.recalls) == had.keys() - delivered - {sender}
    denied = {denial.desk for denial in previewed.decision.denials}
    if not (only and desks):
        assert set(previewed.recalls) <= denied


# What the hub's memory knows.


@pytest.fixture
def router() -> HubRouter:
    """A hub that has routed an alert and knows that all of it is durable."""
    router = HubRouter(SIDES.world)
    acknowledge(router, first_letter())
    return router


@cache
def first_letter() -> Letter:
    return a_letter(SIDES, header_of(message_id=REPLACED.message_id))


def acknowledge(router: HubRouter, letter: Letter) -> Ruled:
    ruling = ruled(SIDES, letter, router=router)
    assert ruling.decision.outcome is Outcome.ROUTED, ruling.codes
    router.acknowledged(ruling.record, ruling.routed)
    return ruling


def prior() -> Prior:
    return {desk: frozenset(had) for desk, had in reached(opened()).items()}


def update(message_id: str, **changes: Any) -> Letter:  # noqa: ANN401 - any field
    return a_letter(SIDES, replacing(first_letter(), message_id, **changes), prior=prior())


@pytest.mark.parametrize("change", [Change.ANNULLED, Change.ENDED])
def test_a_second_message_that_replaces_the_same_one_is_refused_with_the_first(
    router: HubRouter, change: Change
) -> None:
    newest = update(SECOND)
    acknowledge(router, newest)
    second = ruled(SIDES, update(THIRD, kind=Kind.CANCEL, change=change), router=router)
    assert second.codes == ["ALREADY_SUPERSEDED"]
    assert SECOND in second.decision.problems[0].text
    assert not second.feeds
    acknowledge(router, a_letter(SIDES, replacing(newest, THIRD), prior=prior()))


def test_before_all_of_the_first_is_durable_it_is_no_ground_to_refuse_another(
    router: HubRouter,
) -> None:
    assert ruled(SIDES, update(SECOND), router=router).decision.outcome is Outcome.ROUTED
    acknowledge(router, update(THIRD))
    assert ruled(SIDES, update(SECOND), router=router).codes == ["ALREADY_SUPERSEDED"]


def test_the_same_message_read_again_is_a_repetition_and_no_second_one(router: HubRouter) -> None:
    letter = update(SECOND)
    acknowledge(router, letter)
    assert ruled(SIDES, letter, router=router).decision.outcome is Outcome.REPEATED


def test_after_a_crash_the_chain_is_routed_again_as_it_was() -> None:
    chain = [first_letter(), update(SECOND)]
    chain.append(a_letter(SIDES, replacing(chain[-1], THIRD), prior=prior()))
    before, after = HubRouter(SIDES.world), HubRouter(SIDES.world)
    told = [acknowledge(before, letter) for letter in chain]
    again = [acknowledge(after, letter) for letter in chain]
    assert [each.decision.deliveries for each in told] == [
        each.decision.deliveries for each in again
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"thread_id": "rs." + THIRD}, "REFERENCE_UNKNOWN"),
        ({"supersedes": REPLACED}, "REFERENCE_DIGEST"),
        ({"status": Status.EXERCISE}, "REFERENCE_MISMATCH"),
    ],
)
def test_where_the_memory_knows_better_a_reference_is_refused(
    router: HubRouter, changes: dict[str, object], code: str
) -> None:
    ruling = ruled(SIDES, update(SECOND, **changes), router=router)
    assert ruling.codes == [code]
    assert ruling.decision.problems[0].pointer == "/header/supersedes"


def test_where_the_memory_knows_nothing_the_sender_is_believed() -> None:
    ruling = ruled(SIDES, update(SECOND, supersedes=REPLACED))
    assert ruling.decision.outcome is Outcome.ROUTED


def test_the_memory_forgets_who_replaced_what_with_the_message_that_did() -> None:
    seen = SeenSet(limit=2)
    late, soon = SENT_AT + timedelta(hours=2), SENT_AT + timedelta(hours=1)
    seen.remember(Sighting(soon, "rs", "b", b"b", supersedes="a"))
    seen.remember(Sighting(late, "rs", "c", b"c", supersedes="a"))
    assert seen.successor_of("rs", "a", SENT_AT) == "b"
    assert seen.successor_of("hu", "a", SENT_AT) is None, "ids are the sender's own"
    assert seen.successor_of("rs", "a", soon) is None
    for name in "defg":
        seen.remember(Sighting(late, "rs", name, b"", supersedes=name.upper()))
    assert len(seen) == 2
    assert sum(seen.successor_of("rs", name, SENT_AT) is not None for name in "DEFG") == 2


# What the hub makes of the sender's word about earlier recipients.


def test_who_is_on_the_slip_as_earlier_recipient_gets_at_most_what_it_had() -> None:
    had: Prior = {
        "bg.spoc": frozenset({"identity"}),
        "ro.spoc": frozenset(),
        "bg.shelter": frozenset({"identity", "recognition", "source"}),
    }
    header = replacing(first_letter(), SECOND, addressing=addressed(desks=["hu.spoc"]))
    ruling = ruled(SIDES, a_letter(SIDES, header, prior=had))
    got = reached(ruling)
    assert got["bg.spoc"] == ("identity",)
    assert got["ro.spoc"] == ()
    assert "source" not in got.get("bg.shelter", ())
    for desk, record in ruling.feeds.items():
        parcels = {each.compartment for each in ruling.fed(desk).tail.parcels}
        assert parcels == set(got[desk]), record.topic


def test_who_the_sender_decided_against_is_owed_a_recall_though_the_hub_would_not() -> None:
    letter = update(SECOND)
    assert letter.tail.slip is not None
    slip = read_part(SLIP, letter.tail.slip)
    kept = tuple(row for row in slip.deliveries if row.desk != "ro.spoc")
    narrowed = _redecided(letter, replace(slip, deliveries=kept))
    ruling = ruled(SIDES, narrowed)
    assert ruling.decision.outcome is Outcome.ROUTED
    assert ruling.undelivered() == {"ro.spoc": "NOT_ON_SLIP"}
    assert ruling.decision.recalls == ("ro.spoc",)


def _redecided(letter: Letter, slip: Slip) -> Letter:
    network = slip.network
    digest = decision_digest(slip.deliveries, network.version, network.digest, slip.engine)
    return with_slip(SIDES, letter, replace(slip, decision_digest=digest))


def test_a_desk_that_sends_the_update_itself_is_owed_no_recall() -> None:
    had = {**prior(), "rs.border": frozenset({"identity"})}
    header = replacing(first_letter(), SECOND, from_="rs.border")
    ruling = ruled(SIDES, a_letter(SIDES, header, prior=had))
    assert ruling.decision.outcome is Outcome.ROUTED
    assert "rs.border" not in reached(ruling)
    assert ruling.decision.recalls == ()


# Only its owner.


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.CANCEL])
def test_nobody_but_the_owner_of_a_thread_corrects_ends_or_lowers_it(kind: Kind) -> None:
    change = Change.CORRECTED if kind is Kind.UPDATE else Change.ANNULLED
    header = replacing(
        first_letter(), SECOND, from_="hu.spoc", kind=kind, change=change, tlp=Tlp.CLEAR
    )
    assert header.thread_id.startswith("rs.")
    ruling = ruled(SIDES, a_letter(SIDES, header))
    assert ruling.decision.outcome is Outcome.QUARANTINED
    assert ruling.codes == ["FOREIGN_THREAD"]

    event = correction(REPLACED.message_id, kind=kind.value, change=change.value)
    event["header"] |= {"from": "hu.spoc", "thread_id": header.thread_id}
    event["header"]["handling"] = {"tlp": "CLEAR", "europol": [], "pap": "CLEAR"}
    _, previewed = decided(thread_of([]), event)
    assert {"FOREIGN_THREAD", "REFERENCE_UNKNOWN"} <= {each.code for each in previewed.problems}


# At the command line, where no bus is asked.


@pytest.mark.parametrize(
    ("kind", "words"),
    [("UPDATE", "replaces {}: facts corrected"), ("CANCEL", "{} was true until now")],
)
def test_an_example_goes_on_with_a_case_and_its_preview_says_what_it_cannot_know(
    natcbus: CommandLine, kind: str, words: str
) -> None:
    event = natcbus("example", "missing_person", "--kind", kind, "--of", REPLACED.message_id).out
    assert natcbus("validate", "-", stdin=event).code == 0
    shown = natcbus("preview", "-", stdin=event)
    assert shown.code == 0
    assert words.format(REPLACED.message_id) in shown.out
    assert "name a --context to read its receipts" in shown.err
    told = natcbus("preview", "-", "--json", stdin=event).json
    assert (told["earlier"], told["recalls"], told["errors"]) == (None, [], [])


@pytest.mark.parametrize("words", [("--kind", "UPDATE"), ("--of", REPLACED.message_id)])
def test_an_example_that_goes_on_names_what_it_replaces(
    natcbus: CommandLine, words: tuple[str, ...]
) -> None:
    answer = natcbus("example", "missing_person", *words, "--json")
    assert (answer.code, answer.json["errors"][0]["code"]) == (2, "USAGE")
