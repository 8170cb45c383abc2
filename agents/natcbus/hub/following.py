"""A hub that takes each new version of the Network by itself, while it runs.

The new version is decided under from the next record on. When it names a new member, the worker
also stops and asks to be started again, one worker after the other: a subscription that is changed
while it runs loses records. What the new member says meanwhile waits in its topic.

A version waits until the topics that it needs are there: under it, a desk without a feed would
stop the hub.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from kafka.errors import KafkaError

from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.errors import KeyDirectoryError
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.secretariat import Secretariat
from natcbus.hub.errors import NoNetworkError, SettingsError
from natcbus.hub.network_topic import NetworkTopic
from natcbus.hub.records import Steered, Wiring
from natcbus.hub.route_agent import Now, utc_now
from natcbus.hub.router import HubRouter, read_topics, wire, written_topics
from natcbus.hub.settings import Settings
from natcbus.hub.state import StateFolder
from natcbus.hub.used_version import UsedVersion
from natcbus.hub.world import World, load_signer, unlisted_problem
from natcbus.routing.errors import VersionRefusedError
from natcbus.routing.signed import OpenedNetwork
from natcbus.routing.versions import Version, Versions

_CLOSE_SECONDS: Final = 5.0
_SHOWN: Final = 5

logger = logging.getLogger(__name__)


def follow(settings: Settings, now: Now = utc_now) -> Wiring:
    """The router of the newest version on ``hub.network``, with what follows the topic from there.

    Raises
    ------
    NoNetworkError
        The topic holds no version to begin with, or cannot be read.
    SettingsError
        The hub's key, the secretariat's keys or the state directory cannot be used.
    """
    if settings.state is None or settings.trusted is None:
        raise SettingsError([f"NETWORK {settings.network} needs STATE and TRUSTED"])
    memory = UsedVersion(StateFolder(settings.state))
    signer = load_signer(settings.signing_key)
    versions = Versions(
        _secretariat(settings.trusted).keys,
        load_catalogue().audiences,
        memory.read(),
        lambda opened: unlisted_problem(signer, opened.keys),
    )
    topic = NetworkTopic(settings)
    try:
        begin = _begin(topic, versions, now())
    except NoNetworkError:
        topic.close()
        raise
    memory.note(begin.document.seen)
    world = world_of(begin, signer)
    router = HubRouter(world)
    follower = Follower(topic, versions, world, router, memory, settings.slot * settings.stagger)
    return replace(wire(world, router), companion=follower)


def world_of(version: Version, signer: SigningKey) -> World:
    """What a hub with this key decides under."""
    return World(version.opened.network, version.opened.keys, signer)


class Follower:
    """Watches ``hub.network`` beside a running worker.

    Parameters
    ----------
    used
        What ``router`` decides under; its signer is that of every later world.
    pause
        Seconds between a version with a new member and the worker's next start.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is one thing that it keeps in step
        self,
        topic: NetworkTopic,
        versions: Versions,
        used: World,
        router: HubRouter,
        memory: UsedVersion,
        pause: float,
        now: Now = utc_now,
    ) -> None:
        self._topic = topic
        self._versions = versions
        self._used = used
        self._router = router
        self._memory = memory
        self._pause = pause
        self._now = now
        self._reads = frozenset(read_topics(used.network))
        self._waiting: tuple[int, Sequence[str]] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def accompany(self, worker: Steered) -> None:
        """Follow in a thread; what goes wrong there for good ends the worker, too."""
        self._thread = threading.Thread(
            target=self._run, args=(worker,), name="network", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End within a second or two."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _run(self, worker: Steered) -> None:
        try:
            while not self._stopping.is_set():
                for code in self.look(worker):
                    worker.network_refused(code)
                if self._reads < frozenset(read_topics(self._used.network)):
                    self._start_again(worker)
        except Exception as error:  # noqa: BLE001 - a hub that follows nobody must not go on unseen
            worker.abandon(error)
        finally:
            self._topic.close()

    def look(self, worker: Steered) -> Iterator[str]:
        """Take what is new, and use what has begun; yields the code of what is not used."""
        try:
            records = self._topic.new()
        except KafkaError as error:
            logger.error("hub.network cannot be read (%s)", type(error).__name__)  # noqa: TRY400 - the name says it all
            yield "UNREADABLE"
            return
        yield from _taken(self._versions, records)
        for version in self._versions.begun(self._now()):
            if version.number <= self._used.network.version:
                return
            missing = self._missing(version)
            if not missing:
                self._use(version, worker)
                return
            if self._waiting != (version.number, missing):
                self._waiting = (version.number, missing)
                logger.error("%s", _waits(version, missing))
                yield "TOPICS_MISSING"

    def _missing(self, version: Version) -> Sequence[str]:
        try:
            return _missing_topics(self._topic, version.opened)
        except KafkaError as error:
            return [f"the brokers do not say ({type(error).__name__})"]

    def _use(self, version: Version, worker: Steered) -> None:
        world = world_of(version, self._used.signer)
        worker.between_messages(lambda: self._router.use(world))
        self._memory.note(version.document.seen)
        self._used, self._waiting = world, None
        logger.info("version %d of the network is in use", version.number)

    def _start_again(self, worker: Steered) -> None:
        logger.info("the network has a new member: next start in %.0f s", self._pause)
        if not self._stopping.wait(self._pause):
            worker.start_again()
            self._stopping.wait()


def _begin(topic: NetworkTopic, versions: Versions, now: datetime) -> Version:
    """The newest version that has begun and whose topics are there."""
    refused = list(_taken(versions, topic.published()))
    begun = versions.begun(now)
    for version in begun:
        missing = _missing_topics(topic, version.opened)
        if not missing:
            return version
        logger.error("%s", _waits(version, missing))
    counted = f"{len(refused)} refused, {len(begun)} without their topics"
    raise NoNetworkError(f"hub.network holds none that can be used now ({counted})")


def _taken(versions: Versions, records: Iterator[bytes] | Sequence[bytes]) -> Iterator[str]:
    for value in records:
        try:
            versions.add(value)
        except VersionRefusedError as error:
            logger.error("a version of the network is not used: %s: %s", error.code, error.text)  # noqa: TRY400 - a refusal, no failure
            yield error.code


def _missing_topics(topic: NetworkTopic, opened: OpenedNetwork) -> Sequence[str]:
    needed = {*read_topics(opened.network), *written_topics(opened.network)}
    return sorted(needed.difference(topic.topics()))


def _waits(version: Version, missing: Sequence[str]) -> str:
    shown = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
    return (
        f"version {version.number} of the network waits for {len(missing)} topics ({shown}): "
        "run `natcbus topology apply` with it"
    )


def _secretariat(file: Path) -> Secretariat:
    try:
        return Secretariat.parse(file.name, file.read_text("utf-8"))
    except KeyDirectoryError as error:
        raise SettingsError(
            [f"{file}: {each.text}; {each.fix}" for each in error.problems]
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{file}: cannot be read ({type(error).__name__})"]) from error
