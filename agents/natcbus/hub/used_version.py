"""The version of the Network that was decided under last, remembered beyond the process.

Without it, whoever can truncate ``hub.network`` or send the hub to other brokers could take it back
to an older version, which still has its signatures.
"""

from __future__ import annotations

from typing import Final

from natcbus.envelope.network_document import Seen
from natcbus.hub.errors import SettingsError
from natcbus.hub.state import Entries, StateFolder

_FILE: Final = "network.json"
_VERSION: Final = "version"
_FINGERPRINT: Final = "fingerprint"


class UsedVersion:
    """The memory of all workers of a machine."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def read(self) -> Seen | None:
        """Return the newest version that a worker of this machine used; None for none yet.

        Raises
        ------
        SettingsError
            The file is damaged.
        """
        return self._seen(self._state.read(_FILE))

    def note(self, used: Seen) -> None:
        """Remember a version, unless a newer one is remembered already."""
        written: Entries = {_VERSION: used.version, _FINGERPRINT: used.fingerprint.hex()}

        def newer(held: Entries) -> Entries:
            remembered = self._seen(held)
            behind = remembered is not None and remembered.version >= used.version
            return held if behind else written

        self._state.change(_FILE, newer)

    def _seen(self, held: Entries) -> Seen | None:
        if not held:
            return None
        version, fingerprint = held.get(_VERSION), held.get(_FINGERPRINT)
        try:
            if isinstance(version, int) and isinstance(fingerprint, str):
                return Seen(version, bytes.fromhex(fingerprint))
        except ValueError:
            pass
        file = self._state.file(_FILE)
        raise SettingsError([f"{file}: damaged: find out by what, then move it away"])
