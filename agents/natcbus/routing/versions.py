"""The versions of the Network that can be decided under, as they are published.

For whoever follows ``hub.network``: the hub, nodes, the SDK. A version counts when the secretariat
signed it and it is newer than those before it; it can be used when this installation can read its
policy and its keys. What cannot be used changes nothing: the reader goes on under the version that
it has, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from natcbus.contract.audience import Audience
from natcbus.envelope.errors import DocumentRefusedError, KeyDirectoryError
from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.network_document import NetworkDocument, Seen
from natcbus.envelope.network_log import NetworkLog
from natcbus.routing.errors import NetworkError, VersionRefusedError
from natcbus.routing.signed import OpenedNetwork, open_network

_SHOWN: Final = 3


class Version(NamedTuple):
    """One version that can be used from ``document.not_before`` on."""

    document: NetworkDocument
    opened: OpenedNetwork

    @property
    def number(self) -> int:
        """What rises from one to the next."""
        return self.document.version


def usable(_: OpenedNetwork) -> None:
    """No objection to any version that can be read."""


class Versions:
    """Takes the records of ``hub.network`` one after the other.

    Parameters
    ----------
    trusted
        The secretariat's keys by key id.
    audiences
        Who may open what, by event type: of the contract that is installed here.
    used
        The version that was decided under before: older ones are refused from the start.
    objection
        Why the reader cannot use a version; None where it can.
    """

    def __init__(
        self,
        trusted: Mapping[str, VerifyKey],
        audiences: Mapping[str, Audience],
        used: Seen | None = None,
        objection: Callable[[OpenedNetwork], str | None] = usable,
    ) -> None:
        self._log = NetworkLog(trusted, used)
        self._audiences = audiences
        self._objection = objection
        self._usable: list[Version] = []

    def add(self, value: bytes) -> None:
        """Count a record from now on; the newest version a second time is no mistake.

        Raises
        ------
        VersionRefusedError
            It does not count, or cannot be used here. Nothing has changed.
        """
        try:
            document = self._log.add(value)
        except DocumentRefusedError as error:
            raise VersionRefusedError(error.code, error.text) from error
        if all(each.document.seen != document.seen for each in self._usable):
            self._usable.append(Version(document, self._open(document)))

    def begun(self, now: datetime) -> Sequence[Version]:
        """The versions that have begun at ``now`` (aware), the newest first.

        The newest one may have expired: then everything is to be refused, and no older one takes
        its place.
        """
        return [each for each in reversed(self._usable) if each.document.not_before <= now]

    def _open(self, document: NetworkDocument) -> OpenedNetwork:
        number = document.version
        try:
            opened = open_network(document, self._audiences)
        except (DocumentRefusedError, KeyDirectoryError) as error:
            raise VersionRefusedError.unusable(number, error.code, error.text) from error
        except NetworkError as error:
            shown = "; ".join(map(str, error.problems[:_SHOWN]))
            raise VersionRefusedError.unusable(number, "BAD_NETWORK", shown) from error
        objection = self._objection(opened)
        if objection is not None:
            raise VersionRefusedError.unusable(number, "UNUSABLE_HERE", objection)
        return opened
