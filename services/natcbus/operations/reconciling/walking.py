"""Walks over the topics, kind by kind, and writes down what stands there.

The order matters: decisions first, so that each record of a member meets what was decided about it;
feeds last, so that each delivery meets what was decided and decided again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from natcbus.contract.errors import DecodingError
from natcbus.operations.quarantine import Held, put_aside, treatment_in
from natcbus.operations.reconciling.arrivals import (
    Arrived,
    Networks,
    Undecided,
    judge_arrival,
)
from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.decided import (
    QUARANTINED,
    REPEATED,
    ROUTED,
    Decided,
    Rules,
    read_decision,
    read_receipt,
)
from natcbus.operations.reconciling.deciding_again import (
    Said,
    UnprovenError,
    contradiction,
    decide_again,
    read_said,
    sha256,
    unfounded,
)
from natcbus.operations.reconciling.found import Found
from natcbus.operations.reconciling.ledger import Ledger, Standing, Witness, Written
from natcbus.operations.reconciling.report import Finding, Place
from natcbus.operations.reconciling.scope import Scope
from natcbus.operations.topic_reading import Stored
from natcbus.routing.decision import ENGINE
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.topics import receipts_topic, speaker

_FEED: Final = "desk."
SOURCES: Final = "sources"


@dataclass(frozen=True, slots=True)
class _Source:
    """A record of a member's topic; ``said`` is None where it is no message."""

    place: Place
    member: str
    said: Said | None
    sha256: bytes

    def finding(self, code: Code, place: Place, what: str, desk: str = "") -> Finding:
        """Something about its message."""
        message_id = "" if self.said is None else self.said.header.message_id
        return Finding(code, place, what, self.member, message_id, desk)


