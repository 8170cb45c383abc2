"""Subscribing: a desk's feed, verified, opened, each delivery once.

The feed has one partition, which is assigned and not subscribed to: the subscriber keeps its own
position (``docs/decisions/005``). A delivery counts as shown when the caller comes back for the
next one; a crash before that shows it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from natcbus.client import contexts
from natcbus.client.announced import Announced
from natcbus.client.connection import Record
from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError
from natcbus.client.following import Follower
from natcbus.client.keystore import Keystore
from natcbus.client.opening import Delivery, RefusedDeliveryError, open_delivery
from natcbus.client.shown import Shown
from natcbus.client.world import World
from natcbus.client.worlds import worlds_of
from natcbus.envelope.errors import MissingKeyError
from natcbus.routing.nearest import did_you_mean
from natcbus.routing.topics import feed_topic

BEHIND: Final = frozenset({"MISSING_KEY", "WRONG_KEY", "UNKNOWN_SCHEMA"})
"""Refusals that newer public keys, or a newer SDK, may lift: read again at the next start."""

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

    Raises
    ------
    IncompatibleError
        BAD_SETTINGS.
    """

    beginning: bool = False
    since: datetime | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        if sum((self.beginning, self.since is not None, self.last is not None)) > 1:
            text = "start at the beginning, or since an instant, or with the last few"
            raise IncompatibleError.bad_settings(text)
        if self.since is not None and self.since.tzinfo is None:
            raise IncompatibleError.bad_settings("`since` needs a time zone")
        if self.last is not None and self.last < 1:
            raise IncompatibleError.bad_settings("`last` is at least 1")

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

    After an ``UnavailableError``, or a ``break``, iterate again: it goes on with the first delivery
    that the caller did not come back from.

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
        Told of each record that is not believed; the feed goes on behind it. A newer minor version
        is read with the schema that ``hub.schemas`` announces. One that a newer
        directory of public keys or a newer SDK may make believable (``BEHIND``) is read again when
        the desk is resumed with them.

    Raises
    ------
    IncompatibleError
        The context, the Network, the desk's key or the state cannot be used.
    UnavailableError
        The bus does not answer; said within 15 s.
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
        self._start = start
        self._until_end = until_end
        self._on_refused = on_refused
        self._feed = feed_topic(desk)
        self._worlds = worlds_of(self.context, world)
        try:
            self._catalogue = self._worlds.current().catalogue
            _check(self._worlds.current(), desk)
            self._key = Keystore(self.context.keys).sealing_key(desk)
            self._shown = Shown(self.context.state / f"{desk}.sqlite") if start.resumes else None
        except BaseException:
            self._worlds.close()
            raise
        self._seen: dict[str, bytes] = {}
        self._announced = Announced(self.context)
        self._next: int | None = None
        self._follower: Follower | None = None
        self._closed = False
        self._stopped = False

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
        """Every delivery from the first on that was not settled, also after an earlier loop."""
        for record in self._records():
            try:
                delivery = self._open(record)
            except RefusedDeliveryError as error:
                self._on_refused(Refused(record.offset, error.code, error.text))
                self._pass(record.offset, unread=error.code in BEHIND)
                continue
            if delivery is not None:
                yield delivery
            self._settle(record.offset, delivery)

    def stop(self) -> None:
        """Ends the iteration after what was fetched, within moments; safe from another thread."""
        self._stopped = True
        follower = self._follower
        if follower is not None:
            follower.stop()

    def close(self) -> None:
        """Closes the connection and lets another process have the desk's state."""
        self._closed = True
        self._leave()
        self._worlds.close()
        if self._shown is not None:
            self._shown.close()

    def _leave(self) -> None:
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.close()

    def _open(self, record: Record) -> Delivery | None:
        """The delivery of a record that is shown now; None if it was shown before."""
        delivery = self._believed(record.value or b"")
        before = self._digest(delivery.delivery_id)
        if before is not None and before != delivery.digest:
            text = f"{delivery.message_id} came before with other content: tell its sender"
            raise RefusedDeliveryError("ID_REUSED", text)
        return delivery if before is None else None

    def _believed(self, value: bytes) -> Delivery:
        world = replace(self._worlds.current(), catalogue=self._catalogue)
        try:
            return open_delivery(value, self.desk, self._key, world)
        except RefusedDeliveryError as error:
            if error.code != "UNKNOWN_SCHEMA":
                raise
            extended = self._announced.extended(self._catalogue, value)
            if extended is None:
                raise
        self._catalogue = extended
        return open_delivery(value, self.desk, self._key, replace(world, catalogue=extended))

    def _digest(self, delivery_id: str) -> bytes | None:
        if self._shown is not None:
            return self._shown.digest(delivery_id)
        return self._seen.get(delivery_id)

    def _settle(self, offset: int, delivery: Delivery | None) -> None:
        self._next = offset + 1
        if self._shown is not None:
            identity = ("", b"") if delivery is None else (delivery.delivery_id, delivery.digest)
            self._shown.settle(self._feed, offset, *identity)
        elif delivery is not None:
            self._seen[delivery.delivery_id] = delivery.digest

    def _pass(self, offset: int, *, unread: bool) -> None:
        self._next = offset + 1
        if self._shown is not None and unread:
            self._shown.leave_unread(self._feed, offset)
        elif self._shown is not None:
            self._shown.settle(self._feed, offset)

    def _records(self) -> Iterator[Record]:
        if self._closed:
            raise IncompatibleError.bad_settings(f"the subscriber of {self.desk} is closed")
        # Whoever left an earlier loop in the middle left part of what was fetched behind.
        self._leave()
        follower = self._follower = Follower(self.context, self._feed)
        self._begin(follower)
        if self._stopped:
            return
        for record in follower.records(until_end=self._until_end):
            if self._next is None:
                self._next = record.offset
                self._missing_before(record.offset)
            if self._wanted(record):
                yield record

    def _wanted(self, record: Record) -> bool:
        since = self._start.since
        return since is None or record.timestamp >= since.timestamp() * 1000

    def _begin(self, follower: Follower) -> None:
        state = "" if self._shown is None else str(self._shown.path)
        settled = None if self._shown is None else self._shown.position(self._feed)
        resumed = settled if self._next is None else self._next
        if resumed is not None:
            follower.begin_at(resumed, state)
        elif self._start.since is not None:
            follower.begin_since(self._start.since)
        elif self._start.last is not None:
            follower.begin_before_end(self._start.last)
        else:
            follower.begin()

    def _missing_before(self, first: int) -> None:
        """Says so when the bus removed records before this desk came back for them."""
        if self._shown is None:
            return
        resumed = self._shown.position(self._feed)
        if resumed is not None and resumed < first:
            logger.warning(
                "%s: the bus removed %d records before they were read here",
                self._feed,
                first - resumed,
            )
            self._shown.forget_before(self._feed, first)


def _check(world: World, desk: str) -> None:
    """Refuses what would make every record of the feed be refused."""
    if desk not in world.network.desks:
        raise IncompatibleError.unknown_desk(desk, did_you_mean(desk, world.network))
    try:
        world.keys.hub_key()
    except MissingKeyError as error:
        raise IncompatibleError.bad_network(error.text) from error
