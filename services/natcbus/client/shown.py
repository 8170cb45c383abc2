"""What a desk was shown, and how far its feed was read: one file, one truth.

Both change in one transaction, so that a crash between them cannot show a delivery twice or skip
one. A record that could not be believed only because this side is behind, in public keys or in the
contract, is noted as unread: the next start reads from there, and shows what is new.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, Self

from natcbus.client.state_file import StateFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS shown (delivery_id TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (feed TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT
ROWID;
CREATE TABLE IF NOT EXISTS unread (
  feed TEXT, record_offset INTEGER, PRIMARY KEY (feed, record_offset)
) WITHOUT ROWID;
"""
_MEND: Final = "mend it, or move it away and start from the beginning"


class Shown:
    """The memory of one desk's subscriber. One process at a time may hold it.

    Raises
    ------
    NatcbusError
        As of ``StateFile``, also by every method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = StateFile(path, _SCHEMA, _MEND)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def position(self, feed: str) -> int | None:
        """Where to read on: behind what was settled, or at the first record that is unread.

        None if nothing was read yet.
        """
        unread = self._number("SELECT min(record_offset) FROM unread WHERE feed = ?", feed)
        settled = self._number("SELECT max(next_offset) FROM position WHERE feed = ?", feed)
        return settled if unread is None or settled is None else min(unread, settled)

    def digest(self, delivery_id: str) -> bytes | None:
        """The digest under which a delivery was shown, or None if it was not."""
        with self._file.reading() as database:
            row = database.execute(
                "SELECT digest FROM shown WHERE delivery_id = ?", (delivery_id,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def settle(self, feed: str, offset: int, delivery_id: str = "", digest: bytes = b"") -> None:
        """Notes that everything up to ``offset`` is done, and which delivery was shown there."""
        with self._file.changing() as database:
            if delivery_id:
                database.execute("INSERT OR IGNORE INTO shown VALUES (?, ?)", (delivery_id, digest))
            database.execute(
                "DELETE FROM unread WHERE feed = ? AND record_offset = ?", (feed, offset)
            )
            _move(database, feed, offset)

    def leave_unread(self, feed: str, offset: int) -> None:
        """Notes that the record at ``offset`` is to be read again by the next start."""
        with self._file.changing() as database:
            database.execute("INSERT OR IGNORE INTO unread VALUES (?, ?)", (feed, offset))
            _move(database, feed, offset)

    def forget_before(self, feed: str, offset: int) -> None:
        """Notes that the bus holds nothing before ``offset`` any more."""
        with self._file.changing() as database:
            database.execute(
                "DELETE FROM unread WHERE feed = ? AND record_offset < ?", (feed, offset)
            )

    def _number(self, query: str, feed: str) -> int | None:
        with self._file.reading() as database:
            row = database.execute(query, (feed,)).fetchone()
        return None if row[0] is None else int(row[0])

    def close(self) -> None:
        """Lets another process have the file."""
        self._file.close()


def _move(database: sqlite3.Connection, feed: str, offset: int) -> None:
    database.execute(
        "INSERT INTO position VALUES (?, ?) ON CONFLICT (feed) DO UPDATE "
        "SET next_offset = max(next_offset, excluded.next_offset)",
        (feed, offset + 1),
    )
