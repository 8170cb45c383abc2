"""The versions of the Network that this hub can decide under, as they are published.

A version counts when the secretariat signed it and it is newer than those before it; it can be used
when this hub can read its policy and its keys. What cannot be used changes nothing: the hub goes on
under the version that it has, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.envelope.errors import DocumentRefusedError, KeyDirectoryError
from natcbus.envelope.keys import SigningKey, VerifyKey
from natcbus.envelope.network_document import NetworkDocument, Seen
from natcbus.envelope.network_log import NetworkLog
from natcbus.hub.errors import VersionRefusedError
from natcbus.hub.world import World, unlisted_problem
from natcbus.routing.errors import NetworkError
from natcbus.routing.signed import open_network

_SHOWN: Final = 3


class Version(NamedTuple):
    """One version that can be used from ``not_before`` (aware) on."""

    seen: Seen
    not_before: datetime
    world: World


class Versions:
    """Takes the records of ``hub.network`` one after the other.

    Parameters
    ----------
    trusted
        The secretariat's keys by key id.
    signer
        Signs relays; a version that does not list its public half cannot be used.
    used
        The version that was decided under before: older ones are refused from the start.
    """

    def __init__(
        self,
        trusted: Mapping[str, VerifyKey],
        signer: SigningKey,
        used: Seen | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._log = NetworkLog(trusted, used)
        self._signer = signer
        self._catalogue = load_catalogue() if catalogue is None else catalogue
        self._usable: list[Version] = []

    def take(self, value: bytes) -> None:
        """Count a record from now on; the newest version a second time is no mistake.

        Raises
        ------
        VersionRefusedError
            It does not count, or this hub cannot use it. Nothing has changed.
        """
        try:
            document = self._log.add(value)
        except DocumentRefusedError as error:
            raise VersionRefusedError(error.code, error.text) from error
        if all(version.seen != document.seen for version in self._usable):
            self._usable.append(Version(document.seen, document.not_before, self._open(document)))

    def begun(self, now: datetime) -> Sequence[Version]:
        """The versions that have begun at ``now`` (aware), the newest first.

        The newest one may have expired: then it is for admission to refuse everything. No older one
        takes its place.
        """
        return [each for each in reversed(self._usable) if each.not_before <= now]

    def _open(self, document: NetworkDocument) -> World:
        try:
            opened = open_network(document, self._catalogue.audiences)
        except (DocumentRefusedError, KeyDirectoryError) as error:
            raise VersionRefusedError.unusable(document.version, error.code, error.text) from error
        except NetworkError as error:
            shown = "; ".join(map(str, error.problems[:_SHOWN]))
            raise VersionRefusedError.unusable(document.version, "BAD_NETWORK", shown) from error
        unlisted = unlisted_problem(self._signer, opened.keys)
        if unlisted is not None:
            raise VersionRefusedError.unusable(document.version, "HUB_KEY_UNLISTED", unlisted)
        return World(opened.network, opened.keys, self._signer, self._catalogue)
