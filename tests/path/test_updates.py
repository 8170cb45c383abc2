"""A case that goes on: alert, update, cancel, through the whole bus, as each desk sees it."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from natcbus.client import Delivery, Published, Publisher, RejectedError, contexts
from natcbus.client.composing import compose, preview, validate
from natcbus.client.connection import open_producer
from natcbus.client.keystore import Keystore
from natcbus.client.receipts import trace, wait_for_receipt
from natcbus.client.subscriber import Start
from natcbus.client.threads import thread_of
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.routing.topics import out_topic
from tests.support.bus import Bus, running_bus
from tests.support.command_line import CommandLine
from tests.support.kafka import running_kafka
from tests.support.mutations import example

Json = dict[str, Any]
SENDER = "rs"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@pytest.fixture(scope="module")
def publisher(bus: Bus) -> Iterator[Publisher]:
    with Publisher(bus.context(SENDER), world=bus.world) as publisher:
        yield publisher


def alert(*heading: str, exclude: tuple[str, ...] = ()) -> Json:
    """A missing person who may be heading for these countries."""
    event = copy.deepcopy(example("missing_person"))
    event["header"]["addressing"] = {"roles": ["HEADING"], "exclude": list(exclude)}
    event["open"]["likely_heading"] = [
        {"country": country, "certainty": "LIKELY", "reason": "OTHER"} for country in heading
    ]
    return event


def going_on(event: Json, kind: str, change: str, replaced: str) -> Json:
    """The event as the message that replaces another; its author names only that."""
    event["header"] |= {"kind": kind, "change": change, "supersedes": {"message_id": replaced}}
    return event


def routed(bus: Bus, sent: Published) -> DecisionRecord:
    """What the hub decided, which is what its sender decided."""
    receipt = wait_for_receipt(bus.context(SENDER), sent.message_id, 20)
    assert receipt is not None
    record = receipt.decision
    assert (record.outcome, record.problems) == (Outcome.ROUTED, ())
    assert record.decision_digest == record.slip_digest == sent.decision.digest
    assert {each.row.desk for each in record.deliveries} == {
        each.desk for each in sent.decision.deliveries
    }
    assert record.recalls == sent.recalls
    return record


def seen_by(bus: Bus, desk: str, thread_id: str) -> list[Delivery]:
    """Every message of a thread that a desk sees, in its order."""
    with bus.subscriber(desk, Start(beginning=True)) as subscriber:
        return [each for each in subscriber if each.thread_id == thread_id]


def codes(delivery: Delivery) -> list[str]:
    return [reason.code for reason in delivery.because]


def refused(publisher: Publisher, event: Json) -> Mapping[str, str]:
    """Why an event is not published: the text of each code, all of them about the reference."""
    with pytest.raises(RejectedError) as caught:
        publisher.publish(event)
    assert {problem.pointer for problem in caught.value.problems} == {"/header/supersedes"}
    return {problem.code: problem.text for problem in caught.value.problems}


def test_a_case_is_opened_corrected_and_ended_as_each_desk_sees_it(
    bus: Bus, publisher: Publisher
) -> None:
    first = publisher.publish(alert("HU", "ME"))
    correction = going_on(alert("HR", exclude=("me",)), "UPDATE", "CORRECTED", first.message_id)
    second = publisher.publish(correction)
    end = going_on(alert("HR"), "CANCEL", "ENDED", second.message_id)
    third = publisher.publish(end)
    records = [routed(bus, each) for each in (first, second, third)]
    thread = first.thread_id

    assert second.thread_id == third.thread_id == thread
    assert [record.kind for record in records] == ["ALERT", "UPDATE", "CANCEL"]
    assert [record.supersedes for record in records] == [
        None,
        first.message_id,
        second.message_id,
    ]
    of_montenegro = tuple(
        sorted(each.row.desk for each in records[0].deliveries if each.row.desk[:3] == "me.")
    )
    assert of_montenegro
    assert [record.recalls for record in records] == [(), of_montenegro, ()]

    before = seen_by(bus, "hu.spoc", thread)
    assert [each.message_id for each in before] == [
        sent.message_id for sent in (first, second, third)
    ]
    assert [codes(each) for each in before] == [["ROLE_HEADING"], ["PRIOR"], ["PRIOR"]]
    assert len({tuple(sorted(each.sealed)) for each in before}) == 1
    # Full state and no patch: nothing of what it replaces is in it.
    assert [each["country"] for each in before[1].open["likely_heading"]] == ["HR"]
    assert [each.header.change for each in before] == ["NONE", "CORRECTED", "ENDED"]
    for replaced, delivery in pairwise(before):
        assert delivery.header.supersedes is not None
        assert delivery.header.supersedes.message_id == replaced.message_id
        assert delivery.header.supersedes.signed_sha256 == replaced.digest.hex()

    added = seen_by(bus, "hr.spoc", thread)
    assert [codes(each) for each in added] == [["ROLE_HEADING"], ["PRIOR", "ROLE_HEADING"]]
    assert all(each.problems == () for each in (*before, *added))
    # Who is no longer excluded learns that what it has is over.
    assert [each.header.kind for each in seen_by(bus, "me.spoc", thread)] == ["ALERT", "CANCEL"]


def test_a_message_is_replaced_once_and_the_second_is_told_by_which(
    bus: Bus, publisher: Publisher
) -> None:
    opened = publisher.publish(alert("HU"))
    update = publisher.publish(
        going_on(alert("HU", "HR"), "UPDATE", "CORRECTED", opened.message_id)
    )
    routed(bus, update)
    again = going_on(alert("HU", "BA"), "UPDATE", "CORRECTED", opened.message_id)

    at_the_sender = refused(publisher, again)
    assert list(at_the_sender) == ["ALREADY_SUPERSEDED"]
    assert update.message_id in at_the_sender["ALREADY_SUPERSEDED"]

    record = past_its_sender(bus, again, opened.message_id)
    assert record.outcome is Outcome.REFUSED
    assert [(each.pointer, each.code) for each in record.problems] == [
        ("/header/supersedes", "ALREADY_SUPERSEDED")
    ]
    assert update.message_id in record.problems[0].text
    assert record.deliveries == ()
    assert [each.message_id for each in seen_by(bus, "hu.spoc", opened.thread_id)] == [
        opened.message_id,
        update.message_id,
    ]


def past_its_sender(bus: Bus, event: Json, replaced: str) -> DecisionRecord:
    """What the hub makes of an update whose sender knows only the receipt of what it replaces."""
    context, world = bus.context(SENDER), bus.world
    thread = thread_of(trace(context, replaced))
    now = datetime.now(UTC)
    read = validate(event, world, now, os.urandom, thread)
    signer = Keystore(context.keys).signing_key(SENDER)
    composed = compose(preview(read, world, now, thread), world, signer)
    producer = open_producer(context)
    producer.send(
        out_topic(SENDER),
        key=composed.thread_id.encode(),
        value=composed.value,
        headers=list(composed.headers),
    ).get(10)
    producer.close(5)
    receipt = wait_for_receipt(context, composed.message_id, 20)
    assert receipt is not None
    return receipt.decision


def test_a_reference_to_nothing_is_refused_before_anything_is_sent(
    bus: Bus, publisher: Publisher
) -> None:
    nobodys = "0195f3a0-0000-7000-8000-00000000dead"
    assert list(refused(publisher, going_on(alert("HU"), "UPDATE", "CORRECTED", nobodys))) == [
        "REFERENCE_UNKNOWN"
    ]
    theirs = publisher.publish(alert("HU"))
    routed(bus, theirs)
    event = going_on(alert("HR"), "CANCEL", "ANNULLED", theirs.message_id)
    event["header"]["from"] = "hu.spoc"
    with Publisher(bus.context("hu"), world=bus.world) as other:
        event["header"]["thread_id"] = theirs.thread_id
        with pytest.raises(RejectedError) as caught:
            other.publish(event)
    assert {problem.code for problem in caught.value.problems} == {
        "REFERENCE_UNKNOWN",
        "FOREIGN_THREAD",
    }


def test_the_commands_publish_preview_and_trace_an_update(
    bus: Bus, natcbus: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATCBUS_HOME", str(tmp_path))
    contexts.save(replace(bus.context("rs"), state=tmp_path / "state"))
    contexts.save(bus.context("hu"))
    opening = natcbus(
        "publish", "-", "--context", "rs", "--wait", "--json", stdin=json.dumps(alert("HU"))
    )
    opened = opening.json["message_id"]
    made = natcbus("example", "missing_person", "--kind", "CANCEL", "--of", opened).json
    made["header"] |= {
        "change": "ANNULLED",
        "addressing": {"roles": ["HEADING"], "exclude": ["hu.hotline"]},
    }
    cancel = json.dumps(made)

    shown = natcbus("preview", "-", "--context", "rs", "--json", stdin=cancel).json
    assert "hu.spoc" in shown["earlier"]
    assert shown["recalls"] == ["hu.hotline"]
    assert "PRIOR" in {why["code"] for each in shown["deliveries"] for why in each["because"]}
    asked = natcbus("why-not", "-", "--desk", "hu.hotline", "--context", "rs", stdin=cancel)
    assert "EXCLUDED_BY_SENDER" in asked.out

    sent = natcbus("publish", "-", "--context", "rs", "--wait", "--json", stdin=cancel).json
    assert (sent["state"], sent["recalls"]) == ("ROUTED", ["hu.hotline"])
    traced = natcbus("trace", sent["message_id"], "--context", "rs", "--json").json
    assert (traced["kind"], traced["supersedes"]) == ("CANCEL", opened)
    assert traced["recalls"] == ["hu.hotline"]
    assert (
        "owed a recall: hu.hotline" in natcbus("trace", sent["message_id"], "--context", "rs").out
    )
    at_desk = natcbus(
        "subscribe", "--context", "hu", "--desk", "hu.spoc", "--last", "1", "--until-end"
    )
    assert f"{opened} was never true" in at_desk.out
    again = natcbus("publish", "-", "--context", "rs", "--json", stdin=cancel)
    assert (again.code, again.json["errors"][0]["code"]) == (1, "ALREADY_SUPERSEDED")
