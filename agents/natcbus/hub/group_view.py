"""What the consumer group says of itself: which of the members' topics nobody reads.

Faust and aiokafka say nothing when a topic is left without a reader, and a worker knows only its
own share. The group's coordinator knows them all, those of other machines included.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError
from kafka.protocol.consumer import OffsetSpec

from natcbus.hub.clients import connection
from natcbus.hub.departure import Partition
from natcbus.hub.settings import Profile, Settings
from natcbus.hub.standstill import Reach

_SETTLED: Final = "Stable"
_SHOWN: Final = 5

# It warns of each member whose own data are not Kafka's, and Faust's never are.
logging.getLogger("kafka.admin").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Glance:
    """What the group's coordinator and the brokers said.

    Attributes
    ----------
    obstacles
        What keeps the group from reading every topic.
    holders
        The name in the group of who reads each partition; empty for a worker without one.
    reaches
        How far each partition goes and the group has come, where that could be asked.
    """

    obstacles: tuple[str, ...] = ()
    holders: Mapping[Partition, str] = field(default_factory=dict)
    reaches: Mapping[Partition, Reach] = field(default_factory=dict)


class GroupView:
    """The group of the hub's workers, as its coordinator sees it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: KafkaAdminClient | None = None

    def look(self, reads: Mapping[str, int]) -> Glance:
        """Look at who reads ``reads`` (topics and their partitions), and how far the group is.

        The embedded broker is not asked: it has no answer.
        """
        if self._settings.profile is Profile.EMBEDDED:
            return Glance()
        try:
            described = self._describe()
            if described["error"] is not None:
                return Glance((f"the group cannot be looked at: {described['error']}",))
            if described["group_state"] != _SETTLED:
                return Glance(("the group is sharing its topics anew",))
            held = dict(_held(described))
            every = {(topic, number) for topic, count in reads.items() for number in range(count)}
            return Glance(_unread(every - held.keys()), held, self._reaches(every))
        except KafkaError as error:
            self.close()
            return Glance((f"the group cannot be looked at ({type(error).__name__})",))

    def close(self) -> None:
        """Close the connection."""
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(KafkaError):
                admin.close()

    def _describe(self) -> Mapping[str, Any]:
        if self._admin is None:
            self._admin = KafkaAdminClient(**connection(self._settings))
        group = self._settings.group
        found: Mapping[str, Any] = self._admin.describe_groups([group])[group]
        return found

    def _reaches(self, partitions: Iterable[Partition]) -> Mapping[Partition, Reach]:
        if self._admin is None:
            return {}
        group = self._settings.group
        asked = [TopicPartition(*partition) for partition in partitions]
        committed = self._admin.list_group_offsets({group: asked})[group]
        first = self._admin.list_partition_offsets(dict.fromkeys(asked, OffsetSpec.EARLIEST))
        end = self._admin.list_partition_offsets(dict.fromkeys(asked, OffsetSpec.LATEST))
        return {
            (each.topic, each.partition): Reach(
                _committed(committed.get(each)), int(first[each].offset), int(end[each].offset)
            )
            for each in asked
            if each in first and each in end
        }


def _committed(found: Any) -> int | None:  # noqa: ANN401 - kafka-python publishes no types
    return None if found is None or found.offset < 0 else int(found.offset)


def _unread(partitions: Iterable[Partition]) -> tuple[str, ...]:
    unread = [f"{topic}-{number}" for topic, number in sorted(partitions)]
    if not unread:
        return ()
    more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
    return (f"nobody reads {', '.join(unread[:_SHOWN])}{more}",)


def _held(described: Mapping[str, Any]) -> Iterator[tuple[Partition, str]]:
    for member in described["members"]:
        assignment, name = member["member_assignment"], member["group_instance_id"]
        if isinstance(assignment, dict):
            for topic in assignment["assigned_partitions"]:
                for number in topic["partitions"]:
                    yield (topic["topic"], number), name or ""
