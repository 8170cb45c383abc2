"""What outlives a worker: small JSON files in one directory, shared by the workers of a machine.

A file is changed by one process at a time and replaced as a whole, so that whoever is killed in
the middle of it leaves the old file or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from natcbus.hub.errors import SettingsError

Entries: TypeAlias = Mapping[str, int | str]
"""What a file holds."""

_OWNER_ONLY: Final = 0o700


class StateFolder:
    """The directory that ``NATCBUS_HUB_STATE`` names; it is made where it is missing.

    Raises
    ------
    SettingsError
        It cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError([f"{folder}: {error.strerror}"]) from error
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise SettingsError([f"{folder}: not writable: the hub keeps its memory there"])

    def file(self, name: str) -> Path:
        """Return the path of a file in it."""
        return self._folder / name

    def read(self, name: str) -> Entries:
        """Return what a file holds; nothing where it is not there.

        Raises
        ------
        SettingsError
            It is no such file.
        """
        file = self.file(name)
        try:
            held = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise _damaged(file) from error
        if not isinstance(held, dict) or not all(_is_entry(value) for value in held.values()):
            raise _damaged(file)
        return held

    def change(self, name: str, change: Callable[[Entries], Entries]) -> Entries:
        """Replace what a file holds by ``change`` of it, alone, and return what it holds then."""
        with self.file(f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            changed = change(self.read(name))
            fresh = self.file(f"{name}.new")
            with fresh.open("w", encoding="utf-8") as stream:
                json.dump(changed, stream, sort_keys=True)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self.file(name))
        return changed


def _is_entry(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _damaged(file: Path) -> SettingsError:
    return SettingsError([f"{file}: damaged: find out by what, then move it away"])
