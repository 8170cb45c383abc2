"""What breaks: each fault does its damage, and returns when what it broke is left to recover."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from tests.support.bus import Bus, a_hub
from tests.support.hub_process import HubProcess
from tests.support.kafka import Kafka
from tests.support.proxy import Proxy
from tests.support.workers import a_worker, is_gone, send_signal

SESSION_S: Final = 6.0
"""The hub's session timeout in these tests: the least that the broker allows."""


class Ground(Protocol):
    """What can be broken, whatever the bus runs on."""

    @property
    def bus(self) -> Bus:
        """The bus."""
        ...

    @property
    def bootstrap(self) -> str:
        """Where senders find the brokers."""
        ...

    def heal(self) -> None:
        """Undo whatever a fault left behind."""
        ...


@dataclass(frozen=True)
class OneNode:
    """A broker, and a proxy between it and everybody but the judge."""

    bus: Bus
    kafka: Kafka
    proxy: Proxy

    @property
    def bootstrap(self) -> str:
        return self.kafka.proxied

    def joiner(self, number: int) -> HubProcess:
        """Another worker, from another machine, which has no stable name in the group."""
        changed = {"NATCBUS_HUB_GROUP_INSTANCE_ID": "", "NATCBUS_HUB_STATE": ""}
        log = self.bus.folder / f"joiner-{number}.log"
        return a_hub({**self.bus.settings, **changed}, log)

    def heal(self) -> None:
        """Undo whatever a fault left behind."""
        self.proxy.heal()
        if self.kafka.runs:
            self.kafka.thaw()
        else:
            self.kafka.start()


Fault: TypeAlias = Callable[[OneNode, random.Random], None]


def worker_killed(ground: Ground, chance: random.Random) -> None:
    """SIGKILL at whatever it is doing; the supervisor starts another."""
    send_signal(a_worker(ground.bus.hub, chance.randrange(9)), signal.SIGKILL)


def worker_cut_short(ground: OneNode, chance: random.Random) -> None:
    """SIGTERM, and SIGKILL before it has finished."""
    hub = ground.bus.hub
    victim = a_worker(hub, chance.randrange(9))
    send_signal(victim, signal.SIGTERM)
    passes(chance.uniform(0.0, 0.3))
    if not is_gone(hub, victim):
        send_signal(victim, signal.SIGKILL)


def worker_frozen(ground: OneNode, chance: random.Random) -> None:
    """SIGSTOP until its session is over and others have its partitions, then SIGCONT."""
    victim = a_worker(ground.bus.hub, chance.randrange(9))
    send_signal(victim, signal.SIGSTOP)
    passes(SESSION_S + chance.uniform(1.0, 2.5))
    send_signal(victim, signal.SIGCONT)


def workers_join_and_leave(ground: OneNode, chance: random.Random) -> None:
    """Several join at once and leave one after the other, some of them by SIGKILL."""
    with ExitStack() as joined:
        joiners = [joined.enter_context(ground.joiner(number)) for number in range(2)]
        for joiner in joiners:
            joiner.start()
        for joiner in joiners:
            joiner.wait_serving()
            passes(chance.uniform(0.0, 2.0))
            if chance.random() < 0.5:
                joiner.kill()
            else:
                joiner.terminate()


def hub_killed(ground: OneNode, chance: random.Random) -> None:
    """The supervisor by SIGKILL, and so all its workers; started again at once."""
    ground.bus.hub.kill()
    passes(chance.uniform(0.0, 1.0))
    ground.bus.hub.start()


def broker_killed(ground: OneNode, chance: random.Random) -> None:
    """SIGKILL, and started again on the data that it had."""
    ground.kafka.kill()
    passes(chance.uniform(0.0, 2.0))
    ground.kafka.start()


def broker_and_worker_killed(ground: OneNode, chance: random.Random) -> None:
    """A worker dies while there is no broker: what it held is lost with it."""
    ground.kafka.kill()
    worker_killed(ground, chance)
    ground.kafka.start()


def broker_frozen(ground: OneNode, chance: random.Random) -> None:
    """It answers nobody for a while, and all connections stay open."""
    ground.kafka.freeze()
    passes(chance.uniform(2.0, 9.0))
    ground.kafka.thaw()


def connections_cut(ground: OneNode, chance: random.Random) -> None:
    """All connections are reset, again and again."""
    for _ in range(chance.randint(2, 5)):
        ground.proxy.cut()
        passes(chance.uniform(0.1, 0.8))


def connections_refused(ground: OneNode, chance: random.Random) -> None:
    """The broker runs and nobody reaches it."""
    ground.proxy.refuse()
    passes(chance.uniform(1.0, 6.0))
    ground.proxy.heal()


def connections_slow(ground: OneNode, chance: random.Random) -> None:
    """Whatever is said arrives late."""
    ground.proxy.slow(chance.uniform(0.05, 0.4))
    passes(chance.uniform(2.0, 5.0))
    ground.proxy.slow(0.0)


def connections_frozen(ground: OneNode, chance: random.Random) -> None:
    """Nothing passes, and every connection stays open."""
    ground.proxy.freeze()
    passes(chance.uniform(1.0, 8.0))
    ground.proxy.heal()


FAULTS: Final[Mapping[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        worker_killed,
        worker_cut_short,
        worker_frozen,
        workers_join_and_leave,
        hub_killed,
        broker_killed,
        broker_and_worker_killed,
        broker_frozen,
        connections_cut,
        connections_refused,
        connections_slow,
        connections_frozen,
    )
}


def passes(seconds: float) -> None:
    """Let so much time pass: the time itself is the fault, there is nothing to wait for."""
    threading.Event().wait(seconds)
