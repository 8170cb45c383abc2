"""What became of every message: judged by the topics and by the desks' own subscribers."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from natcbus.client.following import Follower
from natcbus.contract.codec import decode_record, unframe
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.operations.reconciling import Finding
from natcbus.operations.topology import PARTITIONS, Kind
from natcbus.routing.topics import DECISIONS, feed_topic, out_topic
from tests.faults.apart import begin_to_reconcile
from tests.faults.sending import Ledger, Sent, View
from tests.support.bus import Bus

READERS: Final = 4
LOOK_EVERY_S: Final = 0.1
GROUP: Final = "hub.route"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a desk was shown: a message and its view."""

    message_id: str
    view: View


@dataclass(frozen=True)
class Place:
    """When a run began, and where every topic ended."""

    when: datetime
    decisions: int
    feeds: Mapping[str, int]


@dataclass
class Verdict:
    """What is wrong, by message and desk; how late deliveries were; what was written again.

    ``rewritten`` is no fault: the wire delivers at least once.
    """

    messages: int = 0
    deliveries: int = 0
    not_durable: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    unentitled: list[tuple[str, str]] = field(default_factory=list)
    inverted: list[tuple[str, str]] = field(default_factory=list)
    seen_twice: list[tuple[str, str]] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    """By ``natcbus reconcile``, which knows nothing of this judge; without its notes."""
    notes: list[Finding] = field(default_factory=list)
    """Its notes: such as a message that its sender, in doubt, wrote twice. No faults."""
    rewritten: int = 0
    """Decisions that were written again."""
    queued: int = 0
    """Messages whose sender was told first that they are queued."""
    slowest_answer_s: float = 0.0
    """The longest time until a sender was told SENT or queued."""
    slowest_s: float = 0.0
    """The longest time from handing a message to the SDK until it could be read in a feed.

    Infinite if the watcher did not see it there.
    """

    @property
    def faultless(self) -> bool:
        return not (
            self.not_durable
            or self.undecided
            or self.missing
            or self.unentitled
            or self.inverted
            or self.seen_twice
            or self.found
        )


def place(bus: Bus) -> Place:
    """Where every topic ends now."""
    feeds = {desk: TopicPartition(feed_topic(desk), 0) for desk in bus.network.desks}
    ends = _ends(bus, [*feeds.values(), TopicPartition(DECISIONS, 0)])
    return Place(
        datetime.now(UTC),
        ends[TopicPartition(DECISIONS, 0)],
        {desk: ends[feed] for desk, feed in feeds.items()},
    )


def wait_until_idle(bus: Bus, within_s: float, group: str = GROUP) -> None:
    """Return when the hub's workers have committed the end of every member's topic."""
    give_up = time.monotonic() + within_s
    outs = [out_topic(member) for member in bus.network.members]
    with _admin(bus) as admin:
        while left := _behind(bus, admin, group, outs):
            assert time.monotonic() < give_up, f"not committed: {left}\n{bus.hub.written[-4000:]}"
            time.sleep(LOOK_EVERY_S)


def judge(
    bus: Bus,
    ledger: Ledger,
    begin: Place,
    arrived: Mapping[tuple[str, str], float],
    process: Executor,
) -> Verdict:
    """Compare what was sent since ``begin`` with what the hub decided and each desk was shown.

    ``arrived`` says when each delivery (message, desk) could be read. The two judges work side by
    side: ``reconcile`` in ``process``.
    """
    reconciled = begin_to_reconcile(process, bus, begin.when)
    verdict = Verdict(
        messages=len(ledger.sent),
        queued=ledger.queued,
        slowest_answer_s=ledger.slowest_answer_s,
    )
    verdict.slowest_s = max(
        arrived.get(each, math.inf) - ledger.sent[each[0]].tried_at for each in ledger.owed()
    )
    judge_decisions(verdict, ledger, _decisions(bus, begin.decisions))
    owed: dict[str, set[str]] = defaultdict(set)
    for message_id, desk in ledger.owed():
        owed[desk].add(message_id)
    grown = {desk for desk, end in place(bus).feeds.items() if end > begin.feeds[desk]}
    desks = sorted(grown | owed.keys())
    with ThreadPoolExecutor(READERS) as readers:
        for desk, shown in zip(
            desks, readers.map(lambda each: _shown(bus, each), desks), strict=True
        ):
            judge_desk(verdict, ledger, desk, owed[desk], shown)
    report = reconciled.result()
    assert report.messages >= verdict.messages
    for finding in report.findings:
        (verdict.found if finding.code.is_fault else verdict.notes).append(finding)
    return verdict


