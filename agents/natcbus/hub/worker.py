"""One hub worker: starts, says whether it is ready, stops cleanly, and returns its exit code."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn, TypeAlias, cast

import faust
from mode import Service
from prometheus_client import disable_created_metrics

from natcbus.hub.app import Hub, create_app
from natcbus.hub.deaths import recall
from natcbus.hub.departure import Departure, Leave, leave_process
from natcbus.hub.errors import (
    Exit,
    NoNetworkError,
    NotReadyError,
    StuckError,
    UnsafeGroundError,
)
from natcbus.hub.ground import require_safe_ground
from natcbus.hub.health import HealthServer
from natcbus.hub.leash import end_with_supervisor
from natcbus.hub.logs import install_logs
from natcbus.hub.marks import Mark
from natcbus.hub.records import Companion, Wiring
from natcbus.hub.settings import Settings
from natcbus.hub.stalls import StallDetector
from natcbus.hub.transport import Consumer
from natcbus.hub.whereabouts import announce
from natcbus.hub.window import Watchdog

OBSERVE_SECONDS: Final = 0.5
SWITCH_SECONDS: Final = 0.0005
"""How long the thread that decides may keep the interpreter from the one that reads.

Python's own five milliseconds are paid several times for each fetch: more than a message needs to
be decided.
"""

RouterFactory: TypeAlias = Callable[[Settings], Wiring]

logger = logging.getLogger(__name__)


def run(settings: Settings, router_factory: RouterFactory, *, leave: Leave = leave_process) -> int:
    """Run a worker until SIGTERM or SIGINT and return its exit code.

    Parameters
    ----------
    router_factory
        Makes the router and names the topics, from the settings.

    Returns
    -------
    int
        0 after a clean stop, 75 after one that a new member of the network asked for, 74 when the
        brokers or a network were not there at the start, or not as production needs them, 1 when
        Faust gave up later. Every other end is a departure (:class:`~natcbus.hub.errors.Exit`),
        which does not return.

    Raises
    ------
    SettingsError
        What the settings name is not what it should be.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    install_logs(settings.log_level)
    faulthandler.enable()
    disable_created_metrics()  # type: ignore[no-untyped-call]
    past = recall(settings)
    leave = _blaming(leave, past.mark)
    if settings.leashed:
        end_with_supervisor(leave)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        wiring = router_factory(settings)
        require_safe_ground(settings, wiring.reads, wiring.writes)
    except (NoNetworkError, UnsafeGroundError) as error:
        logger.critical("%s", error)
        return error.exit
    hub = create_app(settings, wiring.router, wiring.reads, leave=leave, past=past)
    hub.progress.network = wiring.network
    worker = HubWorker(hub, settings, wiring.writes, leave, loop=loop)
    with _life_signs(hub, settings, leave, loop), _company(wiring.companion, worker):
        try:
            worker.execute_from_commandline()
        except SystemExit as end:
            return _exit_code(end, hub, worker)


def _blaming(leave: Leave, mark: Mark) -> Leave:
    """Leave the mark at a record that no worker would get over."""

    def blame(departure: Departure) -> NoReturn:
        at, offset = departure.partition, departure.offset
        if departure.fault_of_record and at is not None and offset is not None:
            mark.set(*at, offset)
        leave(departure)

    return blame


@contextmanager
def _life_signs(
    hub: Hub, settings: Settings, leave: Leave, loop: asyncio.AbstractEventLoop
) -> Iterator[None]:
    health = HealthServer(hub.progress, hub.metrics, settings.health_port)
    watchdog = Watchdog(hub.window.oldest, settings.stuck_after, leave)
    stalls = StallDetector(loop, settings.silent_after, lambda _: hub.metrics.stalled())
    health.start()
    watchdog.start()
    stalls.start()
    logger.info("health and metrics on %s", health.url)
    if settings.state is not None:
        announce(health.url, settings.state, settings.slot)
    try:
        yield
    finally:
        stalls.stop()
        watchdog.stop()
        health.stop()


