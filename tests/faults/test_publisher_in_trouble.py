"""What may befall the side that publishes: no room, a clock that is set, a journal that is full."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from natcbus.client import (
    Context,
    IncompatibleError,
    Publisher,
    State,
    UnavailableError,
    publisher,
)
from natcbus.client.failpoints import Point
from natcbus.client.journal import Journal, journal_path, read_queued
from natcbus.operations.reachable import LOOPBACK, free_port
from tests.support.bus import Bus
from tests.support.mutations import Json, example
from tests.support.publishing_process import published_by_a_process
from tests.support.small_disk import small_disk
from tests.support.topics import copies, first_copies


@pytest.fixture
def here(bus: Bus, tmp_path: Path) -> Context:
    return replace(bus.context("rs"), state=tmp_path / "state")


@pytest.fixture
def nowhere(here: Context) -> Context:
    """The same side while the bus is away."""
    return replace(here, bootstrap=f"{LOOPBACK}:{free_port()}")


def alerts(publisher: Publisher, count: int) -> list[Json]:
    """Of one thread, each under its id."""
    events: list[Json] = []
    for _ in range(count):
        event = example("missing_person")
        header = publisher.preview(event).event.header
        first = events[0]["header"]["thread_id"] if events else header.thread_id
        event["header"] |= {"message_id": header.message_id, "thread_id": first}
        events.append(event)
    return events


def ids_of(events: list[Json]) -> list[str]:
    return [each["header"]["message_id"] for each in events]


OPENED = """
import sys
from pathlib import Path
from natcbus.client.errors import NatcbusError
from natcbus.client.journal import Journal
try:
    Journal(Path(sys.argv[1])).close()
except NatcbusError as error:
    print(error.code)
"""


def test_opened_on_a_full_disk_it_says_that_and_not_that_the_file_is_broken(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path, "4m") as disk:
        command = [*disk.within, sys.executable, "-c", OPENED, str(tmp_path / "journal.sqlite")]
        assert subprocess.check_output(command) == b""
        disk.fill()
        assert subprocess.check_output(command) == b"NO_SPACE\n"
        disk.relieve()
        assert subprocess.check_output(command) == b""


def test_with_a_full_disk_nothing_more_is_accepted_and_what_was_is_sent(
    bus: Bus, here: Context, nowhere: Context, tmp_path: Path
) -> None:
    with Publisher(replace(here, state=tmp_path / "other"), world=bus.world) as other:
        events = alerts(other, 20)
    thread, before, after = events[0]["header"]["thread_id"], events[:12], events[12:]
    mount = tmp_path / "small"
    mount.mkdir()
    with small_disk(mount, "24m") as disk:
        away, back = (replace(each, state=mount / "state") for each in (nowhere, here))
        run = partial(published_by_a_process, one_by_one=len(events), within=disk.within)
        queued = run(away, before, dies_at=Point.ANSWERED, hit=len(before))
        assert set(queued.returned) == set(ids_of(before[:-1])), "it was killed before it said more"
        disk.fill()
        refused = run(away, after)
        assert refused.refused == dict.fromkeys(ids_of(after), "NO_SPACE")
        # Durable and not noted, for want of room: so it is sent once more, the same bytes.
        assert run(back, before).returned == dict.fromkeys(ids_of(before), State.SENT)
        disk.relieve()
        assert run(back, events).returned == dict.fromkeys(ids_of(events), State.SENT)
    found = copies(here, {thread})
    assert first_copies(found, thread) == ids_of(events)
    assert len({(each.message_id, each.digest) for each in found}) == len(events)


def test_a_full_journal_refuses_and_loses_nothing(
    bus: Bus, here: Context, nowhere: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "Journal", partial(Journal, max_queued=3))
    with Publisher(nowhere, world=bus.world) as away:
        events = alerts(away, 5)
        assert [away.publish(each).state for each in events[:3]] == [State.QUEUED] * 3
        for each in events[3:]:
            with pytest.raises(UnavailableError) as caught:
                away.publish(each)
            assert caught.value.code == "JOURNAL_FULL"
            assert "3 messages" in caught.value.text
            assert away.state(each["header"]["message_id"]) is None
        # What is queued already is still known by its id.
        assert away.publish(events[1]).state is State.QUEUED
    with Publisher(here, world=bus.world) as back:
        assert back.drain(20) == ""
        assert [each.state for each in back.publish_all(events)] == [State.SENT] * 5
    thread = events[0]["header"]["thread_id"]
    assert [each.message_id for each in copies(here, {thread})] == ids_of(events)


def test_a_clock_that_is_set_back_changes_no_order(
    bus: Bus, here: Context, nowhere: Context
) -> None:
    hours = iter(range(0, -100, -1))

    def backwards() -> datetime:
        return datetime.now(UTC) + timedelta(hours=next(hours))

    with Publisher(nowhere, world=bus.world, now=backwards) as away:
        thread = away.publish(example("missing_person")).thread_id
        event = example("missing_person")
        event["header"]["thread_id"] = thread
        ids = [each.message_id for each in away.publish_all([event] * 4)]
    assert ids == sorted(ids, reverse=True), "younger ids sort first"
    with Publisher(here, world=bus.world) as back:
        first = [each.message_id for each in back.earlier]
        assert back.drain(20) == ""
        ids.append(back.publish(event).message_id)
    assert first_copies(copies(here, {thread}), thread) == [*first, ids[-1]]
    assert first[1:] == ids[:-1]


def test_what_expired_while_it_was_queued_is_not_sent_and_is_said(
    bus: Bus, here: Context, nowhere: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with Publisher(nowhere, world=bus.world) as away:
        short, long = alerts(away, 2)
        soon = datetime.now(UTC) + timedelta(hours=1)
        short["header"]["expires_at"] = soon.isoformat()
        assert [each.state for each in away.publish_all([short, long])] == [State.QUEUED] * 2

    def later() -> datetime:
        return datetime.now(UTC) + timedelta(hours=2)

    expired, sent = ids_of([short, long])
    with (
        caplog.at_level(logging.WARNING, "natcbus.client"),
        Publisher(here, world=bus.world, now=later) as back,
    ):
        assert back.drain(20) == ""
        assert (back.state(expired), back.state(sent)) == (State.EXPIRED, State.SENT)
        assert back.publish(short).state is State.EXPIRED
    assert f"message {expired} expired while it was queued" in caplog.text
    assert [each.message_id for each in copies(here, {short["header"]["thread_id"]})] == [sent]


def test_a_message_that_is_damaged_in_the_journal_holds_up_its_thread_and_no_other(
    bus: Bus, here: Context, nowhere: Context
) -> None:
    with Publisher(nowhere, world=bus.world) as away:
        damaged, behind = alerts(away, 2)
        assert [each.state for each in away.publish_all([damaged, behind])] == [State.QUEUED] * 2
    path = journal_path(here.state, here.member)
    rewrite_first_value(path)
    with Publisher(here, world=bus.world) as back:
        assert back.publish(example("missing_person")).state is State.SENT
        assert "damaged" in back.publish(damaged).why
        assert back.publish(example("missing_person")).state is State.SENT
    assert [each.message_id for each in read_queued(path)] == ids_of([damaged, behind])
    assert copies(here, {damaged["header"]["thread_id"]}) == []


def test_what_was_answered_queued_is_not_taken_back_when_the_bus_says_no(
    bus: Bus, here: Context, nowhere: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published then is refused at once; this one waits until the host has mended it."""
    with Publisher(nowhere, world=bus.world) as away:
        [event, other] = alerts(away, 2)
        assert away.publish(event).state is State.QUEUED
    with monkeypatch.context() as patch:
        patch.setattr("natcbus.client.attempts.out_topic", lambda _: "member.nobody.out")
        with Publisher(here, world=bus.world) as refused:
            again = refused.publish(event)
            assert (again.state, "does not exist or is not yours" in again.why) == (
                State.QUEUED,
                True,
            )
    with Publisher(here, world=bus.world) as mended:
        assert mended.publish(other).state is State.SENT
    thread = event["header"]["thread_id"]
    assert [each.message_id for each in copies(here, {thread})] == ids_of([event, other])


