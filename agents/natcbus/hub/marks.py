"""Which record is being decided, written where it is still to be read when that kills the process.

A page of memory that a file shares: to write it costs a microsecond and no system call, and the
kernel keeps it whatever ends the process, a segmentation fault and SIGKILL included.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final, NamedTuple, Self

_SIZE: Final = 512
_SET: Final = 1
_TEXT: Final = slice(1, _SIZE)
_END: Final = b"\n"
_PARTS: Final = 3


class Position(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """As a file names it: no topic holds a slash."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``str`` of a position; None where it is none."""
        parts = text.split("/")
        if len(parts) != _PARTS or not parts[1].isdecimal() or not parts[2].isdecimal():
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]))


class Mark:
    """The record that is being decided. Without a file it ends with the process."""

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._page = mmap.mmap(-1, _SIZE)
            return
        with file.open("a+b") as stream:
            stream.truncate(_SIZE)
            self._page = mmap.mmap(stream.fileno(), _SIZE)

    def set(self, topic: str, partition: int, offset: int) -> None:
        """Note that this record is about to be decided."""
        text = f"{topic}/{partition}/{offset}".encode() + _END
        self._page[1 : 1 + len(text)] = text
        self._page[0] = _SET

    def clear(self) -> None:
        """Note that it has been decided."""
        self._page[0] = 0

    def read(self) -> Position | None:
        """Return the record that an earlier process did not get over, if there is one."""
        if self._page[0] != _SET:
            return None
        text, ended, _ = self._page[_TEXT].partition(_END)
        return Position.parse(text.decode(errors="replace")) if ended else None
