"""The Network as ``hub.network`` publishes it, followed beside whatever a member's side does.

The version in use lies in the state directory with its signatures. So a side that is cut off goes
on under what it knows, and nobody can take it back to an older version.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError, NatcbusError, UnavailableError
from natcbus.client.following import Follower
from natcbus.client.world import World
from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.errors import DocumentRefusedError, KeyDirectoryError
from natcbus.envelope.network_document import NetworkDocument, verify_signatures
from natcbus.envelope.secretariat import Secretariat
from natcbus.routing.errors import VersionRefusedError
from natcbus.routing.topics import NETWORK
from natcbus.routing.versions import Version, Versions

FILE: Final = "network.json"
"""The name of the version in use, in the state directory."""

_READ_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 15.0
_OLDER: Final = "ROLLED_BACK"

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class PublishedNetwork:
    """The newest version that holds, of one bus.

    Raises
    ------
    IncompatibleError
        The secretariat's keys or the remembered version cannot be used, or no version holds yet.
    UnavailableError
        The bus does not answer, and nothing is remembered.
    """

    def __init__(self, context: Context, now: Callable[[], datetime] = _now) -> None:
        self._context = context
        self._now = now
        self._file = context.state / FILE
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._next: int | None = None
        self._in_use: tuple[int, World] | None = None
        self._versions = self._remembered(_secretariat(context))
        try:
            with closing(Follower(context, NETWORK)) as follower:
                self._take_from(follower, until_end=True)
        except UnavailableError as error:
            if not self._versions.begun(now()):
                raise
            logger.warning("goes on under the version of the network that it knows: %s", error)
        self.current()
        self._thread = threading.Thread(target=self._follow, name="natcbus-network", daemon=True)
        self._thread.start()

    def current(self) -> World:
        """The world of the version that holds now, and from now on."""
        with self._lock:
            begun = self._versions.begun(self._now())
            if not begun:
                text = f"{NETWORK} of {self._context.bootstrap} has no version that holds now"
                raise IncompatibleError.bad_network(f"{text}: ask the secretariat")
            return self._world_of(begun[0])

    def close(self) -> None:
        """Ends the following."""
        self._stopping.set()
        self._thread.join(_CLOSE_SECONDS)

    def _world_of(self, newest: Version) -> World:
        if self._in_use is None or self._in_use[0] != newest.number:
            opened = newest.opened
            self._in_use = newest.number, World(opened.network, opened.keys, load_catalogue())
            self._remember(newest.document)
            logger.info("version %d of the network is in use", newest.number)
        return self._in_use[1]

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                with closing(Follower(self._context, NETWORK)) as follower:
                    while not self._stopping.is_set():
                        self._take_from(follower, until_end=False)
            except NatcbusError as error:
                logger.warning("cannot follow the network: %s", error)
            except Exception:
                # Whatever it was: a side that no longer follows must not look like one that does.
                logger.exception("following the network failed, and is tried again")
            self._next = None
            self._stopping.wait(_AGAIN_SECONDS)

    def _take_from(self, follower: Follower, *, until_end: bool) -> None:
        if self._next is None:
            follower.begin()
        else:
            follower.begin_at(self._next)
        seconds = _READ_SECONDS if until_end else _LOOK_SECONDS
        for record in follower.records(until_end=until_end, seconds=seconds):
            self._next = record.offset + 1
            try:
                with self._lock:
                    self._versions.add(record.value or b"")
            except VersionRefusedError as error:
                level = logging.DEBUG if error.code == _OLDER else logging.WARNING
                logger.log(level, "a version is not used: %s: %s", error.code, error.text)

    def _remembered(self, secretariat: Secretariat) -> Versions:
        audiences = load_catalogue().audiences
        try:
            written = self._file.read_bytes()
            document = NetworkDocument.from_bytes(written)
            verify_signatures(document, secretariat.keys)
            versions = Versions(secretariat.keys, audiences, document.seen)
            versions.add(written)
        except FileNotFoundError:
            return Versions(secretariat.keys, audiences)
        except (OSError, DocumentRefusedError, VersionRefusedError) as error:
            mend = "move it away, and take the network from the bus"
            raise IncompatibleError.bad_state(str(self._file), str(error), mend) from error
        return versions

    def _remember(self, document: NetworkDocument) -> None:
        # A publisher and the subscribers of several desks may share the directory.
        fresh = self._file.with_name(f"{FILE}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(document.to_bytes())
            fresh.replace(self._file)
        except OSError as error:
            text = error.strerror or "cannot be written"
            raise IncompatibleError.bad_state(str(self._file), text, "make it writable") from error


def _secretariat(context: Context) -> Secretariat:
    file: Path | None = context.trusted
    if file is None:
        text = f'network = "{NETWORK}" needs trusted, the file of the secretariat\'s public keys'
        raise IncompatibleError.bad_context(context.name, text)
    try:
        return Secretariat.parse(file.name, file.read_text("utf-8"))
    except KeyDirectoryError as error:
        problem = error.problems[0]
        raise IncompatibleError.bad_context(str(file), f"{problem.text}; {problem.fix}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IncompatibleError.bad_context(str(file), type(error).__name__) from error
