"""The real hub, but for one kind of record that ends its process, as a fault of a library would.

Run as a module, it is one hub worker; its settings come from the environment.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime

from natcbus.hub.records import Inbound, Routed
from natcbus.hub.router import HubRouter, wire
from natcbus.hub.settings import load_settings
from natcbus.hub.worker import run
from natcbus.hub.world import load_world
from tests.support.pass_through import DEADLY


class Deadly(HubRouter):
    """Dies of looking into a deadly record."""

    def route(self, record: Inbound, now: datetime) -> Routed:
        if record.value is not None and record.value.startswith(DEADLY):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().route(record, now)


def main() -> int:
    settings = load_settings()
    world = load_world(settings.network, settings.keys, settings.signing_key)
    wiring = wire(world, Deadly(world))
    return run(settings, lambda _settings: wiring)


if __name__ == "__main__":
    sys.exit(main())
