"""The Faust application of the route agents, with every default that loses events changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from faust.types import Message

from natcbus.hub.deaths import NO_PAST, Past
from natcbus.hub.departure import Leave, Partition, leave_process
from natcbus.hub.fitness import require_compiled_faust, require_fit
from natcbus.hub.librdkafka import to_read, to_write
from natcbus.hub.metrics import Live, Metrics
from natcbus.hub.pauses import Pauses
from natcbus.hub.progress import Progress
from natcbus.hub.records import Router
from natcbus.hub.route_agent import Now, Routing, install_agent, utc_now
from natcbus.hub.security import credentials
from natcbus.hub.settings import Settings
from natcbus.hub.transport import App, Consumer
from natcbus.hub.window import Window

BUFFERED_EVENTS: Final = 256
"""Events that Faust holds before the window: a stop has to finish them."""
REQUEST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Hub:
    """An application with the parts that its worker watches."""

    app: App
    window: Window[Message]
    metrics: Metrics
    progress: Progress
    pauses: Pauses
    reads: tuple[str, ...]

    async def observe(self) -> None:
        """Compare the positions of the assigned partitions with their ends."""
        consumer = cast(Consumer, self.app.consumer)
        ends = consumer.ends()
        positions: dict[Partition, int] = {}
        for partition in ends:
            position = self.window.next_offset(partition, self.app.consumer_generation_id)
            if position is None:
                position = self.progress.reached.get(partition)
            if position is None:
                position = await consumer.start_of(partition)
            positions[partition] = position
        self.progress.observe(positions, ends)

    def live(self) -> Live:
        """Return the figures of this moment."""
        oldest = self.window.oldest()
        return Live(
            in_flight=self.window.occupancy(),
            lag=self.progress.lag,
            oldest_seconds=0.0 if oldest is None else oldest[0],
            network=self.progress.network(),
            paused=self.pauses.left(),
            states=self.window.states(),
            ready=not self.progress.obstacles(),
        )


def create_app(
    settings: Settings,
    router: Router,
    member_topics: Sequence[str],
    *,
    now: Now = utc_now,
    leave: Leave = leave_process,
    past: Past = NO_PAST,
) -> Hub:
    """Build the application; nothing connects before its worker starts.

    Parameters
    ----------
    router
        Decides about each record.
    member_topics
        All topics to read, for the whole life of the worker.
    past
        What the workers before this one died of.

    Raises
    ------
    UnfitFaustError
        If Faust's streams are not the compiled ones, or it is set up to lose or to tell.
    """
    require_compiled_faust(os.environ)
    metrics = Metrics()
    metrics.expect(member_topics)
    pauses = Pauses(settings.flood_pause)
    progress = Progress(settings.stalled_after, paused=pauses.left)
    app = App(
        settings.group,
        to_read=to_read(settings),
        to_write=to_write(settings),
        on_joined=progress.join,
        on_left=progress.leave,
        on_committed=metrics.committed,
        paused=pauses.left,
        leave=leave,
        **faust_settings(settings),
        **_membership(settings, member_topics),
    )
    routing = Routing(router, metrics, now, past, pauses)
    window = _window(app, settings, routing, metrics, leave)
    install_agent(app, window, member_topics)
    require_fit(app)
    hub = Hub(app, window, metrics, progress, pauses, tuple(member_topics))
    metrics.watch(hub.live)
    return hub


def faust_settings(settings: Settings) -> Mapping[str, object]:
    """Return Faust's own settings. ``env`` is empty: its environment variables have no say."""
    return {
        "env": {},
        "broker": [f"kafka://{broker}" for broker in settings.bootstrap.split(",")],
        "broker_credentials": credentials(settings),
        "broker_client_id": settings.group_instance_id or settings.group,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": settings.heartbeat_interval,
        "broker_request_timeout": max(REQUEST_SECONDS, settings.session_timeout),
        "broker_commit_interval": settings.commit_interval,
        "broker_commit_every": settings.commit_every,
        "processing_guarantee": "at_least_once",
        "stream_wait_empty": True,
        "stream_buffer_maxsize": BUFFERED_EVENTS,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "reply_create_topic": False,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "store": "memory://",
        "cache": "memory://",
        "web_enabled": False,
        "autodiscover": False,
        "debug": False,
        "worker_redirect_stdouts": False,
    }


def _membership(settings: Settings, topics: Sequence[str]) -> Mapping[str, object]:
    """Return the worker's name in its group, another one for other topics.

    A broker hands a member that comes back under its stable id what it had, and looks at nothing
    else: topics that are new in its subscription would never be assigned to anybody.
    """
    if settings.group_instance_id is None:
        return {}
    topics_digest = hashlib.sha256("\n".join(sorted(topics)).encode()).hexdigest()
    return {"consumer_group_instance_id": f"{settings.group_instance_id}.{topics_digest[:12]}"}


def _window(
    app: App, settings: Settings, routing: Routing, metrics: Metrics, leave: Leave
) -> Window[Message]:
    return Window(
        derive=routing.derive,
        send=app.produce,
        source=_Source(app),
        size=settings.window,
        on_expired=metrics.expired,
        leave=leave,
    )


class _Source:
    """The consumer, which Faust makes only once its loop runs."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def _consumer(self) -> Consumer:
        return cast(Consumer, self._app.consumer)

    async def start_of(self, partition: Partition) -> int:
        return await self._consumer.start_of(partition)

    async def earliest(self, partition: Partition) -> int:
        return await self._consumer.earliest(partition)

    def acknowledge(self, message: Message) -> None:
        self._consumer.acknowledge(message)
