"""A whole bus for a test: a broker, the example Network with everybody's keys, and the real hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from natcbus.client import Context, Subscriber
from natcbus.client.subscriber import RESUME, Start
from natcbus.client.world import World, read_network, read_world
from natcbus.contract.catalogue import load_catalogue
from natcbus.operations.key_files import HUB, init_keys
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.schema_publishing import plan_schemas, publish_schemas
from natcbus.operations.topology import Profile, plan
from natcbus.routing.network import Network
from tests.support.deployment import hub_settings
from tests.support.hub_process import HubProcess

EXAMPLE = Path(__file__).parents[2] / "infra" / "network"


@dataclass(frozen=True)
class Bus:
    """Where everything is: ``private/<owner>`` holds keys, ``public`` the directory of keys.

    ``settings`` is the environment of its hub, for a test that starts another.
    """

    bootstrap: str
    folder: Path
    network_folder: Path
    world: World
    hub: HubProcess
    settings: Mapping[str, str]

    @property
    def network(self) -> Network:
        """The Network that everybody uses."""
        return self.world.network

    def context(self, member: str) -> Context:
        """The context of a member's side."""
        return Context(
            name=member,
            bootstrap=self.bootstrap,
            member=member,
            network=self.network_folder,
            keys=self.folder / "private" / member,
            state=self.folder / "state" / member,
            public_keys=self.folder / "public",
        )

    def subscriber(self, desk: str, start: Start = RESUME, *, until_end: bool = True) -> Subscriber:
        """What the desk's side runs."""
        context = self.context(desk.split(".", maxsplit=1)[0])
        return Subscriber(
            context, desk=desk, start=start, until_end=until_end, world=self.world, on_refused=_fail
        )


def _fail(refused: object) -> None:
    raise AssertionError(refused)


@contextmanager
def running_bus(
    bootstrap: str,
    folder: Path,
    profile: Profile = Profile.SINGLE,
    *,
    workers: int = 0,
    changed: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Bus]:
    """A bus on a broker that runs already; its hub is ready when the block begins.

    Parameters
    ----------
    profile
        What the topics are like. There is no TLS here, so the hub never runs as in production.
    workers
        So many under a supervisor; 0 is one worker alone.
    changed
        Settings of the hub, by their names without the prefix.
    """
    network_folder = folder / "network"
    shutil.copytree(EXAMPLE, network_folder)
    network = read_network(network_folder)
    now = datetime.now(UTC)
    for owner in [*network.members, HUB]:
        init_keys(owner, network, folder / "private" / owner, folder / "public", now)
    apply(bootstrap, plan(network, existing_topics(bootstrap, profile), profile))
    publish_schemas(bootstrap, plan_schemas(bootstrap, load_catalogue()))
    own = {
        "PROFILE": (Profile.EMBEDDED if profile is Profile.EMBEDDED else Profile.SINGLE).value,
        "BOOTSTRAP": bootstrap,
        "NETWORK": str(network_folder),
        "KEYS": str(folder / "public"),
        "SIGNING_KEY": str(folder / "private" / HUB / "hub.sign.pem"),
        "HEALTH_PORT": "0",
        "STATE": str(folder / "hub"),
        **changed,
    }
    settings = hub_settings() | {f"NATCBUS_HUB_{name}": text for name, text in own.items()}
    hub = a_hub(settings, folder / "hub.log", workers)
    world = read_world(network_folder, folder / "public")
    with hub:
        hub.start().wait_ready()
        yield Bus(bootstrap, folder, network_folder, world, hub, settings)


def a_hub(settings: Mapping[str, str], log: Path, workers: int = 0) -> HubProcess:
    """A hub that is not started yet: one worker, or several under a supervisor."""
    if not workers:
        return HubProcess("natcbus.cli.main", ["hub"], settings, log)
    return HubProcess("natcbus.cli.main", ["hub", "--workers", str(workers)], settings, log)
