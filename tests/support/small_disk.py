"""A disk so small that a test can fill it: memory, mounted where only processes inside see it.

The mount lives in a namespace of its own, as long as a process that holds it: nothing is left
behind, whatever ends the test. Linux only. Needs root, or user namespaces.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from natcbus.operations.leash import leashed

_BALLAST: Final = ".ballast"
_PIECE: Final = bytes(65_536)
_HOLD: Final = 'mount -t tmpfs -o size="$1" natcbus "$2" && echo mounted && exec sleep 86400'


@dataclass(frozen=True)
class SmallDisk:
    """Mounted at ``folder``, for what is run with ``within`` before its command."""

    folder: Path
    within: tuple[str, ...]
    holder: int

    @property
    def seen_from_outside(self) -> Path:
        """The same folder for who is not inside."""
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def fill(self) -> None:
        """Leave not one byte free."""
        with (self.seen_from_outside / _BALLAST).open("ab", buffering=0) as ballast:
            for piece in (_PIECE, _PIECE[:1]):
                try:
                    while True:
                        ballast.write(piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def relieve(self) -> None:
        """Give back what `fill` took."""
        (self.seen_from_outside / _BALLAST).unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mount ``size`` (as ``mount`` reads it, say 64m) at ``folder`` for the block."""
    root = os.geteuid() == 0
    unshare = ["unshare", "--mount"] if root else ["unshare", "--mount", "--map-root-user"]
    with subprocess.Popen(
        leashed([*unshare, "sh", "-c", _HOLD, "sh", size, str(folder)]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mounted\n", "neither root nor user namespaces here"
        enter = ["nsenter", "--target", str(holder.pid), "--mount"]
        within = enter if root else [*enter, "--user", "--preserve-credentials"]
        try:
            yield SmallDisk(folder, tuple(within), holder.pid)
        finally:
            holder.kill()
