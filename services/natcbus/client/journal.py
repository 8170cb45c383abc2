"""What a member has accepted to send: on disk before anything is sent, and gone from it after.

What is queued is the finished record, sealed and signed, so that every attempt sends the same
bytes. Of what is settled only the open part is kept, for the newest few thousand: whoever publishes
the same event again under its id is told what became of it, and nothing is sent twice.

The order is that of acceptance, by a number that the file gives: no clock has a say in it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.client.entries import (
    COLUMNS,
    Entry,
    digest_of,
    entry_of,
    instant,
    milliseconds,
    row_of,
)
from natcbus.client.errors import IncompatibleError, UnavailableError
from natcbus.client.failpoints import Point, passing
from natcbus.client.state_file import StateFile

MAX_QUEUED: Final = 20_000
MAX_QUEUED_BYTES: Final = 256 * 1024 * 1024
"""What may be queued at most: some days of the busiest member's alerts."""
_ROUND: Final = 256
_ROUND_BYTES: Final = 2 * 1024 * 1024
"""What is sent at a time."""
_RESERVE: Final = 8 * 1024 * 1024
"""Left free on the disk, so that what is sent can be noted when nothing more is accepted."""
_REMEMBERED: Final = 10_000
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_MEND: Final = (
    "nothing is accepted, and the file is left as it is: mend it (what is queued in it is whole as "
    "far as it can be read), or move it away, and what was queued in it is not sent"
)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL,
  content BLOB NOT NULL,
  accepted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  headers TEXT NOT NULL,
  outline BLOB NOT NULL,
  value BLOB,
  digest BLOB NOT NULL,
  state TEXT NOT NULL,
  topic_partition INTEGER,
  record_offset INTEGER
);
CREATE INDEX IF NOT EXISTS queued ON message (thread_id, number) WHERE state = 'QUEUED';
CREATE INDEX IF NOT EXISTS settled ON message (number) WHERE state != 'QUEUED';
"""
_WITHOUT_VALUE: Final = COLUMNS.replace(" value,", " NULL,")


@dataclass(frozen=True, slots=True)
class Durable:
    """An entry, and where it is durable."""

    entry: Entry
    partition: int
    offset: int


class Journal:
    """The journal of one member, for one process.

    Raises
    ------
    NatcbusError
        As of ``StateFile``, also by every method.
    """

    def __init__(
        self, path: Path, *, max_queued: int = MAX_QUEUED, max_bytes: int = MAX_QUEUED_BYTES
    ) -> None:
        self.path = path
        self._max_queued = max_queued
        self._max_bytes = max_bytes
        self._file = StateFile(path, _SCHEMA, _MEND)
        try:
            self._count, self._bytes = self._checked()
            self._soonest = self._next_expiry()
        except BaseException:
            self._file.close()
            raise
        passing(Point.OWNED)

    def _checked(self) -> tuple[int, int]:
        """How much is queued, in a file that is whole."""
        with self._file.reading() as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise self._file.unusable(verdict)
            count, size = database.execute(
                "SELECT count(*), coalesce(sum(length(value)), 0) FROM message "
                "WHERE state = 'QUEUED'"
            ).fetchone()
        return int(count), int(size)

    @property
    def count(self) -> int:
        """How many messages are queued."""
        return self._count

    def put(self, entry: Entry) -> Entry:
        """Accepts a message; when this returns it is on disk, and is sent whatever happens.

        Returns
        -------
        Entry
            With its number; or the one that has this message id already, as it is.

        Raises
        ------
        UnavailableError
            JOURNAL_FULL or NO_SPACE: it was not accepted.
        """
        size = len(entry.value)
        with self._file.changing() as database:
            known = _found(database, entry.message_id)
            if known is not None:
                return known
            if self._file.free_bytes() < size + _RESERVE:
                raise UnavailableError.no_space(str(self.path))
            if self._count >= self._max_queued or self._bytes + size > self._max_bytes:
                raise UnavailableError.journal_full(str(self.path), self._count, self._bytes)
            database.execute(
                f"INSERT INTO message ({COLUMNS}) VALUES ({', '.join('?' * 13)})",  # noqa: S608 - our own column names
                row_of(entry),
            )
            passing(Point.ENTERED)
            [number] = database.execute("SELECT last_insert_rowid()").fetchone()
        self._count += 1
        self._bytes += size
        self._soonest = min(self._soonest, entry.expires_at)
        passing(Point.ACCEPTED)
        return replace(entry, number=number)

    def find(self, message_id: str) -> Entry | None:
        """What is known of a message: queued, or one of the newest that are settled."""
        with self._file.reading() as database:
            return _found(database, message_id)

    def queued(self) -> list[Entry]:
        """What is queued, in its order, without values."""
        with self._file.reading() as database:
            return _queued(database)

    def next_round(self, settled: Collection[int] = ()) -> list[Entry]:
        """What may be sent now: of each thread the first that is queued, in their order.

        A later message of a thread waits until the earlier one is durable, because one that is sent
        again would land behind it.

        Parameters
        ----------
        settled
            Numbers to pass over: durable, though it could not be noted yet.
        """
        found: list[Entry] = []
        room = _ROUND_BYTES
        with (
            self._file.reading() as database,
            closing(
                database.execute(
                    f"SELECT {COLUMNS} FROM message WHERE number IN (SELECT min(number) "  # noqa: S608 - our own column names
                    "FROM message WHERE state = 'QUEUED' AND number NOT IN "
                    "(SELECT value FROM json_each(?)) GROUP BY thread_id ORDER BY 1 LIMIT ?) "
                    "ORDER BY number",
                    (json.dumps(list(settled)), _ROUND),
                )
            ) as rows,
        ):
            for row in rows:
                entry = entry_of(row)
                room -= len(entry.value)
                if found and room < 0:
                    break
                found.append(entry)
        return found

    def check(self, entry: Entry) -> None:
        """Whether an entry still has the bytes that were accepted.

        Raises
        ------
        IncompatibleError
            STATE_UNUSABLE.
        """
        with self._file.reading() as database:
            row = database.execute(
                "SELECT digest FROM message WHERE number = ?", (entry.number,)
            ).fetchone()
        if row is None or row[0] != digest_of(entry):
            raise self._file.unusable(f"message {entry.message_id} is damaged")

    def settle(self, durable: Iterable[Durable]) -> None:
        """Notes what is durable, and removes what was sealed."""
        rows = list(durable)
        with self._file.changing() as database:
            database.executemany(
                "UPDATE message SET state = 'SENT', value = NULL, topic_partition = ?, "
                "record_offset = ? WHERE number = ? AND state = 'QUEUED'",
                [(each.partition, each.offset, each.entry.number) for each in rows],
            )
            _forget_oldest(database)
            passing(Point.NOTED)
        self._less(each.entry for each in rows)
        passing(Point.SETTLED)

    def expire(self, now: datetime) -> list[Entry]:
        """Settles what has expired while it was queued, and returns it."""
        if now < self._soonest:
            return []
        with self._file.reading() as database:
            rows = database.execute(
                f"SELECT {COLUMNS} FROM message WHERE state = 'QUEUED' AND expires_at <= ? "  # noqa: S608 - our own column names
                "ORDER BY number",
                (milliseconds(now),),
            )
            expired = [entry_of(row) for row in rows]
        if expired:
            with self._file.changing() as database:
                database.executemany(
                    "UPDATE message SET state = 'EXPIRED', value = NULL WHERE number = ?",
                    [(each.number,) for each in expired],
                )
                _forget_oldest(database)
            self._less(expired)
        self._soonest = self._next_expiry()
        return expired

    def _next_expiry(self) -> datetime:
        """When the first that is queued expires, or some time before."""
        with self._file.reading() as database:
            [soonest] = database.execute(
                "SELECT min(expires_at) FROM message WHERE state = 'QUEUED'"
            ).fetchone()
        return _NEVER if soonest is None else instant(soonest)

    def withdraw(self, entry: Entry) -> None:
        """Forgets a message that its publisher is told was not accepted."""
        with self._file.changing() as database:
            database.execute("DELETE FROM message WHERE number = ?", (entry.number,))
        self._less([entry])

    def _less(self, settled: Iterable[Entry]) -> None:
        for each in settled:
            self._count -= 1
            self._bytes -= len(each.value)

    def close(self) -> None:
        """Lets another process have it."""
        self._file.close()


def journal_path(state: Path, member: str) -> Path:
    """The file of a member's journal in its state folder."""
    return state / f"{member}-journal.sqlite"


def read_queued(path: Path) -> list[Entry]:
    """What is queued in a journal that another process may hold, without values.

    Raises
    ------
    IncompatibleError
        STATE_UNUSABLE.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return _queued(database)
    except sqlite3.Error as error:
        raise IncompatibleError.bad_state(str(path), str(error), _MEND) from error


def _found(database: sqlite3.Connection, message_id: str) -> Entry | None:
    row = database.execute(
        f"SELECT {COLUMNS} FROM message WHERE message_id = ?",  # noqa: S608 - our own column names
        (message_id,),
    ).fetchone()
    return None if row is None else entry_of(row)


def _queued(database: sqlite3.Connection) -> list[Entry]:
    rows = database.execute(
        f"SELECT {_WITHOUT_VALUE} FROM message WHERE state = 'QUEUED' ORDER BY number"  # noqa: S608 - our own column names
    )
    return [entry_of(row) for row in rows]


def _forget_oldest(database: sqlite3.Connection) -> None:
    database.execute(
        "DELETE FROM message WHERE state != 'QUEUED' AND number <= (SELECT number FROM message "
        "WHERE state != 'QUEUED' ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (_REMEMBERED,),
    )