@dataclass(slots=True)
class Walk:
    """One run: what it reads under, and where it writes down what it finds."""

    ledger: Ledger
    scope: Scope
    networks: Networks
    found: Found
    read: Counter[str] = field(default_factory=Counter)
    without_rules: set[Rules] = field(default_factory=set)
    last_decided: dict[int, int] = field(default_factory=dict)
    silent: bool = False

    def walk(self, kind: str, records: Iterable[Stored]) -> None:
        """Read all records of one kind of topic."""
        look = _LOOKS[kind]
        for record in records:
            self.scope.note(record)
            self.read[kind] += 1
            self.silent = self.scope.is_past(record.at)
            look(self, record, Place(record.topic, record.partition, record.offset))

    def _say(self, finding: Finding) -> None:
        """Add what was found, if it is not older than what was asked for."""
        if not self.silent:
            self.found.add(finding)

    def decision(self, record: Stored, place: Place) -> None:
        """A record of ``hub.decisions``."""
        try:
            decided = read_decision(record.value, place)
        except DecodingError as error:
            self._say(Finding(Code.UNREADABLE, place, f"no decision ({error.code})"))
            return
        if self.scope.not_read(decided.source):
            return
        self.ledger.add_decision(decided)
        partition = self.ledger.partition(decided.source)
        newest = max(decided.source.offset, self.last_decided.get(partition, -1))
        extent = self.scope.extents.get((decided.source.topic, decided.source.partition))
        if extent is not None and decided.source.offset < extent.end:
            self.last_decided[partition] = newest

    def receipt(self, record: Stored, place: Place) -> None:
        """A record of a member's receipts; a note of what was done with a held one is none."""
        if treatment_in(record) is not None:
            return
        try:
            told, about = read_receipt(record.value, place)
        except DecodingError as error:
            self._say(Finding(Code.UNREADABLE, place, f"no receipt ({error.code})"))
            return
        if self.scope.not_read(told.source):
            return
        decided = self.ledger.decided_about(told.source)
        if not decided:
            number = self.ledger.add_decision(told, Witness.RECEIPT_ALONE)
            self.ledger.add_receipt(number, place, about)
            return
        same = [each for each in decided if each.substance == told.substance]
        if place.topic != receipts_topic(told.sender):
            self._differs(told, "it is another member's")
        elif not same:
            # Of an attempt that a crash cut short, or forged: deciding again will tell.
            self.ledger.add_decision(told, Witness.OTHER_RECEIPT)
        for each in same:
            self.ledger.add_receipt(each.id, place, about)

    def _differs(self, told: Decided, what: str) -> None:
        self._say(Finding(Code.RECEIPT_DIFFERS, told.place, what, told.sender, told.message_id))

    def source(self, record: Stored, place: Place) -> None:
        """A record of a member's own topic."""
        decisions = self.ledger.decided_about(place)
        if not decisions:
            self._undecided(record, place)
            return
        source = _Source(place, speaker(place.topic), _readable(record.value), sha256(record.value))
        for each in decisions:
            self._judge(each, source)
            for at, named in self.ledger.receipts_of(each.id):
                if named != source.sha256:
                    what = f"it names other bytes than those of {place}"
                    self._say(source.finding(Code.RECEIPT_DIFFERS, at, what))

    def _undecided(self, record: Stored, place: Place) -> None:
        source = _Source(place, speaker(place.topic), _readable(record.value), b"")
        if self.scope.may_wait(record.at):
            code, what = Code.WAITING, "not decided yet"
        elif place.offset < self.last_decided.get(self.ledger.partition(place), -1):
            code, what = Code.PASSED_OVER, "never decided about, and later records were"
        else:
            code, what = Code.OVERDUE, f"not decided since {record.at:%Y-%m-%d %H:%M:%S} UTC"
        self._say(source.finding(code, place, what))

    def _judge(self, written: Written, source: _Source) -> None:
        """Decide a record again and compare it with what was decided."""
        standing, said = Standing.HOLDS, source.said
        if written.content is not None and written.content != self._content_of(source):
            standing = self._refute(written, source, f"{source.place} is another message")
        elif self._says_otherwise(written):
            standing = self._refute(written, source, f"not what was decided about {source.place}")
        elif written.decision_digest or written.outcome == ROUTED:
            under = self._rules_of(written)
            if under is None:
                standing = Standing.UNJUDGED
            elif said is None:
                standing = self._refute(written, source, f"{source.place} cannot be read")
            else:
                standing = self._compare(written, source, said, under)
        self.ledger.set_standing(written.id, standing, source.sha256)

    def _says_otherwise(self, written: Written) -> bool:
        """Whether a receipt alone says that something did not leave, and it was not repeated."""
        if written.witness is not Witness.OTHER_RECEIPT or written.outcome == ROUTED:
            return False
        return written.outcome != REPEATED or not self.ledger.was_routed(written.content)

    def _content_of(self, source: _Source) -> int | None:
        if source.said is None:
            return None
        known = self.ledger.contents_of(source.member, source.said.header.message_id)
        found = known.get(source.said.digest)
        return None if found is None else found.id

    def _rules_of(self, written: Written) -> OpenedNetwork | None:
        rules = written.rules
        under = self.networks.get((rules.version, rules.digest))
        if under is not None and rules.engine == ENGINE:
            return under
        if rules not in self.without_rules:
            self.without_rules.add(rules)
            what = (
                f"version {rules.version} of the network ({rules.digest.hex()[:16]}), "
                f"engine {rules.engine}, is not at hand"
            )
            self._say(Finding(Code.RULES_NOT_AT_HAND, self._place(written), what))
        return None

    def _compare(
        self, written: Written, source: _Source, said: Said, under: OpenedNetwork
    ) -> Standing:
        place = self._place(written)
        try:
            again = decide_again(said, source.member, under, left=written.outcome == ROUTED)
        except UnprovenError as error:
            self._say(source.finding(Code.ROUTED_UNPROVEN, place, str(error)))
            return Standing.REFUTED
        if written.content is not None:
            self.ledger.set_signature(written.content, said.message.tail.signature)
        rows = self.ledger.rows_of(written.id)
        against = contradiction(written, rows, said, again)
        if against is not None:
            self.ledger.correct(written.id, again.rows())
            return self._refute(written, source, *against)
        for row, why in unfounded(rows, said, again, under):
            code = Code.WITHHELD if row.undelivered else Code.INCOMPLETE
            self._say(source.finding(code, place, f"{row.desk}: {why}", row.desk))
        return Standing.HOLDS

    def _refute(self, written: Written, source: _Source, what: str, desk: str = "") -> Standing:
        told = written.witness is Witness.OTHER_RECEIPT
        code = Code.RECEIPT_DIFFERS if told else Code.DECISION_DIFFERS
        self._say(source.finding(code, self._place(written), what, desk))
        return Standing.REFUTED

    def _place(self, written: Written) -> Place:
        return self.ledger.place(written.place, written.at_offset)

    def held(self, record: Stored, place: Place) -> None:
        """A record of ``hub.quarantine``."""
        aside = put_aside(record)
        if aside is None:
            return
        source = Place(aside.topic, aside.partition, aside.offset)
        if self.scope.not_read(source):
            return
        decided = [
            each for each in self.ledger.decided_about(source) if each.outcome == QUARANTINED
        ]
        for each in decided:
            self.ledger.set_held(each.id)
        if any(_same(each, aside) for each in decided) or self.scope.forgotten(source):
            what = f"{source}: {aside.code}"
            self._say(Finding(Code.QUARANTINED, place, what))
        elif self.scope.may_wait(record.at):
            self._say(Finding(Code.WAITING, place, "put aside and not decided yet"))
        else:
            what = f"not what was put aside at {source}" if decided else "nobody put this aside"
            self._say(Finding(Code.QUARANTINE_DIFFERS, place, what))

    def arrival(self, record: Stored, place: Place) -> None:
        """A record of a desk's feed."""
        desk = place.topic.removeprefix(_FEED).removesuffix(".feed")
        judged = judge_arrival(record.value, place, desk, self.ledger, self.networks)
        if isinstance(judged, Arrived):
            self.ledger.add_arrival(*judged)
        elif isinstance(judged, Finding):
            self._say(judged)
        else:
            self._undecided_arrival(judged, record)

    def _undecided_arrival(self, judged: Undecided, record: Stored) -> None:
        if judged.received_at is not None and self.scope.is_past(judged.received_at):
            return
        finding = judged.finding
        if self.scope.may_wait(record.at):
            what = f"{finding.what}, so far"
            finding = Finding(
                Code.WAITING, finding.place, what, finding.sender, finding.message_id, finding.desk
            )
        self._say(finding)


def _same(written: Written, aside: Held) -> bool:
    """Whether the bytes in quarantine are those that the receipt names."""
    return not written.record_sha256 or written.record_sha256 == aside.sha256


def _readable(value: bytes) -> Said | None:
    try:
        return read_said(value)
    except DecodingError:
        return None


_LOOKS: Final[dict[str, Callable[[Walk, Stored, Place], None]]] = {
    "decisions": Walk.decision,
    "receipts": Walk.receipt,
    SOURCES: Walk.source,
    "quarantine": Walk.held,
    "feeds": Walk.arrival,
}
KINDS: Final = tuple(_LOOKS)
"""The kinds of topics, in the order in which they are read."""
