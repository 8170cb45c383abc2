"""What was read, in SQLite on disk: millions of records fit into little memory.

It holds ids, places, digests and times, and nothing of what a message says. The file lies in a
folder of its owner alone and goes with the run.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from natcbus.contract.types.core import Signature
from natcbus.operations.reconciling.decided import Decided, Row, Rules
from natcbus.operations.reconciling.names import Names
from natcbus.operations.reconciling.report import Place

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE content (
  id INTEGER PRIMARY KEY, sender TEXT, message_id TEXT, digest BLOB, thread TEXT,
  key_id TEXT, signature BLOB,
  UNIQUE (sender, message_id, digest)
);
CREATE TABLE decision (
  id INTEGER PRIMARY KEY, place INTEGER, at_offset INTEGER, source INTEGER, source_offset INTEGER,
  content INTEGER, outcome TEXT, rules INTEGER, decision_digest BLOB, slip_digest BLOB,
  claims BLOB, explained BLOB, substance BLOB, decided_at INTEGER, witness INTEGER,
  held INTEGER DEFAULT 0, standing INTEGER DEFAULT 0, record_sha256 BLOB
);
CREATE TABLE receipt (
  decision INTEGER, place INTEGER, at_offset INTEGER, record_sha256 BLOB,
  PRIMARY KEY (decision, place, at_offset)
) WITHOUT ROWID;
CREATE INDEX decision_source ON decision (source, source_offset);
CREATE INDEX decision_content ON decision (content);
CREATE TABLE delivery (
  decision INTEGER, desk INTEGER, compartments INTEGER, undelivered INTEGER,
  PRIMARY KEY (decision, desk)
) WITHOUT ROWID;
-- The decisions that say who gets a message; what refutes one is said where it is judged.
CREATE VIEW routed AS SELECT * FROM decision WHERE outcome = 'ROUTED' AND standing NOT IN (2, 4);
CREATE TABLE arrival (
  desk INTEGER, content INTEGER, at_offset INTEGER, PRIMARY KEY (desk, content, at_offset)
) WITHOUT ROWID;
-- The deliveries that were decided and are in no feed.
CREATE VIEW not_arrived AS
  SELECT c.sender, c.message_id, r.desk, r.undelivered,
    d.content, d.decided_at, d.place, d.at_offset
  FROM routed d JOIN delivery r ON r.decision = d.id JOIN content c ON c.id = d.content
  WHERE NOT EXISTS (SELECT 1 FROM arrival a WHERE a.desk = r.desk AND a.content = d.content);
"""


class Standing(IntEnum):
    """What deciding again said about a decision."""

    NO_SOURCE = 0
    """The record that it is about was not seen."""
    HOLDS = 1
    REFUTED = 2
    UNJUDGED = 3
    """The rules that it names are not at hand."""
    NOWHERE = 4
    """The record that it is about does not exist: nothing that it says counts."""


class Witness(IntEnum):
    """Which record holds a decision."""

    RECORD = 0
    """One on ``hub.decisions``."""
    RECEIPT_ALONE = 1
    """A receipt, and nothing about its message stands on ``hub.decisions``."""
    OTHER_RECEIPT = 2
    """A receipt that says something else than what stands there."""


class Written(NamedTuple):
    """A decision in the ledger; the fields are those of ``Decided``.

    ``record_sha256`` is empty as long as the record that it is about was not seen.
    """

    id: int
    place: int
    at_offset: int
    content: int | None
    outcome: str
    rules: Rules
    decision_digest: bytes
    slip_digest: bytes
    claims: bytes
    explained: bytes
    substance: bytes
    decided_at: int
    witness: Witness
    record_sha256: bytes


class Content(NamedTuple):
    """Signed bytes; ``signature`` is one that was found to hold, None where none was."""

    id: int
    signature: Signature | None


class Permitted(NamedTuple):
    """What a decision says about one desk; ``row`` is None where it does not name the desk."""

    outcome: str
    decision_digest: bytes
    standing: Standing
    row: Row | None


