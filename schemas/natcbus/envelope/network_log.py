"""The versions of the Network in the order in which they were published, and which one to use.

For whoever reads ``hub.network`` from its beginning: hub, nodes, tools. A record that must not be
used is refused and changes nothing, so that nobody who can write there can take a version away.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.network_document import (
    SIGNATURES_NEEDED,
    NetworkDocument,
    Seen,
    check_risen,
    check_time,
    verify_signatures,
)


class NetworkLog:
    """Takes one record after the other.

    Parameters
    ----------
    trusted
        The secretariat's keys by key id.
    newest
        What was used before, where it was remembered: older versions are refused from the start.
    needed
        How many different keys must have signed.
    """

    def __init__(
        self,
        trusted: Mapping[str, VerifyKey],
        newest: Seen | None = None,
        needed: int = SIGNATURES_NEEDED,
    ) -> None:
        self._trusted = trusted
        self._newest = newest
        self._needed = needed
        self._versions: list[NetworkDocument] = []

    @property
    def newest(self) -> Seen | None:
        """The newest version that was signed, whether or not it holds already or still."""
        return self._newest

    @property
    def latest(self) -> NetworkDocument | None:
        """The newest version of all, to compare with: it may not hold yet, or no longer."""
        return self._versions[-1] if self._versions else None

    def add(self, value: bytes) -> NetworkDocument:
        """The document of a record, which counts from now on.

        The newest version a second time is no mistake: it may have been published twice.

        Raises
        ------
        DocumentRefusedError
            BAD_DOCUMENT, UNTRUSTED_KEY, BAD_SIGNATURE, TOO_FEW_SIGNATURES, ROLLED_BACK or FORKED.
        """
        document = NetworkDocument.from_bytes(value)
        verify_signatures(document, self._trusted, self._needed)
        check_risen(document, self._newest)
        if not self._versions or self._versions[-1].version != document.version:
            self._versions.append(document)
        self._newest = document.seen
        return document

    def in_use(self, now: datetime) -> NetworkDocument | None:
        """The version that holds at ``now``; None where none does yet.

        Versions only rise: when the one in use expires, no older one takes its place.

        Raises
        ------
        DocumentRefusedError
            EXPIRED.
        """
        begun = [each for each in self._versions if each.not_before <= now]
        if not begun:
            return None
        check_time(begun[-1], now)
        # What was replaced is never asked for again.
        self._versions = self._versions[len(begun) - 1 :]
        return begun[-1]
