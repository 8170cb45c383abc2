"""What the consumer group says of itself: which of the members' topics nobody reads.

Faust and aiokafka say nothing when a topic is left without a reader, and a worker knows only its
own share. The group's coordinator knows them all, those of other machines included.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from natcbus.hub.clients import connection
from natcbus.hub.departure import Partition
from natcbus.hub.settings import Profile, Settings

_SETTLED: Final = "Stable"
_SHOWN: Final = 5

# It warns of each member whose own data are not Kafka's, and Faust's never are.
logging.getLogger("kafka.admin").setLevel(logging.ERROR)


class GroupView:
    """The group of the hub's workers, as its coordinator sees it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: KafkaAdminClient | None = None

    def obstacles(self, reads: Mapping[str, int]) -> tuple[str, ...]:
        """Return what keeps the group from reading ``reads``: topics and their partitions.

        The embedded broker is not asked: it has no answer.
        """
        if self._settings.profile is Profile.EMBEDDED:
            return ()
        try:
            described = self._describe()
        except KafkaError as error:
            self.close()
            return (f"the group cannot be looked at ({type(error).__name__})",)
        if described["error"] is not None:
            return (f"the group cannot be looked at: {described['error']}",)
        if described["group_state"] != _SETTLED:
            return ("the group is sharing its topics anew",)
        every = {(topic, number) for topic, count in reads.items() for number in range(count)}
        unread = [f"{topic}-{number}" for topic, number in sorted(every - set(_held(described)))]
        if not unread:
            return ()
        more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
        return (f"nobody reads {', '.join(unread[:_SHOWN])}{more}",)

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


def _held(described: Mapping[str, Any]) -> Iterator[Partition]:
    for member in described["members"]:
        assignment = member["member_assignment"]
        if isinstance(assignment, dict):
            for topic in assignment["assigned_partitions"]:
                yield from ((topic["topic"], number) for number in topic["partitions"])
