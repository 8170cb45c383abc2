"""Compares what is in the ledger: decided, arrived, told, put aside.

Nothing here reads a topic. Everything that these questions find follows from the rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.decided import QUARANTINED, REPEATED, ROUTED
from natcbus.operations.reconciling.forgotten import Forgotten
from natcbus.operations.reconciling.ledger import Ledger, Standing, Witness
from natcbus.operations.reconciling.report import Finding, Place
from natcbus.operations.reconciling.scope import Scope, instant
from natcbus.routing.topics import QUARANTINE, feed_topic, receipts_topic


def compare(ledger: Ledger, scope: Scope, forgotten: Forgotten) -> Iterator[Finding]:
    """Every finding that takes more than one record to see.

    What the topics do not hold any more is counted in ``forgotten``.
    """
    yield from _missing(ledger, scope, forgotten)
    yield from _undelivered(ledger)
    yield from _twice(ledger)
    yield from _out_of_order(ledger)
    yield from _without_receipt(ledger, scope, forgotten)
    yield from _without_decision(ledger, scope)
    yield from _not_in_quarantine(ledger, scope, forgotten)
    if scope.since is None:
        yield from _ignored(ledger)


def without_source(ledger: Ledger, scope: Scope, forgotten: Forgotten) -> Iterator[Finding]:
    """The decisions about records that are not there; whatever they allow is not allowed.

    Asked between the members' topics and the feeds.
    """
    nowhere = []
    found = ledger.select(
        "SELECT d.id, d.place, d.at_offset, d.source, d.source_offset, d.decided_at, d.witness,"
        " c.sender, c.message_id FROM decision d LEFT JOIN content c ON c.id = d.content"
        " WHERE d.standing = ?",
        Standing.NO_SOURCE.value,
    )
    for number, place, offset, source, at, decided_at, witness, sender, message_id in found:
        where = ledger.place(source, at)
        if scope.forgotten(where):
            forgotten.add(where.topic, where.partition, instant(decided_at))
            continue
        if scope.may_wait(instant(decided_at)):
            continue
        nowhere.append(number)
        if not scope.is_past(instant(decided_at)):
            code = Code.RECEIPT_WITHOUT_SOURCE if witness else Code.DECISION_WITHOUT_SOURCE
            what = f"there is no record {where}"
            yield Finding(code, ledger.place(place, offset), what, sender or "", message_id or "")
    for number in nowhere:
        ledger.set_standing(number, Standing.NOWHERE, b"")


def _missing(ledger: Ledger, scope: Scope, forgotten: Forgotten) -> Iterator[Finding]:
    found = ledger.select(
        "SELECT sender, message_id, desk, max(decided_at), place, min(at_offset)"
        " FROM not_arrived WHERE undelivered = 0 GROUP BY content, desk"
    )
    for sender, message_id, number, decided_at, place, offset in found:
        desk, moment = ledger.text(number), instant(decided_at)
        if scope.forgotten_at(feed_topic(desk), 0, moment):
            forgotten.add(feed_topic(desk), 0, moment)
            continue
        what = f"decided for {desk} and not in its feed"
        code = Code.WAITING if scope.may_wait(moment) else Code.MISSING
        yield Finding(code, ledger.place(place, offset), what, sender, message_id, desk)


def _undelivered(ledger: Ledger) -> Iterator[Finding]:
    found = ledger.select(
        "SELECT sender, message_id, desk, undelivered, place, min(at_offset)"
        " FROM not_arrived WHERE undelivered != 0 GROUP BY content, desk"
    )
    for sender, message_id, number, why, place, offset in found:
        desk = ledger.text(number)
        what = f"decided for {desk} and could not leave ({ledger.text(why)})"
        at = ledger.place(place, offset)
        yield Finding(Code.UNDELIVERED, at, what, sender, message_id, desk)


def _twice(ledger: Ledger) -> Iterator[Finding]:
    again = ledger.select(
        "SELECT c.sender, c.message_id, a.desk, a.at_offset FROM arrival a"
        " JOIN content c ON c.id = a.content WHERE EXISTS (SELECT 1 FROM arrival b"
        " WHERE b.desk = a.desk AND b.content = a.content AND b.at_offset < a.at_offset)"
    )
    for sender, message_id, number, offset in again:
        desk = ledger.text(number)
        place = Place(feed_topic(desk), 0, offset)
        what = f"{desk} has it already, under the same delivery id"
        yield Finding(Code.REPEATED, place, what, sender, message_id, desk)
    others = ledger.select(
        "SELECT c.sender, c.message_id, a.desk, max(a.first) FROM"
        " (SELECT desk, content, min(at_offset) AS first FROM arrival GROUP BY desk, content) a"
        " JOIN content c ON c.id = a.content WHERE EXISTS (SELECT 1 FROM content o"
        " WHERE o.sender = c.sender AND o.message_id = c.message_id AND o.id != c.id)"
        " GROUP BY a.desk, c.sender, c.message_id HAVING count(*) > 1"
    )
    for sender, message_id, number, offset in others:
        desk = ledger.text(number)
        place = Place(feed_topic(desk), 0, offset)
        what = f"{desk} has two contents under one delivery id"
        yield Finding(Code.DUPLICATE, place, what, sender, message_id, desk)


def _out_of_order(ledger: Ledger) -> Iterator[Finding]:
    """What a desk sees first of each delivery, against the order in which its sender sent.

    Records of one thread that stand in two partitions have no order to keep.
    """
    found = ledger.select(
        "WITH shown AS (SELECT desk, content, min(at_offset) AS at FROM arrival"
        "  GROUP BY desk, content),"
        " accepted AS (SELECT d.content, r.desk, d.source, min(d.source_offset) AS sent"
        "  FROM routed d JOIN delivery r ON r.decision = d.id WHERE r.undelivered = 0"
        "  GROUP BY d.content, r.desk),"
        " told AS (SELECT s.desk, s.content, s.at, a.sent, max(a.sent) OVER"
        "  (PARTITION BY s.desk, c.sender, c.thread, a.source ORDER BY s.at"
        "   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest"
        "  FROM shown s JOIN accepted a ON a.content = s.content AND a.desk = s.desk"
        "  JOIN content c ON c.id = s.content)"
        " SELECT c.sender, c.message_id, t.desk, t.at, t.sent, t.newest FROM told t"
        " JOIN content c ON c.id = t.content WHERE t.sent < t.newest"
    )
    for sender, message_id, number, offset, sent, newest in found:
        desk = ledger.text(number)
        place = Place(feed_topic(desk), 0, offset)
        what = f"sent at offset {sent}, and {desk} got what was sent at {newest} before it"
        yield Finding(Code.OUT_OF_ORDER, place, what, sender, message_id, desk)


def _without_receipt(ledger: Ledger, scope: Scope, forgotten: Forgotten) -> Iterator[Finding]:
    """One receipt for a record is enough, however often it was decided about."""
    found = ledger.select(
        "SELECT d.source, d.source_offset, max(d.decided_at), d.place, min(d.at_offset),"
        " c.message_id FROM decision d LEFT JOIN content c ON c.id = d.content"
        " WHERE d.standing IN (?, ?) GROUP BY d.source, d.source_offset"
        " HAVING max(EXISTS (SELECT 1 FROM receipt t WHERE t.decision = d.id)) = 0",
        Standing.HOLDS.value,
        Standing.UNJUDGED.value,
    )
    for source, at, decided_at, place, offset, message_id in found:
        where, moment = ledger.place(source, at), instant(decided_at)
        member = _member(where)
        topic = receipts_topic(member)
        if scope.forgotten_at(topic, 0, moment):
            forgotten.add(topic, 0, moment)
            continue
        code = Code.WAITING if scope.may_wait(moment) else Code.RECEIPT_MISSING
        what = f"decided about {where}, and {topic} has no receipt for it"
        yield Finding(code, ledger.place(place, offset), what, member, message_id or "")


def _without_decision(ledger: Ledger, scope: Scope) -> Iterator[Finding]:
    found = ledger.select(
        "SELECT d.source, d.source_offset, d.decided_at, d.place, d.at_offset, c.message_id"
        " FROM decision d LEFT JOIN content c ON c.id = d.content"
        " WHERE d.witness = ? AND d.standing != ? GROUP BY d.source, d.source_offset",
        Witness.RECEIPT_ALONE.value,
        Standing.NOWHERE.value,
    )
    for source, at, decided_at, place, offset, message_id in found:
        where = ledger.place(source, at)
        code = Code.WAITING if scope.may_wait(instant(decided_at)) else Code.DECISION_MISSING
        what = f"a receipt says what was decided about {where}, and hub.decisions does not"
        member = _member(where)
        yield Finding(code, ledger.place(place, offset), what, member, message_id or "")


def _not_in_quarantine(ledger: Ledger, scope: Scope, forgotten: Forgotten) -> Iterator[Finding]:
    found = ledger.select(
        "SELECT d.source, d.source_offset, max(d.decided_at), d.place, min(d.at_offset)"
        " FROM decision d WHERE d.outcome = ? AND d.standing IN (?, ?)"
        " GROUP BY d.source, d.source_offset HAVING max(d.held) = 0",
        QUARANTINED,
        Standing.HOLDS.value,
        Standing.UNJUDGED.value,
    )
    for source, at, decided_at, place, offset in found:
        where, moment = ledger.place(source, at), instant(decided_at)
        if scope.forgotten_at(QUARANTINE, 0, moment):
            forgotten.add(QUARANTINE, 0, moment)
            continue
        code = Code.WAITING if scope.may_wait(moment) else Code.QUARANTINE_MISSING
        what = f"{where} was put aside, and hub.quarantine does not hold it"
        yield Finding(code, ledger.place(place, offset), what, _member(where))


def _ignored(ledger: Ledger) -> Iterator[Finding]:
    found = ledger.select(
        "SELECT c.sender, c.message_id, d.place, d.at_offset FROM decision d"
        " JOIN content c ON c.id = d.content WHERE d.outcome = ? AND d.standing NOT IN (?, ?)"
        " AND NOT EXISTS (SELECT 1 FROM decision o"
        " WHERE o.content = d.content AND o.outcome = ?)",
        REPEATED,
        Standing.REFUTED.value,
        Standing.NOWHERE.value,
        ROUTED,
    )
    for sender, message_id, place, offset in found:
        what = "taken for a repetition of a message that was never routed"
        yield Finding(Code.IGNORED, ledger.place(place, offset), what, sender, message_id)


def _member(source: Place) -> str:
    """Whose topic a record stands on; empty where a forged decision names no such topic."""
    words = source.topic.split(".")
    return words[1] if len(words) > 1 else ""
