"""The router: what follows from one record of a member's topic.

1. ``authenticity``: did this member send it? If not: quarantine.
2. ``replays``: was it routed before? If so: ignored, or refused under another digest.
3. ``admission``: may it be routed? And ``references``: may it replace what it names? If not:
   refused, with everything that is wrong.
4. ``decide``: who gets it? The same function that its sender called.
5. ``relaying``: what leaves for each desk, where sender and hub agree.
6. ``decisions``: what is written down, whatever became of it.

No record makes it raise. An exception is a bug, and the process is left without acknowledging
anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from natcbus.contract.problems import Problem
from natcbus.contract.types.hub import DenialRow, Outcome, Slip
from natcbus.hub import records
from natcbus.hub.admission import admit
from natcbus.hub.authenticity import Authentic, Unproven, authenticate
from natcbus.hub.decisions import UNREADABLE, Ruling, written_down
from natcbus.hub.floods import PAUSED, Floods
from natcbus.hub.held_threads import HeldThreads
from natcbus.hub.quarantine import quarantined
from natcbus.hub.records import Inbound, NetworkInUse, Routed, Wiring
from natcbus.hub.references import known_problems
from natcbus.hub.relaying import Forwarded, forward
from natcbus.hub.replays import SeenSet, Sighting
from natcbus.hub.slips import prior_of
from natcbus.hub.world import World
from natcbus.routing.addressing import nobody_problem
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision
from natcbus.routing.narrowing import intersect, owed_recalls, withheld
from natcbus.routing.network import Network
from natcbus.routing.topics import DECISIONS, QUARANTINE, feed_topic, out_topic, receipts_topic

_ID_REUSED: Final = Problem(
    "/header/message_id",
    "ID_REUSED",
    "this id was routed with other content: give every message an id of its own",
)

_LETHAL: Final = Problem(
    "",
    "KILLS_THE_WORKER",
    "the hub ended each time it read this, and put it aside unread: tell the host, and publish anew"
    " with an SDK of the Network",
)


class HubRouter:
    """Decides about the records of all members' topics, one at a time."""

    def __init__(self, world: World, seen: SeenSet | None = None) -> None:
        self._world = world
        self._seen = SeenSet() if seen is None else seen
        self._held = HeldThreads()
        self._floods = Floods()

    def use(self, world: World) -> None:
        """Decide under ``world`` from the next record on; only ever call it between two."""
        self._world = world

    def network(self) -> NetworkInUse:
        """The version of the Network that decides now."""
        return self._world.in_use

    def route(self, record: Inbound, now: datetime) -> Routed:
        """What follows from ``record``; ``now`` is aware, UTC."""
        read = authenticate(record, self._world)
        if isinstance(read, Unproven):
            return self._quarantine(record, read, now)
        # A record's own time may be its producer's choice: never later than now.
        received_at = min(record.stored_at, now)
        self._held.let_go(record, read.about.thread_id)
        ruling, forwarded = self._rule(read, record, received_at, now)
        decision, receipt = written_down(record, read.about, ruling, self._world.network_ref, now)
        feeds = tuple(each.record for each in forwarded if each.record is not None)
        return Routed(
            outbound=(decision, *feeds, receipt),
            outcome=records.Outcome[ruling.outcome.name],
            message_type=read.type.name,
            deliveries=Counter(each.counts_as for each in forwarded),
            denials=Counter(row.code for row in ruling.denials),
            memory=_sighting(read) if feeds else None,
        )

    def set_aside(self, record: Inbound, now: datetime) -> Routed:
        """Quarantine ``record`` as it is: to look into it has ended one worker after another."""
        return self._quarantine(record, Unproven(_LETHAL, UNREADABLE), now)

    def acknowledged(self, record: Inbound, routed: Routed) -> None:
        """Count a message as seen, now that all that followed from it is durable."""
        del record
        if isinstance(routed.memory, Sighting):
            self._seen.remember(routed.memory)

    def _quarantine(self, record: Inbound, read: Unproven, now: datetime) -> Routed:
        self._held.hold(record)
        flood = self._floods.completed_by(record.topic, now)
        problems = (read.problem, PAUSED) if flood else (read.problem,)
        ruling = Ruling(outcome=Outcome.QUARANTINED, problems=problems)
        decision, receipt = written_down(record, read.about, ruling, self._world.network_ref, now)
        raw = quarantined(record, read.problem, now)
        outbound = (raw, decision, receipt)
        return Routed(outbound, records.Outcome.QUARANTINED, read.about.type, flood=flood)

    def _rule(
        self, read: Authentic, record: Inbound, received_at: datetime, now: datetime
    ) -> tuple[Ruling, Sequence[Forwarded]]:
        known = self._seen.digest_of(read.sender, read.about.message_id, now)
        if known == read.signed_sha256:
            return Ruling(outcome=Outcome.REPEATED), ()
        if known is not None:
            return Ruling(outcome=Outcome.REFUSED, problems=(_ID_REUSED,)), ()
        slip = admit(read, self._world, received_at, now)
        known_better = known_problems(read, self._seen, now)
        if isinstance(slip, list) or known_better:
            found = slip if isinstance(slip, list) else []
            return Ruling(outcome=Outcome.REFUSED, problems=(*found, *known_better)), ()
        signed = read.message.signed
        network = self._world.network
        decision = decide(
            read.type.name, signed.header, signed.open, read.present, network, prior_of(slip)
        )
        earlier_held = self._held.holds_before(record, signed.header.thread_id)
        forwarded = forward(
            read, decision, slip, self._world, received_at, now, earlier_held=earlier_held
        )
        return _ruling(decision, slip, forwarded, signed.header.from_), forwarded


