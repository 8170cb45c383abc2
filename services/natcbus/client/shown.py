"""What a desk was shown, and how far its feed was read: one file, one truth.

Both change in one transaction, so that a crash between them cannot show a delivery twice or skip
one. A record that could not be believed only because this side is behind, in public keys or in the
contract, is noted as unread: the next start reads from there, and shows what is new.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from natcbus.client.errors import IncompatibleError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS shown (delivery_id TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (feed TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT
ROWID;
CREATE TABLE IF NOT EXISTS unread (
  feed TEXT, record_offset INTEGER, PRIMARY KEY (feed, record_offset)
) WITHOUT ROWID;
"""


class Shown:
    """The memory of one desk's subscriber, in SQLite. One process at a time may hold it.

    Raises
    ------
    IncompatibleError
        STATE_IN_USE, with the process that holds it, or STATE_UNUSABLE, as by every method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for each in (path, path.with_suffix(".lock")):
                # SQLite gives its other files the mode of the first.
                each.touch(mode=0o600)
            self._lock = path.with_suffix(".lock").open("r+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            with self._lock:
                holder = self._lock.read(20).strip()
            raise IncompatibleError.other_reader(str(path), holder) from error
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()
        try:
            self._database = self._opened()
        except BaseException:
            self._lock.close()
            raise

    def _opened(self) -> sqlite3.Connection:
        with self._usable():
            # One thread at a time uses it, and not always the one that made it.
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=FULL")
                database.executescript(_SCHEMA)
            except BaseException:
                database.close()
                raise
            return database

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise IncompatibleError.bad_state(str(self.path), str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def position(self, feed: str) -> int | None:
        """Where to read on: behind what was settled, or at the first record that is unread.

        None if nothing was read yet.
        """
        with self._usable():
            unread = self._number("SELECT min(record_offset) FROM unread WHERE feed = ?", feed)
            settled = self._number("SELECT max(next_offset) FROM position WHERE feed = ?", feed)
        return settled if unread is None or settled is None else min(unread, settled)

    def digest(self, delivery_id: str) -> bytes | None:
        """The digest under which a delivery was shown, or None if it was not."""
        with self._usable():
            row = self._database.execute(
                "SELECT digest FROM shown WHERE delivery_id = ?", (delivery_id,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def settle(self, feed: str, offset: int, delivery_id: str = "", digest: bytes = b"") -> None:
        """Notes that everything up to ``offset`` is done, and which delivery was shown there."""
        with self._changing() as database:
            if delivery_id:
                database.execute("INSERT OR IGNORE INTO shown VALUES (?, ?)", (delivery_id, digest))
            database.execute(
                "DELETE FROM unread WHERE feed = ? AND record_offset = ?", (feed, offset)
            )
            _move(database, feed, offset)

    def leave_unread(self, feed: str, offset: int) -> None:
        """Notes that the record at ``offset`` is to be read again by the next start."""
        with self._changing() as database:
            database.execute("INSERT OR IGNORE INTO unread VALUES (?, ?)", (feed, offset))
            _move(database, feed, offset)

    def forget_before(self, feed: str, offset: int) -> None:
        """Notes that the bus holds nothing before ``offset`` any more."""
        with self._changing() as database:
            database.execute(
                "DELETE FROM unread WHERE feed = ? AND record_offset < ?", (feed, offset)
            )

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._usable(), self._database as database:
            database.execute("BEGIN IMMEDIATE")
            yield database

    def _number(self, query: str, feed: str) -> int | None:
        row = self._database.execute(query, (feed,)).fetchone()
        return None if row[0] is None else int(row[0])

    def close(self) -> None:
        """Lets another process have the file."""
        self._database.close()
        self._lock.close()


def _move(database: sqlite3.Connection, feed: str, offset: int) -> None:
    database.execute(
        "INSERT INTO position VALUES (?, ?) ON CONFLICT (feed) DO UPDATE "
        "SET next_offset = max(next_offset, excluded.next_offset)",
        (feed, offset + 1),
    )