def test_what_the_brokers_do_not_take_is_not_accepted_and_holds_up_nobody(
    bus: Bus, here: Context, nowhere: Context
) -> None:
    """Unless it was accepted before they were asked: then it waits, and is said."""
    hungary, away = (
        replace(each, member="hu", keys=bus.context("hu").keys) for each in (here, nowhere)
    )
    small, large = from_hungary(), from_hungary()
    companion = {"relation": "RECRUITER", "description": "A man of about forty" * 14}
    large["sealed"]["circumstances"]["companions"] = [companion] * 8
    with Publisher(away, world=bus.world) as queueing:
        waiting = queueing.publish(large)
        assert waiting.state is State.QUEUED
    limit_topic(bus, "member.hu.out", 3500)
    with Publisher(hungary, world=bus.world) as asking:
        with pytest.raises(IncompatibleError) as caught:
            asking.publish(large)
        assert caught.value.code == "RECORD_REFUSED"
        assert asking.publish(small).state is State.SENT
        assert asking.state(waiting.message_id) is State.QUEUED
    limit_topic(bus, "member.hu.out", 1_000_000)
    with Publisher(hungary, world=bus.world) as asking:
        assert asking.drain(20) == ""


def from_hungary() -> Json:
    event = example("missing_person")
    event["header"] |= {"from": "hu.spoc", "addressing": {"desks": ["rs.spoc"]}}
    return event


def limit_topic(bus: Bus, topic: str, size: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bus.bootstrap)
    try:
        config = {"max.message.bytes": str(size)}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=config)])
    finally:
        admin.close()


def rewrite_first_value(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE message SET value = CAST(substr(value, 1, 900) || x'00' AS BLOB) "
            "WHERE number = (SELECT min(number) FROM message)"
        )
