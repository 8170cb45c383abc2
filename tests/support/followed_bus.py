"""A whole bus whose hub follows ``hub.network``, with workers under a supervisor."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.client import Context, Subscriber
from natcbus.client.receipts import receipts
from natcbus.client.world import World, read_network, read_world
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.operations.key_files import HUB
from natcbus.operations.provision import apply, existing_topics
from natcbus.operations.schema_publishing import plan_schemas, publish_schemas
from natcbus.operations.topology import Profile, plan
from tests.support.deployment import hub_settings
from tests.support.hub_process import HubProcess
from tests.support.office import EXAMPLE, GROUPS, Office

JOINING: Final = "mk"
"""The member of the example Network that is not in its first version."""
_MEMBER: Final = Path("members") / f"{JOINING}.yaml"
_WITH: Final = "me, mk, rs"
_WITHOUT: Final = "me, rs"
_STARTED: Final = re.compile(r"ready: \d+ partitions")


@dataclass(frozen=True)
class FollowedBus:
    """``office.publish`` is all that a new version takes."""

    bootstrap: str
    office: Office
    hub: HubProcess

    @property
    def world(self) -> World:
        """What a side knows that has the secretariat's checkout."""
        return read_world(self.office.network)

    def context(self, member: str) -> Context:
        """The context of a member's side."""
        return Context(
            name=member,
            bootstrap=self.bootstrap,
            member=member,
            network=self.office.network,
            keys=self.office.private(member),
            state=self.office.folder / "state" / member,
        )

    def subscriber(self, desk: str) -> Subscriber:
        """What the desk's side runs."""
        context = self.context(desk.split(".", maxsplit=1)[0])
        return Subscriber(context, desk=desk, until_end=True, world=self.world, on_refused=_fail)

    def decisions(self, member: str) -> Mapping[str, DecisionRecord]:
        """What the hub decided about a member's messages so far, by message; once for each."""
        found = (each.decision for each in receipts(self.context(member)))
        # A worker that takes over a partition reads what was not committed yet once more.
        return {each.message_id: each for each in found if each.outcome is not Outcome.REPEATED}

    def make_topics(self) -> None:
        """Create the topics that the secretariat's checkout needs."""
        network = read_network(self.office.network)
        existing = existing_topics(self.bootstrap, Profile.SINGLE)
        apply(self.bootstrap, plan(network, existing, Profile.SINGLE))

    def join(self) -> None:
        """Bring the joining member back into the checkout, with keys, as one reviewed change."""
        (self.office.network / _MEMBER).write_bytes((EXAMPLE / _MEMBER).read_bytes())
        self.office.edit(GROUPS, _WITHOUT, _WITH)
        self.office.make_keys(JOINING)

    def networks(self) -> list[int | None]:
        """The version that each worker decides under."""
        found: list[int | None] = json.loads(self.hub.get("/ready")[1])["networks"]
        return found

    def starts(self) -> int:
        """How many workers have become ready so far."""
        return len(_STARTED.findall(self.hub.written))


def wait_until(happened: Callable[[], bool], within_s: float, why: Callable[[], str]) -> None:
    """Return when it has; fail with ``why`` when it has not in time."""
    give_up = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < give_up, why()
        time.sleep(0.05)


@contextmanager
def followed_bus(bootstrap: str, folder: Path, workers: int = 2) -> Iterator[FollowedBus]:
    """A bus under version 1, without the joining member; its hub is ready when the block begins."""
    members = sorted(set(read_network(EXAMPLE).members) - {JOINING})
    now = datetime.now(UTC).replace(microsecond=0)
    office = Office.opened(folder, [], now)
    (office.network / _MEMBER).unlink()
    office.edit(GROUPS, _WITH, _WITHOUT)
    for member in members:
        office.make_keys(member)
    settings = hub_settings() | {
        "NATCBUS_HUB_BOOTSTRAP": bootstrap,
        "NATCBUS_HUB_NETWORK": "hub.network",
        "NATCBUS_HUB_TRUSTED": str(office.trusted),
        "NATCBUS_HUB_SIGNING_KEY": str(office.private(HUB) / "hub.sign.pem"),
        "NATCBUS_HUB_STATE": str(folder / "hub-state"),
        "NATCBUS_HUB_HEALTH_PORT": "0",
    }
    settings.pop("NATCBUS_HUB_KEYS", None)
    command = ["hub", "--workers", str(workers)]
    hub = HubProcess("natcbus.cli.main", command, settings, folder / "hub.log")
    bus = FollowedBus(bootstrap, office, hub)
    bus.make_topics()
    publish_schemas(bootstrap, plan_schemas(bootstrap, load_catalogue()))
    office.publish(bootstrap, 1)
    with hub:
        hub.start().wait_ready()
        yield bus
        assert hub.terminate() == 0, hub.written


def _fail(refused: object) -> None:
    raise AssertionError(refused)
