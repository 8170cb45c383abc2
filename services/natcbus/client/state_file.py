"""A file of what a side remembers: SQLite, of one process at a time, and of its owner alone."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.client.errors import IncompatibleError, UnavailableError

_NO_SPACE: Final = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
_NO_SPACE_HERE: Final = (errno.ENOSPC, errno.EDQUOT)
_LONGEST_HOLDER: Final = 400


class StateFile:
    """Opened, locked and on disk at each commit, so that ``kill -9`` finds it whole at any instant.

    Several threads may use it. The lock is the kernel's and goes with the process that holds it.

    Parameters
    ----------
    mend
        What to do when the file cannot be used.

    Raises
    ------
    UnavailableError
        STATE_IN_USE, with the process that holds it; NO_SPACE, as by every method.
    IncompatibleError
        STATE_UNUSABLE, as by every method. The file is left as it is.
    """

    def __init__(self, path: Path, schema: str, mend: str) -> None:
        self.path = path
        self._mend = mend
        self._one_at_a_time = threading.RLock()
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for each in (path, path.with_suffix(".lock")):
                # SQLite gives its other files the mode of the first.
                each.touch(mode=0o600)
            self._lock = path.with_suffix(".lock").open("r+", encoding="utf-8")
        try:
            self._own()
            self._database = self._opened(schema)
        except BaseException:
            self._lock.close()
            raise

    def _own(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = self._lock.read(_LONGEST_HOLDER).strip()
            raise UnavailableError.owned(str(self.path), holder) from error
        since = datetime.now(UTC).isoformat(timespec="seconds")
        with self._usable():
            self._lock.truncate(0)
            self._lock.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
            self._lock.flush()

    def _opened(self, schema: str) -> sqlite3.Connection:
        with self._usable():
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=FULL")
                database.execute("PRAGMA secure_delete=ON")
                # Of 4 kB: what is removed is overwritten soon, and little room is taken.
                database.execute("PRAGMA wal_autocheckpoint=100")
                database.executescript(schema)
            except BaseException:
                database.close()
                raise
            return database

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database, for one thread."""
        with self._one_at_a_time, self._usable():
            if self._lock.closed:
                raise IncompatibleError.bad_settings(f"{self.path} is closed")
            yield self._database

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk when the block ends, or none of it."""
        with self.reading() as database, database:
            database.execute("BEGIN IMMEDIATE")
            yield database

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, ValueError) as error:
            full = getattr(error, "errno", None) in _NO_SPACE_HERE
            if full or getattr(error, "sqlite_errorname", "") in _NO_SPACE:
                raise UnavailableError.no_space(str(self.path)) from error
            raise self.unusable(str(error)) from error

    def free_bytes(self) -> int:
        """How much room the disk has."""
        with self._usable():
            disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize

    def unusable(self, cause: str) -> IncompatibleError:
        """The error that says so, and what to do."""
        return IncompatibleError.bad_state(str(self.path), cause, self._mend)

    def close(self) -> None:
        """Lets another process have the file."""
        with self._one_at_a_time:
            self._database.close()
            self._lock.close()
