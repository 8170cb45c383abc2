"""Everything the demo needs, started in order and stopped in reverse: broker, topics, keys, hub."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from natcbus.client import Context, contexts
from natcbus.client.world import World, read_world
from natcbus.contract.catalogue import load_catalogue
from natcbus.operations.broker import EmbeddedBroker
from natcbus.operations.demo.hub import DemoHub
from natcbus.operations.key_files import HUB, init_every_key
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.schema_publishing import plan_schemas, publish_schemas
from natcbus.operations.topology import Profile, plan
from natcbus.routing.network import Network

Tell = Callable[[str], None]
CONTEXT_PREFIX: Final = "demo-"
_GROUP: Final = "hub.demo"


class Stage:
    """A bus on this machine; use it as a context manager.

    Parameters
    ----------
    network
        Directory of the network's YAML.
    hub_command
        The command line that runs a hub worker.
    bootstrap
        A Kafka to use; None starts the embedded broker.
    tell
        Hears in words what is being done.

    Attributes
    ----------
    contexts
        A context for every member, its private keys with it.
    """

    def __init__(
        self, network: Path, hub_command: Sequence[str], bootstrap: str | None, tell: Tell
    ) -> None:
        self._directory = network.resolve()
        self._hub_command = hub_command
        self._given = bootstrap
        self._tell = tell
        self._started = ExitStack()
        self.bootstrap = ""
        self.contexts: Mapping[str, Context] = {}
        self.world: World
        self.pids: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._started.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._started.close()

    def keep_contexts(self) -> tuple[str, ...]:
        """Write the members' contexts for other terminals; they go when the stage does."""
        for context in self.contexts.values():
            self._started.callback(contexts.save(context).unlink, missing_ok=True)
        return tuple(context.name for context in self.contexts.values())

    def _start(self) -> None:
        # Private keys lie in it: only this user may look, and nothing is left behind.
        folder = Path(
            self._started.enter_context(tempfile.TemporaryDirectory(prefix="natcbus-demo-"))
        )
        broker = self._broker()
        private, public = folder / "private", folder / "public"
        network = self._network(private, public)
        self._topics(network)
        self.contexts = {
            member: self._context(member, private, public, folder) for member in network.members
        }
        hub = self._hub(private, public, folder)
        self.pids = tuple(pid for pid in (broker, hub) if pid is not None)

    def _broker(self) -> int | None:
        if self._given is not None:
            self.bootstrap = self._given
            return None
        self._tell("starting an in-memory stand-in for Kafka")
        broker = self._started.enter_context(EmbeddedBroker())
        self.bootstrap = broker.bootstrap
        return broker.pid

    def _network(self, private: Path, public: Path) -> Network:
        network = read_world(self._directory, public).network
        parties = f"{len(network.members)} members, {len(network.desks)} desks and the hub"
        self._tell(f"making keys for {parties}")
        init_every_key(network, private, public, datetime.now(UTC))
        self.world = read_world(self._directory, public)
        return network

    def _topics(self, network: Network) -> None:
        self._tell("creating the topics")
        needed = plan(network, existing_topics(self.bootstrap, self._profile), self._profile)
        apply(self.bootstrap, needed)
        schemas = plan_schemas(self.bootstrap, load_catalogue())
        publish_schemas(self.bootstrap, schemas)

    def _hub(self, private: Path, public: Path, folder: Path) -> int | None:
        self._tell("starting the hub")
        settings = {
            "NATCBUS_HUB_PROFILE": self._profile.value,
            "NATCBUS_HUB_BOOTSTRAP": self.bootstrap,
            "NATCBUS_HUB_NETWORK": str(self._directory),
            "NATCBUS_HUB_KEYS": str(public),
            "NATCBUS_HUB_SIGNING_KEY": str(private / HUB / "hub.sign.pem"),
            "NATCBUS_HUB_GROUP": _GROUP,
        }
        hub = DemoHub(self._hub_command, settings, folder / "hub.log")
        self._started.enter_context(hub)
        hub.wait_ready(self._tell)
        return hub.pid

    def _context(self, member: str, private: Path, public: Path, folder: Path) -> Context:
        return Context(
            name=f"{CONTEXT_PREFIX}{member}",
            bootstrap=self.bootstrap,
            member=member,
            network=self._directory,
            public_keys=public,
            keys=private / member,
            state=folder / "state" / member,
        )

    @property
    def _profile(self) -> Profile:
        return Profile.EMBEDDED if self._given is None else Profile.SINGLE