class Ledger:
    """The tables of one run; ``folder`` is where its folder lies, else the system's for such."""

    def __init__(self, folder: Path | None = None) -> None:
        # For its owner alone: mode 0700.
        self._folder = tempfile.TemporaryDirectory(prefix="natcbus-reconcile-", dir=folder)
        self._database = sqlite3.connect(
            Path(self._folder.name) / "ledger.sqlite", isolation_level=None
        )
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._partitions: Names[tuple[str, int]] = Names()
        self._rules: Names[Rules] = Names()
        self._texts: Names[str] = Names("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def add_decision(self, decided: Decided, witness: Witness = Witness.RECORD) -> int:
        """Write a decision down; its number."""
        content = self._content(decided) if decided.message_id and decided.digest else None
        row = self._database.execute(
            "INSERT INTO decision (place, at_offset, source, source_offset, content, outcome,"
            " rules, decision_digest, slip_digest, claims, explained, substance, decided_at,"
            " witness) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.partition(decided.place),
                decided.place.offset,
                self.partition(decided.source),
                decided.source.offset,
                content,
                decided.outcome,
                self._rules.number(decided.rules),
                decided.decision_digest,
                decided.slip_digest,
                decided.claims,
                decided.explained,
                decided.substance,
                decided.decided_at,
                witness.value,
            ),
        )
        number = row.lastrowid or 0
        self._write_rows(number, decided.rows)
        return number

    def correct(self, decision: int, rows: Iterable[Row]) -> None:
        """What really holds for the message of a decision that is refuted."""
        self._database.execute("DELETE FROM delivery WHERE decision = ?", (decision,))
        self._write_rows(decision, rows)

    def set_standing(self, decision: int, standing: Standing, record_sha256: bytes) -> None:
        """Write down what deciding again said, and about which bytes."""
        self._database.execute(
            "UPDATE decision SET standing = ?, record_sha256 = ? WHERE id = ?",
            (standing.value, record_sha256, decision),
        )

    def set_held(self, decision: int) -> None:
        """What it put aside is in quarantine."""
        self._database.execute("UPDATE decision SET held = 1 WHERE id = ?", (decision,))

    def add_receipt(self, decision: int, place: Place, record_sha256: bytes) -> None:
        """A receipt says what a decision says, for a record of these bytes."""
        self._database.execute(
            "INSERT INTO receipt VALUES (?, ?, ?, ?)",
            (decision, self.partition(place), place.offset, record_sha256),
        )

    def receipts_of(self, decision: int) -> list[tuple[Place, bytes]]:
        """The receipts for a decision, and which bytes each names."""
        found = self._database.execute(
            "SELECT place, at_offset, record_sha256 FROM receipt WHERE decision = ?", (decision,)
        )
        return [(self.place(place, offset), bytes(named)) for place, offset, named in found]

    def add_arrival(self, desk: str, content: int, offset: int) -> None:
        """A delivery arrived as it should."""
        self._database.execute(
            "INSERT OR IGNORE INTO arrival VALUES (?, ?, ?)",
            (self.text_number(desk), content, offset),
        )

    def decided_about(self, source: Place) -> list[Written]:
        """The decisions about one record, oldest first."""
        found = self._database.execute(
            "SELECT id, place, at_offset, content, outcome, rules, decision_digest, slip_digest,"
            " claims, explained, substance, decided_at, witness, record_sha256 FROM decision"
            " WHERE source = ? AND source_offset = ? ORDER BY id",
            (self.partition(source), source.offset),
        )
        return [self._written(row) for row in found]

    def rows_of(self, decision: int) -> list[Row]:
        """The deliveries of a decision, by desk."""
        found = self._database.execute(
            "SELECT desk, compartments, undelivered FROM delivery WHERE decision = ?", (decision,)
        )
        return sorted(self._row(*row) for row in found)

    def contents_of(self, sender: str, message_id: str) -> dict[bytes, Content]:
        """The signed bytes that were decided about under one id, by their digest."""
        found = self._database.execute(
            "SELECT digest, id, key_id, signature FROM content WHERE sender = ? AND message_id = ?",
            (sender, message_id),
        )
        return {
            digest: Content(number, None if key is None else Signature(key_id=key, value=value))
            for digest, number, key, value in found
        }

    def set_signature(self, content: int, signature: Signature) -> None:
        """Remember a signature that holds: it need not be verified again."""
        self._database.execute(
            "UPDATE content SET signature = ?, key_id = ? WHERE id = ?",
            (signature.value, signature.key_id, content),
        )

    def was_routed(self, content: int | None) -> bool:
        """Whether a decision says that a message left."""
        found = self._database.execute("SELECT 1 FROM routed WHERE content = ?", (content,))
        return found.fetchone() is not None

    def permitted(self, content: int, desk: str) -> list[Permitted]:
        """What the decisions about a message say about one desk."""
        found = self._database.execute(
            "SELECT d.outcome, d.decision_digest, d.standing, r.compartments, r.undelivered"
            " FROM decision d LEFT JOIN delivery r ON r.decision = d.id AND r.desk = ?"
            " WHERE d.content = ? AND d.standing != ?",
            (self.text_number(desk), content, Standing.NOWHERE.value),
        )
        return [
            Permitted(
                outcome,
                digest,
                Standing(standing),
                None if compartments is None else self._row_of(desk, compartments, undelivered),
            )
            for outcome, digest, standing, compartments, undelivered in found
        ]

    def select(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query over the tables above."""
        return iter(self._database.execute(query, values))

    def partition(self, place: Place) -> int:
        """The number of a partition of a topic."""
        return self._partitions.number((place.topic, place.partition))

    def place(self, partition: int, offset: int) -> Place:
        """The place of a numbered partition and an offset."""
        return Place(*self._partitions[partition], offset)

    def text_number(self, text: str) -> int:
        """The number of a desk, a code or a list of compartments; 0 is the empty text."""
        return self._texts.number(text)

    def text(self, number: int) -> str:
        """The text of a number."""
        return self._texts[number]

    def _written(self, row: tuple[Any, ...]) -> Written:
        rules, witness, seen = self._rules[row[5]], Witness(row[12]), row[13] or b""
        return Written._make((*row[:5], rules, *row[6:12], witness, seen))

    def _content(self, decided: Decided) -> int:
        key = (decided.sender, decided.message_id, decided.digest)
        self._database.execute(
            "INSERT OR IGNORE INTO content (sender, message_id, digest, thread)"
            " VALUES (?, ?, ?, ?)",
            (*key, decided.thread),
        )
        (number,) = self._database.execute(
            "SELECT id FROM content WHERE sender = ? AND message_id = ? AND digest = ?", key
        ).fetchone()
        return int(number)

    def _write_rows(self, decision: int, rows: Iterable[Row]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO delivery VALUES (?, ?, ?, ?)",
            [
                (
                    decision,
                    self.text_number(row.desk),
                    self.text_number(" ".join(row.compartments)),
                    self.text_number(row.undelivered),
                )
                for row in rows
            ],
        )

    def _row(self, desk: int, compartments: int, undelivered: int) -> Row:
        return self._row_of(self.text(desk), compartments, undelivered)

    def _row_of(self, desk: str, compartments: int, undelivered: int) -> Row:
        return Row(desk, tuple(self.text(compartments).split()), self.text(undelivered))
