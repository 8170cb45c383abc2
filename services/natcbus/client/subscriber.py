"""Subscribing: a desk's feed, verified, opened, each delivery once.

The feed has one partition, which is assigned and not subscribed to: the subscriber keeps its own
position (``docs/decisions/005``). A delivery counts as shown when the caller comes back for the
next one; a crash before that shows it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from kafka import TopicPartition
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from natcbus.client import contexts
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError, UnavailableError
from natcbus.client.keystore import Keystore
from natcbus.client.opening import Delivery, RefusedDeliveryError, open_delivery
from natcbus.client.receipts import at_end, connect
from natcbus.client.shown import Shown
from natcbus.client.world import World, read_world
from natcbus.routing.topics import feed_topic

_POLL_MS: Final = 200
_SILENCE_SECONDS: Final = 10.0
"""How long the bus may say nothing, not even where the feed ends, before it counts as away."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin. At most one of the fields is set; none means: where it stopped last time.

    Attributes
    ----------
    beginning
        From the oldest record that the bus still holds.
    since
        From the first record stored at or after this instant.
    last
        The newest so many records.
    """

    beginning: bool = False
    since: datetime | None = None
    last: int | None = None

    @property
    def resumes(self) -> bool:
        """Whether the memory of what was shown applies; a chosen start shows it again."""
        return not self.beginning and self.since is None and self.last is None


RESUME: Final = Start()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was not shown, and why: offset, code and text; nothing of its content."""

    offset: int
    code: str
    text: str


def log_refused(refused: Refused) -> None:
    """Warns of a refused record."""
    logger.warning("refused record %d: %s: %s", refused.offset, refused.code, refused.text)


class Subscriber:
    """The deliveries of one desk. Use it as a context manager and iterate over it, in one thread.

    Parameters
    ----------
    context
        A context or its name; the current one where it is left out.
    desk
        Whose feed; its private key must be in the context's keystore.
    start
        Where to begin.
    until_end
        Stop when everything is read that was there, instead of waiting for more.
    on_refused
        Told of each record that is not believed; the feed goes on behind it.

    Raises
    ------
    IncompatibleError
        The context, the Network, the desk's key or the state cannot be used.
    UnavailableError
        The bus does not answer.
    """

    def __init__(
        self,
        context: Context | str | None = None,
        *,
        desk: str,
        start: Start = RESUME,
        until_end: bool = False,
        world: World | None = None,
        on_refused: Callable[[Refused], None] = log_refused,
    ) -> None:
        self.context = context if isinstance(context, Context) else contexts.load(context)
        self.desk = desk
        self._world = world or read_world(self.context.network, self.context.public_keys)
        self._key = Keystore(self.context.keys).sealing_key(desk)
        self._start = start
        self._until_end = until_end
        self._on_refused = on_refused
        self._partition = TopicPartition(feed_topic(desk), 0)
        self._shown = Shown(self.context.state / f"{desk}.sqlite") if start.resumes else None
        self._seen: dict[str, bytes] = {}
        self._settled: int | None = None
        self._consumer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Delivery]:
        for record in self._records():
            delivery = self._open(record)
            if delivery is not None:
                yield delivery
            self._settle(record.offset, delivery)

    def close(self) -> None:
        """Closes the connection and lets another process have the desk's state."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close()
        if self._shown is not None:
            self._shown.close()
            self._shown = None

    def _open(self, record: Any) -> Delivery | None:  # noqa: ANN401 - kafka-python has no types
        """The delivery of a record that is shown now; None if it was, or is not believed."""
        try:
            delivery = open_delivery(record.value or b"", self.desk, self._key, self._world)
        except RefusedDeliveryError as error:
            self._on_refused(Refused(record.offset, error.code, error.text))
            return None
        before = self._digest(delivery.delivery_id)
        if before is None:
            return delivery
        if before != delivery.digest:
            text = f"{delivery.message_id} came before with other content: tell its sender"
            self._on_refused(Refused(record.offset, "ID_REUSED", text))
        return None

    def _digest(self, delivery_id: str) -> bytes | None:
        if self._shown is not None:
            return self._shown.digest(delivery_id)
        return self._seen.get(delivery_id)

    def _settle(self, offset: int, delivery: Delivery | None) -> None:
        self._settled = offset
        if self._shown is not None:
            identity = ("", b"") if delivery is None else (delivery.delivery_id, delivery.digest)
            self._shown.settle(self._partition.topic, offset, *identity)
        elif delivery is not None:
            self._seen[delivery.delivery_id] = delivery.digest

    def _records(self) -> Iterator[Any]:
        if self._consumer is None:
            self._consumer = self._begin()
        elif self._settled is not None:
            # Whoever left an earlier loop in the middle left part of what was fetched behind.
            self._consumer.seek(self._partition, self._settled + 1)
        consumer, heard = self._consumer, time.monotonic()
        while True:
            try:
                batch = consumer.poll(timeout_ms=_POLL_MS).get(self._partition, [])
                ended = at_end(consumer, self._partition)
            except KafkaError as error:
                raise self._away(error) from error
            yield from (record for record in batch if self._wanted(record))
            if ended and self._until_end:
                return
            if batch or ended:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENCE_SECONDS:
                # A forbidden topic answers nothing and raises nothing, like a broker that is away.
                raise self._silent()

    def _wanted(self, record: Any) -> bool:  # noqa: ANN401 - kafka-python has no types
        since = self._start.since
        # The embedded broker answers offsets_for_times by its own clock, so look once more.
        return since is None or record.timestamp >= since.timestamp() * 1000

    def _begin(self) -> Any:  # noqa: ANN401 - kafka-python has no types
        consumer = connect(self.context)
        try:
            if not consumer.partitions_for_topic(self._partition.topic):
                raise IncompatibleError.not_permitted(self._partition.topic)
            consumer.assign([self._partition])
            self._seek(consumer)
        except TopicAuthorizationFailedError as error:
            raise IncompatibleError.not_permitted(self._partition.topic) from error
        except KafkaError as error:
            raise self._away(error) from error
        return consumer

    def _seek(self, consumer: Any) -> None:  # noqa: ANN401 - kafka-python has no types
        resumed = None if self._shown is None else self._shown.position(self._partition.topic)
        if resumed is not None:
            consumer.seek(self._partition, resumed)
            return
        consumer.seek_to_beginning(self._partition)
        if self._start.since is not None:
            stamp = int(self._start.since.timestamp() * 1000)
            found = consumer.offsets_for_times({self._partition: stamp}).get(self._partition)
            if found is not None:
                consumer.seek(self._partition, found.offset)
        elif self._start.last is not None:
            self._seek_last(consumer, self._start.last)

    def _seek_last(self, consumer: Any, count: int) -> None:  # noqa: ANN401
        deadline = time.monotonic() + _SILENCE_SECONDS
        while consumer.highwater(self._partition) is None:
            # The end is known from a fetch alone; what that brought is read again below.
            consumer.poll(timeout_ms=_POLL_MS, max_records=1)
            if time.monotonic() > deadline:
                raise self._silent()
        end = consumer.highwater(self._partition)
        consumer.seek(self._partition, max(end - count, 0))

    def _away(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(self.context.bootstrap, type(error).__name__)

    def _silent(self) -> UnavailableError:
        cause = f"nothing heard of {self._partition.topic} for {_SILENCE_SECONDS:.0f} s"
        return UnavailableError(self.context.bootstrap, cause)
