"""One hub worker: starts, says whether it is ready, stops cleanly, and returns its exit code."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias, cast

import faust
from mode import Service
from prometheus_client import disable_created_metrics

from natcbus.hub.app import Hub, create_app
from natcbus.hub.departure import Departure, Leave, leave_process
from natcbus.hub.errors import Exit, NotReadyError, StuckError
from natcbus.hub.health import HealthServer
from natcbus.hub.logs import install_logs
from natcbus.hub.records import Wiring
from natcbus.hub.settings import Settings
from natcbus.hub.transport import Consumer
from natcbus.hub.window import Watchdog

OBSERVE_SECONDS: Final = 0.5

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
        0 after a clean stop, 74 when the brokers were not there at the start, 1 when Faust gave
        up later. Every other end is a departure (:class:`~natcbus.hub.errors.Exit`), which does
        not return.
    """
    install_logs(settings.log_level)
    disable_created_metrics()  # type: ignore[no-untyped-call]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    wiring = router_factory(settings)
    hub = create_app(settings, wiring.router, wiring.reads, leave=leave)
    health = HealthServer(hub.progress, hub.metrics, settings.health_port)
    watchdog = Watchdog(hub.window.oldest, settings.stuck_after, leave)
    worker = HubWorker(hub, settings, wiring.writes, leave, loop=loop)
    health.start()
    watchdog.start()
    logger.info("health and metrics on %s", health.url)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return _exit_code(end, hub, worker)
    finally:
        watchdog.stop()
        health.stop()


def _exit_code(end: SystemExit, hub: Hub, worker: HubWorker) -> int:
    if not end.code:
        return 0
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
        unread = cast(Consumer, self._hub.app.consumer).unknown(self._hub.reads)
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