def judge_decisions(verdict: Verdict, ledger: Ledger, decisions: Iterable[DecisionRecord]) -> None:
    """Judge what the hub decided."""
    decided: set[str] = set()
    places: dict[str, set[tuple[int | None, int | None]]] = defaultdict(set)
    for decision in decisions:
        places[decision.message_id].add((decision.source.partition, decision.source.offset))
        if decision.outcome is not Outcome.ROUTED:
            assert decision.outcome is Outcome.REPEATED, decision
        elif decision.message_id in decided:
            verdict.rewritten += 1
        else:
            decided.add(decision.message_id)
    for sent in ledger.sent.values():
        if sent.message_id not in decided:
            verdict.undecided.append(sent.message_id)
        elif (sent.partition, sent.offset) not in places[sent.message_id]:
            verdict.not_durable.append(sent.message_id)


def judge_desk(
    verdict: Verdict, ledger: Ledger, desk: str, owed: set[str], shown: Sequence[Seen]
) -> None:
    """Judge what one desk was shown, in its order, by the messages that it is owed."""
    verdict.deliveries += len(shown)
    last: dict[str, Sent] = {}
    times = Counter(each.message_id for each in shown)
    verdict.seen_twice += [(each, desk) for each, number in times.items() if number > 1]
    verdict.missing += [(each, desk) for each in sorted(owed - times.keys())]
    for each in shown:
        sent = ledger.sent.get(each.message_id)
        if sent is None or sent.desks.get(desk) != each.view:
            verdict.unentitled.append((each.message_id, desk))
            continue
        before = last.get(sent.thread_id)
        if before is not None and before.number > sent.number:
            verdict.inverted.append((each.message_id, desk))
        last[sent.thread_id] = sent


def _shown(bus: Bus, desk: str) -> list[Seen]:
    """What the desk sees that it was not shown before."""
    with bus.subscriber(desk) as subscriber:
        return [
            Seen(each.message_id, (each.view.value, tuple(sorted(each.sealed))))
            for each in subscriber
        ]


def _decisions(bus: Bus, begin: int) -> Iterator[DecisionRecord]:
    with closing(Follower(bus.context("rs"), DECISIONS)) as follower:
        follower.begin_at(begin)
        for record in follower.records(until_end=True):
            _, body = unframe(record.value or b"")
            yield decode_record(DecisionRecord, body)


def _behind(bus: Bus, admin: KafkaAdminClient, group: str, topics: Sequence[str]) -> dict[str, int]:
    """By how many records the group is behind, per partition."""
    committed = admin.list_group_offsets(group)[group]
    numbers = range(PARTITIONS[Kind.OUT])
    ends = _ends(bus, [TopicPartition(topic, number) for topic in topics for number in numbers])
    behind = {
        f"{each.topic}-{each.partition}": end - (committed[each].offset if each in committed else 0)
        for each, end in ends.items()
    }
    return {name: number for name, number in behind.items() if number > 0}


def _ends(bus: Bus, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    consumer = KafkaConsumer(bootstrap_servers=bus.bootstrap, enable_auto_commit=False)
    try:
        ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    finally:
        consumer.close()
    return ends


@contextmanager
def _admin(bus: Bus) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=bus.bootstrap)
    try:
        yield admin
    finally:
        admin.close()
