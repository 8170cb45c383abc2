"""One run: members publish, things break, everything is healed, and the end is judged.

What breaks, when, and what is published follow from the seed: by the number of messages that are
SENT, never by the clock. What a machine does meanwhile does not follow from it.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from tests.faults.apart import another_process
from tests.faults.breaking import SESSION_S, Ground, OneNode
from tests.faults.judging import Verdict, judge, place, wait_until_idle
from tests.faults.sending import SENDERS, Ledger, Sender, cases, templates, utc_now
from tests.faults.watching import Watcher
from tests.support.bus import Bus, running_bus
from tests.support.kafka import Ports, running_kafka
from tests.support.mutations import Json
from tests.support.proxy import running_proxy

WORKERS: Final = 2
SENT_WITHIN_S: Final = 120.0
IDLE_WITHIN_S: Final = 90.0
HUB: Final[Mapping[str, str]] = {
    "SESSION_TIMEOUT": str(SESSION_S),
    "HEARTBEAT_INTERVAL": "2",
    # The bar is 30 s after a broker came back; a worker that waits for nothing is left before.
    "STUCK_AFTER": "20",
    "STOP_WITHIN": "10",
}


G = TypeVar("G", bound=Ground)


@dataclass(frozen=True)
class Planned(Generic[G]):
    """A fault that comes when so many messages are SENT; ``seed`` decides its details."""

    at: int
    fault: Callable[[G, random.Random], None]
    seed: int = 0

    @property
    def name(self) -> str:
        return self.fault.__name__


@dataclass(frozen=True)
class Plan(Generic[G]):
    """What happens in a run.

    Attributes
    ----------
    per_second
        How many messages each sender publishes, or 0 for as many as go.
    now
        The senders' clock.
    """

    seed: int
    messages: int
    faults: tuple[Planned[G], ...]
    per_second: float = 0.0
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True)
class Played(Generic[G]):
    """How a run ended."""

    plan: Plan[G]
    verdict: Verdict
    seconds: float

    def told(self) -> str:
        """One line for whoever looks on, and for whoever wants to see it again."""
        verdict = self.verdict
        return (
            f"seed {self.plan.seed}: {verdict.messages} messages, {verdict.deliveries} deliveries, "
            f"{', '.join(each.name for each in self.plan.faults)}: "
            f"{len(verdict.missing)} missing, {len(verdict.unentitled)} unentitled, "
            f"{len(verdict.inverted)} out of order, {len(verdict.seen_twice)} seen twice, "
            f"{len(verdict.undecided)} undecided, {len(verdict.not_durable)} not durable, "
            f"{len(verdict.found)} found by reconcile; "
            f"{verdict.rewritten} decided again, {verdict.queued} queued first, "
            f"answered within {verdict.slowest_answer_s:.1f} s, "
            f"slowest {verdict.slowest_s:.1f} s, run {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Theatre(Generic[G]):
    """Where runs are played one after the other: a bus, and the events of each sender.

    ``process`` is for one of the judges.
    """

    ground: G
    events: Mapping[str, Sequence[Json]]
    process: Executor

    @property
    def bus(self) -> Bus:
        return self.ground.bus


@contextmanager
def theatre(folder: Path | None = None) -> Iterator[Theatre[OneNode]]:
    """A broker behind a proxy, and a supervised hub on it."""
    with running_proxy() as proxy, running_kafka(Ports(proxy=proxy.port)) as kafka:
        proxy.target = kafka.ports.host
        with tempfile.TemporaryDirectory(prefix="natcbus-faults-", dir=folder) as own:
            changed = {**HUB, "BOOTSTRAP": kafka.proxied}
            with (
                running_bus(kafka.bootstrap, Path(own), workers=WORKERS, changed=changed) as bus,
                another_process() as process,
            ):
                yield Theatre(OneNode(bus, kafka, proxy), templates(bus, seed=1), process)


def draw(
    seed: int, messages: int, number: int, faults: Mapping[str, Callable[[G, random.Random], None]]
) -> Plan[G]:
    """So many of the faults, at times that leave the hub something to do."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    names = chance.choices(sorted(faults), k=number)
    times = sorted(chance.sample(range(messages // 20, messages * 4 // 5), number))
    planned = [
        Planned(at, faults[name], chance.getrandbits(32))
        for at, name in zip(times, names, strict=True)
    ]
    return Plan(seed, messages, tuple(planned))


def play(where: Theatre[G], plan: Plan[G], ledger: Ledger | None = None) -> Played[G]:
    """Publish, break, heal, wait until the hub is idle, and judge.

    ``ledger`` is an empty one that a fault of the plan looks into.
    """
    began = time.monotonic()
    begin = place(where.bus)
    ledger = Ledger() if ledger is None else ledger
    watcher = Watcher(where.bus.bootstrap, begin.feeds)
    watcher.start()
    senders = _senders(where, plan, ledger)
    for sender in senders:
        sender.start()
    try:
        _break(where.ground, plan, ledger)
        where.ground.heal()
        for sender in senders:
            sender.finish()
        where.bus.hub.wait_ready(IDLE_WITHIN_S)
        wait_until_idle(where.bus, IDLE_WITHIN_S)
    finally:
        try:
            where.ground.heal()
        finally:
            for sender in senders:
                sender.join()
            watcher.finish(ledger.owed())
    verdict = judge(where.bus, ledger, begin, watcher.arrived, where.process)
    return Played(plan, verdict, time.monotonic() - began)


def _senders(where: Theatre[G], plan: Plan[G], ledger: Ledger) -> list[Sender]:
    chance = random.Random(plan.seed)  # noqa: S311 - repeatable, not secret
    share = plan.messages // len(SENDERS)
    return [
        Sender(
            where.bus,
            ledger,
            desk=desk,
            events=cases(where.events[desk], desk, share, chance),
            bootstrap=where.ground.bootstrap,
            per_second=plan.per_second,
            within_s=SENT_WITHIN_S,
            now=plan.now,
        )
        for desk in SENDERS
    ]


def _break(ground: G, plan: Plan[G], ledger: Ledger) -> None:
    for planned in plan.faults:
        ledger.wait_for(planned.at, SENT_WITHIN_S)
        chance = random.Random(planned.seed)  # noqa: S311 - repeatable, not secret
        planned.fault(ground, chance)
