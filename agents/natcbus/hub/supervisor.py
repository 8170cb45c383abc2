"""``natcbus hub --workers N``: a process for each worker, started again whatever it ended of.

Each worker has a place of its own with a stable name in the consumer group, so that one that died
is back in seconds with the partitions it had. On SIGTERM all are stopped within their time and then
killed; when the supervisor itself is killed, its workers end with it.

The supervisor decides nothing and reads no message. It judges from outside whether the hub is
ready: every worker says so of itself, and the group says that each member's topic is read by one. A
worker that holds a partition with records, and does not get on, is killed: it may not know itself.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.exposition import generate_latest

from natcbus.hub.departure import Partition
from natcbus.hub.errors import Exit, SettingsError
from natcbus.hub.group_view import GroupView
from natcbus.hub.health import HealthServer
from natcbus.hub.logs import install_logs
from natcbus.hub.settings import PREFIX, Settings
from natcbus.hub.slot import LOOK_SECONDS, WorkerSlot
from natcbus.hub.standstill import Standstills
from natcbus.hub.state import StateFolder

GROUP_LOOK_SECONDS: Final = 2.0
_NOT_LOOKED: Final = ("the group was not looked at yet",)
_CLEAN: Final = frozenset({"0", str(Exit.NEW_TOPICS.value), signal.SIGTERM.name})
"""A worker that the signal ended had not begun to read."""

_ENDS: Final = (
    *sorted(_CLEAN),
    "1",
    *(str(code.value) for code in Exit if code is not Exit.NEW_TOPICS),
    signal.SIGKILL.name,
    signal.SIGSEGV.name,
    signal.SIGABRT.name,
)

logger = logging.getLogger(__name__)


def supervise(settings: Settings, workers: int, command: Sequence[str]) -> int:
    """Run workers until SIGTERM or SIGINT and return the exit code.

    Call it from the main thread.

    Parameters
    ----------
    settings
        Those of the supervisor; each worker reads the same environment, with its own slot.
    workers
        How many, at least 1.
    command
        The command line of one worker.

    Returns
    -------
    int
        0 when all stopped cleanly, 72 when one had to be killed or left in haste.

    Raises
    ------
    SettingsError
        There is no state directory, or it cannot be used.
    """
    if settings.state is None:
        raise SettingsError([f"{PREFIX}STATE: a supervisor needs one, for what outlives a worker"])
    StateFolder(settings.state)
    install_logs(settings.log_level)
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Supervisor(settings, settings.state, workers, command).run()


class Supervisor:
    """Watches a number of workers.

    Parameters
    ----------
    command
        The command line of one worker.
    """

    def __init__(
        self, settings: Settings, state: Path, workers: int, command: Sequence[str]
    ) -> None:
        self._figures = SupervisorFigures(workers, lambda: not self.obstacles())
        self._slots = [
            WorkerSlot(settings, state, number, command, self._ended) for number in range(workers)
        ]
        self._view = GroupView(settings)
        self._standstills = Standstills(settings.stalled_after)
        self._unread: tuple[str, ...] = _NOT_LOOKED
        self._stopping = threading.Event()
        self._codes: dict[int, str] = {}
        self._health = HealthServer(self, self._figures, settings.health_port)

    def run(self) -> int:
        """Run until told to stop; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._health.start()
        logger.info("health and metrics on %s", self._health.url)
        for slot in self._slots:
            slot.start()
        while not self._stopping.wait(GROUP_LOOK_SECONDS if self._settled() else LOOK_SECONDS):
            self._look_at_group()
        return self._stop()

    def live(self) -> bool:
        """Whether the supervisor runs: who asks is answered."""
        return True

    def obstacles(self) -> list[str]:
        """Return why not every worker is ready, or which topics nobody reads."""
        if self._stopping.is_set():
            return ["stopping"]
        own = [
            f"worker {slot.number}: {obstacle}"
            for slot in self._slots
            for obstacle in slot.condition.obstacles
        ]
        return own or list(self._unread)

    def facts(self) -> Mapping[str, object]:
        """Return the network version of each worker."""
        return {"live": True, "networks": [slot.condition.network for slot in self._slots]}

    def _settled(self) -> bool:
        return not self.obstacles()

    def _look_at_group(self) -> None:
        conditions = [slot.condition for slot in self._slots]
        self._figures.workers_ready.set(sum(not each.obstacles for each in conditions))
        reads = {topic: number for each in conditions for topic, number in each.reads.items()}
        glance = self._view.look(reads)
        # Whoever has not joined yet takes its share when it does: say it when it has.
        joining = any(each.obstacles for each in conditions)
        self._unread = _NOT_LOOKED if joining else glance.obstacles
        for partition in self._standstills.found(glance.reaches):
            self._replace(partition, glance.holders.get(partition))

    def _replace(self, partition: Partition, holder: str | None) -> None:
        """Kill the worker that holds a partition and does not read it, if it is one of ours."""
        for slot in self._slots:
            if slot.is_named(holder):
                slot.kill(f"holds {partition[0]}-{partition[1]} and does not get on with it")
                self._standstills.forget()
                return

    def _ended(self, number: int, how: str) -> None:
        if self._stopping.is_set():
            self._codes[number] = how
        self._figures.exits.labels(str(number), how).inc()

    def _stop(self) -> int:
        logger.info("stopping %d workers", len(self._slots))
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()
        self._health.stop()
        self._view.close()
        hasty = {number: how for number, how in self._codes.items() if how not in _CLEAN}
        for number, how in sorted(hasty.items()):
            logger.error("worker %d ended with %s", number, how)
        return Exit.STUCK if hasty else 0


class SupervisorFigures:
    """The supervisor's own metrics; each worker shows its own on its own port."""

    def __init__(self, workers: int, ready: Callable[[], bool]) -> None:
        self._registry = CollectorRegistry()
        self.exits = Counter(
            "natcbus_hub_worker_exits",
            "Ends of workers, by slot and exit code or signal.",
            ("slot", "code"),
            registry=self._registry,
        )
        # An alert on a rise does not see a counter's first value.
        for slot in range(workers):
            for how in _ENDS:
                self.exits.labels(str(slot), how)
        self.workers_ready = Gauge(
            "natcbus_hub_workers_ready",
            "Workers that say that they are ready.",
            registry=self._registry,
        )
        Gauge("natcbus_hub_workers", "Workers that there should be.", registry=self._registry).set(
            workers
        )
        Gauge(
            "natcbus_hub_ready", "1 while /ready says yes, else 0.", registry=self._registry
        ).set_function(lambda: float(ready()))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
