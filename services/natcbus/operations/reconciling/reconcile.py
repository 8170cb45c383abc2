"""``reconcile``: the one call that reads a bus and says which promises were kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from natcbus.operations.bounded_reading import BoundedReading, Extent
from natcbus.operations.errors import TopicMissingError
from natcbus.operations.reconciling.comparing import compare, without_source
from natcbus.operations.reconciling.forgotten import Forgotten
from natcbus.operations.reconciling.found import MOST, Found
from natcbus.operations.reconciling.ledger import Ledger, Standing
from natcbus.operations.reconciling.report import Report
from natcbus.operations.reconciling.scope import Scope
from natcbus.operations.reconciling.walking import KINDS, SOURCES, Walk
from natcbus.operations.topic_reading import Stored
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.topics import DECISIONS, QUARANTINE

GRACE: Final = timedelta(seconds=60)
"""How long a decision, a receipt or a delivery may take before it counts as missing."""

_NO_SECURITY: Final[Mapping[str, object]] = {}
_KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "decisions": re.compile(re.escape(DECISIONS)),
    "receipts": re.compile(r"member\.[^.]+\.receipts"),
    SOURCES: re.compile(r"member\.[^.]+\.out"),
    "quarantine": re.compile(re.escape(QUARANTINE)),
    "feeds": re.compile(r"desk\.[^.]+\.[^.]+\.feed"),
}
EARLIER: Final = timedelta(minutes=5)
"""How much earlier than its message an answer may be stamped: by so much two clocks may differ."""

Progress = Callable[[str, int, int], None]
"""Kind of topic, records read so far, records in all."""


def _quietly(kind: str, done: int, total: int) -> None:
    """Nobody watches."""


def reconcile(  # noqa: PLR0913 - the rest have defaults and are named
    bootstrap: str,
    networks: Sequence[OpenedNetwork],
    *,
    security: Mapping[str, object] = _NO_SECURITY,
    grace: timedelta = GRACE,
    since: datetime | None = None,
    earlier: timedelta = EARLIER,
    now: datetime | None = None,
    progress: Progress = _quietly,
    most: int = MOST,
    folder: Path | None = None,
) -> Report:
    """Compare everything that the topics of a bus hold with what was promised.

    Parameters
    ----------
    bootstrap
        Address of the brokers.
    networks
        Every version of the Network that is at hand, with its public keys.
    security
        kafka-python's connection arguments.
    grace
        What is missing for less than this is waiting; zero for a bus that is at rest.
    since
        Judge only messages that were stored at or after this moment; all where it is not given.
    earlier
        So much before ``since`` the decisions, receipts and deliveries are read from: what follows
        from a message is stamped by other clocks. If this is too short, too much is missing.
    now
        The moment to judge age by; the clock's where it is not given.
    progress
        Called after every record.
    most
        How many findings of each code are kept; all are counted.
    folder
        Where to put the temporary ledger.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered, or not to the end.
    TopicMissingError
        There is no ``hub.decisions``: this is no bus.
    """
    as_of = now or datetime.now(UTC)
    found, forgotten = Found(most), Forgotten()
    by_version = {(each.network.version, each.network.digest): each for each in networks}
    with BoundedReading(bootstrap, security) as reading, Ledger(folder) as ledger:
        scope = Scope.of(_extents(reading, since, earlier), as_of, grace, since)
        walk = Walk(ledger, scope, by_version, found)
        for kind in KINDS:
            within = _of_kind(scope.extents.values(), kind)
            walk.walk(kind, _watched(reading.records(within), kind, within, progress))
            if kind == SOURCES:
                found.add_all(without_source(ledger, scope, forgotten))
        found.add_all(compare(ledger, scope, forgotten))
        found.add_all(forgotten.findings(scope))
        return _report(walk, as_of)


def _extents(
    reading: BoundedReading, since: datetime | None, earlier: timedelta
) -> tuple[Extent, ...]:
    """Where each topic ends now. What follows from a message may be stamped a little earlier."""

    def wanted(topic: str) -> bool:
        return any(each.fullmatch(topic) for each in _KINDS.values())

    def begin(topic: str) -> datetime | None:
        is_source = _KINDS[SOURCES].fullmatch(topic) is not None
        return since if since is None or is_source else since - earlier

    found = reading.extents(wanted, begin)
    if not any(each.topic == DECISIONS for each in found):
        raise TopicMissingError(DECISIONS)
    return found


def _of_kind(all_of: Iterable[Extent], kind: str) -> list[Extent]:
    return [each for each in all_of if _KINDS[kind].fullmatch(each.topic)]


def _watched(
    records: Iterable[Stored], kind: str, within: Sequence[Extent], progress: Progress
) -> Iterator[Stored]:
    total = sum(each.records for each in within)
    progress(kind, 0, total)
    for done, record in enumerate(records, 1):
        yield record
        progress(kind, done, total)


def _report(walk: Walk, as_of: datetime) -> Report:
    def count(query: str, *values: object) -> int:
        return int(next(walk.ledger.select(query, *values))[0])

    routed = (
        "SELECT count(DISTINCT content) FROM decision WHERE outcome = 'ROUTED' AND standing = ?"
    )
    return Report(
        as_of=as_of,
        read={kind: walk.read[kind] for kind in KINDS},
        messages=count(routed, Standing.HOLDS.value),
        deliveries=count("SELECT count(*) FROM (SELECT DISTINCT desk, content FROM arrival)"),
        unjudged=count(routed, Standing.UNJUDGED.value),
        findings=walk.found.listed(faults=True),
        notes=walk.found.listed(faults=False),
        counts=walk.found.counts,
    )