def wire(world: World, router: HubRouter | None = None) -> Wiring:
    """The router of ``world``, the topics it reads, and the closed set of those that it writes."""
    router = HubRouter(world) if router is None else router
    network = world.network
    return Wiring(router, read_topics(network), written_topics(network), router.network)


def read_topics(network: Network) -> tuple[str, ...]:
    """The topics of everything that members say."""
    return tuple(map(out_topic, sorted(network.members)))


def written_topics(network: Network) -> tuple[str, ...]:
    """Every topic that a decision under ``network`` may write to."""
    members, desks = sorted(network.members), sorted(network.desks)
    return DECISIONS, QUARANTINE, *map(receipts_topic, members), *map(feed_topic, desks)


def _ruling(decision: Decision, slip: Slip, forwarded: Sequence[Forwarded], sender: str) -> Ruling:
    nobody = _nobody(decision, forwarded)
    return Ruling(
        outcome=Outcome.ROUTED if nobody is None else Outcome.REFUSED,
        problems=() if nobody is None else (nobody,),
        decision_digest=decision.digest,
        slip_digest=slip.decision_digest,
        deliveries=tuple(each.outgoing for each in forwarded),
        denials=_denials(decision, slip),
        recalls=() if nobody is not None else _recalls(decision, slip, sender),
    )


def _recalls(decision: Decision, slip: Slip, sender: str) -> tuple[str, ...]:
    """Earlier recipients to whom sender or hub denies this message; who sends it, has it."""
    prior = prior_of(slip)
    if not prior:
        return ()
    agreed = replace(decision, deliveries=intersect(decision, slip))
    return tuple(desk for desk in owed_recalls(agreed, prior) if desk != sender)


def _denials(decision: Decision, slip: Slip) -> tuple[DenialRow, ...]:
    """Whom the hub denied, and whom the sender meant to reach and the hub did not even consider."""
    codes = {each.desk: each.code for each in (*withheld(decision, slip), *decision.denials)}
    return tuple(DenialRow(desk=desk, code=codes[desk]) for desk in sorted(codes))


def _nobody(decision: Decision, forwarded: Sequence[Forwarded]) -> Problem | None:
    """The problem of a message of which nothing leaves."""
    if any(each.record is not None for each in forwarded):
        return None
    counts = ", ".join(
        f"{code} {count}"
        for code, count in sorted(Counter(each.counts_as for each in forwarded).items())
    )
    text = f"no decided desk can get it ({counts}): take the newest network and keys, publish anew"
    return nobody_problem(decision) or Problem("/header/addressing", "NOBODY", text)


def _sighting(read: Authentic) -> Sighting:
    header = read.message.signed.header
    return Sighting(
        header.expires_at,
        read.sender,
        header.message_id,
        read.signed_sha256,
        header.thread_id,
        read.type.name,
        header.status,
        None if header.supersedes is None else header.supersedes.message_id,
    )
