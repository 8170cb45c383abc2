"""What cannot be put aside is left and never dropped; what kills the hub is put aside unread."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

from natcbus.contract.types.hub import Outcome
from natcbus.hub.errors import Exit
from natcbus.operations.quarantine import held_records
from natcbus.routing.topics import QUARANTINE
from tests.support.authors import authored
from tests.support.bus import Bus
from tests.support.by_hand import Decided, Writing, waits
from tests.support.followed_bus import wait_until
from tests.support.hub_process import HubProcess
from tests.support.pass_through import DEADLY
from tests.support.poison import ASIDE, Poison

SEED: Final = 20261124
LEFT: Final = {Exit.FAILED, Exit.STUCK, Exit.NOT_READY}
CALM: Final = "mk.spoc"
GROUP: Final = "hub.route"


# Nothing that cannot be put aside is dropped.


@contextmanager
def hub_in_place_of_its_own(
    bus: Bus, module: str, *words: str, **settings: str
) -> Iterator[HubProcess]:
    """Another hub in the same group; the bus's own is back when the block ends."""
    if bus.hub.process.poll() is None:
        bus.hub.terminate()
    named = {f"NATCBUS_HUB_{name}": text for name, text in settings.items()}
    log = bus.folder / f"{uuid4()}.log"
    with HubProcess(module, words, {**bus.settings, **named}, log) as hub:
        yield hub.start().wait_ready()
    bus.hub.start().wait_ready()


def small_quarantine(admin: KafkaAdminClient) -> None:
    limit_quarantine(admin, "2000")


def limit_quarantine(admin: KafkaAdminClient, most: str) -> None:
    wanted = {"max.message.bytes": most}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, QUARANTINE, wanted)])


def no_quarantine(admin: KafkaAdminClient) -> None:
    admin.delete_topics([QUARANTINE])


def ample_quarantine(admin: KafkaAdminClient) -> None:
    if QUARANTINE not in admin.list_topics():
        admin.create_topics([NewTopic(QUARANTINE, num_partitions=1, replication_factor=1)])
    limit_quarantine(admin, "1048588")


@contextmanager
def administering(bus: Bus) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(bootstrap_servers=bus.bootstrap)) as admin:
        try:
            yield admin
        finally:
            ample_quarantine(admin)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("break_it", [small_quarantine, no_quarantine])
def test_what_cannot_be_put_aside_is_left_and_never_dropped(
    bus: Bus, writing: Writing, decided: Decided, break_it: Callable[[KafkaAdminClient], None]
) -> None:
    """The hub leaves without a commit, as often as it takes; then all of it is where it belongs."""
    [before] = islice(authored(bus, "ro.spoc", SEED + 11), 1)
    after = next(authored(bus, "ro.spoc", SEED + 12, thread_id=before.thread_id))
    large = Poison("large", "ro", before.thread_id.encode(), b"?" * 5_000, [], ASIDE)
    settings = {"STUCK_AFTER": "6", "READY_WITHIN": "10"}
    with (
        administering(bus) as admin,
        hub_in_place_of_its_own(bus, "natcbus.cli.main", "hub", **settings) as hub,
    ):
        break_it(admin)
        writing.good_message(before)
        writing.poison(large)
        writing.good_message(after)
        writing.settle()
        [(topic, partition, offset)] = writing.bad
        for attempt in range(2):
            if attempt:
                hub.start()
            assert hub.ended(60) in LEFT, hub.written
            assert committed(admin, topic, partition) <= offset, "nothing is committed over it"
        ample_quarantine(admin)
        hub.start().wait_ready()
        wait_until(lambda: held_at(bus, topic, partition, offset), 40, lambda: hub.written)
        decided.wait_for(writing.bad.keys() | writing.good.keys())
        wait_until(
            lambda: committed(admin, topic, partition) == offset + 2, 20, lambda: hub.written
        )
        assert hub.terminate() == 0
    for at in writing.good:
        # At least once: what was on its way when the hub left is there again, and says the same.
        assert {each.outcome for each in decided.by_place[at]} == {Outcome.ROUTED}


def committed(admin: KafkaAdminClient, topic: str, partition: int) -> int:
    """Where the hub would read on."""
    offsets = admin.list_group_offsets(GROUP)[GROUP]
    found = offsets.get(TopicPartition(topic, partition))
    return 0 if found is None else int(found.offset)


def held_at(bus: Bus, topic: str, partition: int, offset: int) -> bool:
    held = [(each.topic, each.partition, each.offset) for each in held_records(bus.bootstrap)]
    return (topic, partition, offset) in held


# What kills the process.


@pytest.mark.timeout(600)
def test_a_record_that_kills_the_hub_is_put_aside_undecoded_and_others_hardly_wait(
    bus: Bus, writing: Writing, decided: Decided
) -> None:
    calm = list(islice(authored(bus, CALM, SEED + 21), 6))
    [before] = islice(authored(bus, "si.thb-police", SEED + 22), 1)
    after = next(authored(bus, "si.thb-police", SEED + 23, thread_id=before.thread_id))
    deadly = Poison("deadly", "si", before.thread_id.encode(), DEADLY + b" to all", [], ASIDE)
    settings = {"STATE": str(bus.folder / "hub-state"), "LETHAL_AFTER": "3"}
    words = ("1", "tests.support.deadly_hub")
    with hub_in_place_of_its_own(bus, "tests.support.supervised", *words, **settings) as hub:
        for message in (before, *calm[:3]):
            writing.good_message(message)
        writing.poison(deadly)
        for message in (after, *calm[3:]):
            writing.good_message(message)
        writing.settle()
        decided.wait_for(writing.bad.keys() | writing.good.keys())
        deaths = re.findall(r"worker 0 ended with SIGKILL", hub.written)
        assert len(deaths) == 3
        hub.wait_ready()
        assert hub.terminate() == 0
    [place] = writing.bad
    assert {each.problems[0].code for each in decided.by_place[place]} == {"KILLS_THE_WORKER"}
    [held] = [each for each in held_records(bus.bootstrap) if each.code == "KILLS_THE_WORKER"]
    assert (held.topic, held.partition, held.offset) == place
    assert max(waits(writing, decided, "mk")) < timedelta(seconds=60)
