"""What a desk was shown, and how far its feed was read: one file, one truth.

Both change in one transaction, so that a crash between them cannot show a delivery twice or skip
one.
"""

from __future__ import annotations

import fcntl
import sqlite3
from pathlib import Path
from typing import Final, Self

from natcbus.client.errors import IncompatibleError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS shown (delivery_id TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (feed TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT
ROWID;
"""


class Shown:
    """The memory of one desk's subscriber, in SQLite. One process at a time may hold it.

    Raises
    ------
    IncompatibleError
        STATE_IN_USE.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for each in (path, path.with_suffix(".lock")):
            # SQLite gives its other files the mode of the first.
            each.touch(mode=0o600)
        self._lock = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise IncompatibleError.other_reader(str(path)) from error
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def position(self, feed: str) -> int | None:
        """The first offset that was not settled, or None if nothing was read."""
        row = self._database.execute(
            "SELECT next_offset FROM position WHERE feed = ?", (feed,)
        ).fetchone()
        return None if row is None else int(row[0])

    def digest(self, delivery_id: str) -> bytes | None:
        """The digest under which a delivery was shown, or None if it was not."""
        row = self._database.execute(
            "SELECT digest FROM shown WHERE delivery_id = ?", (delivery_id,)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def settle(self, feed: str, offset: int, delivery_id: str = "", digest: bytes = b"") -> None:
        """Notes that everything up to ``offset`` is done, and which delivery was shown there."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if delivery_id:
                self._database.execute(
                    "INSERT OR IGNORE INTO shown VALUES (?, ?)", (delivery_id, digest)
                )
            self._database.execute(
                "INSERT INTO position VALUES (?, ?) ON CONFLICT (feed) DO UPDATE "
                "SET next_offset = max(next_offset, excluded.next_offset)",
                (feed, offset + 1),
            )

    def close(self) -> None:
        """Lets another process have the file."""
        self._database.close()
        self._lock.close()