@contextmanager
def _company(companion: Companion | None, worker: HubWorker) -> Iterator[None]:
    if companion is None:
        yield
        return
    companion.accompany(worker)
    try:
        yield
    finally:
        companion.stop()


def _exit_code(end: SystemExit, hub: Hub, worker: HubWorker) -> int:
    if not end.code:
        return Exit.NEW_TOPICS if hub.app.departing else 0
    why = type(worker.crash_reason).__name__
    if hub.progress.complete:
        logger.critical("Faust gave up (%s); nothing unfinished was acknowledged", why)
        return 1
    logger.critical("the hub never became ready (%s): are the brokers up?", why)
    return Exit.NOT_READY


class HubWorker(faust.Worker):
    """Faust's worker, with the checks that Faust leaves out."""

    def __init__(
        self,
        hub: Hub,
        settings: Settings,
        writes: tuple[str, ...],
        leave: Leave,
        *,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        options: dict[str, Any] = {"override_logging": False}
        super().__init__(
            hub.app, loop=loop, debug=False, quiet=True, redirect_stdouts=False, **options
        )
        self.spinner = None
        self._hub = hub
        self._settings = settings
        self._writes = writes
        self._leave = leave

    def between_messages(self, change: Callable[[], None]) -> None:
        """Call ``change`` in the event loop, where one record after the other is decided."""
        self.loop.call_soon_threadsafe(change)

    def start_again(self) -> None:
        """Stop as SIGTERM does, and leave the group: the next process is another member of it."""
        self._hub.app.departing = True
        os.kill(os.getpid(), signal.SIGTERM)

    def network_refused(self, code: str) -> None:
        """Count a version of the network that is not used."""
        self._hub.metrics.network_refused(code)

    def abandon(self, error: Exception) -> None:
        """Leave the process: what followed the network has failed."""
        self._leave(Departure(error))

    @Service.task
    async def _become_ready(self) -> None:
        """Leave unless the group is joined and every topic seen within the time allowed."""
        limit = self._settings.ready_within
        deadline = self.loop.time() + limit
        while not self.should_stop:
            missing = await self._missing_by(deadline)
            if not missing:
                self._hub.progress.complete = True
                logger.info("ready: %d partitions", self._hub.progress.partitions)
                return
            if self.loop.time() >= deadline:
                self._leave(Departure(NotReadyError(missing, limit)))
            await self.sleep(OBSERVE_SECONDS)

    async def _missing_by(self, deadline: float) -> list[str]:
        try:
            left = max(OBSERVE_SECONDS, deadline - self.loop.time())
            return await asyncio.wait_for(self._missing(), left)
        except TimeoutError:
            return ["the brokers do not answer"]

    async def _missing(self) -> list[str]:
        if not self._hub.progress.joined:
            return ["the consumer group was not joined"]
        consumer = cast(Consumer, self._hub.app.consumer)
        self._hub.progress.reads = consumer.partitions(self._hub.reads)
        unread = set(self._hub.reads) - self._hub.progress.reads.keys()
        unwritable = await self._hub.app.unwritable(self._writes)
        return [f"cannot read {topic}" for topic in sorted(unread)] + [
            f"cannot write {topic}" for topic in sorted(unwritable)
        ]

    @Service.task
    async def _observe(self) -> None:
        """Keep the figures of progress up to date."""
        while not self.should_stop:
            self._hub.progress.beat()
            if self._hub.progress.joined:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hub.observe(), OBSERVE_SECONDS * 10)
            await self.sleep(OBSERVE_SECONDS)

    def _flag_as_shutdown_by_signal(self) -> None:
        super()._flag_as_shutdown_by_signal()
        self._hub.progress.stopping = True
        self._limit_stop()

    def _limit_stop(self) -> None:
        # With the brokers away Faust would wait for ever; a thread, as the loop may be stuck too.
        limit = self._settings.stop_within
        departure = Departure(StuckError("The hub has been stopping", limit, limit))
        timer = threading.Timer(limit, self._leave, [departure])
        timer.daemon = True
        timer.start()
