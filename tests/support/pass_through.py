"""A hub whose router copies each record to a number of feeds: movement without any decision.

Run as a module, it is one hub worker; its settings come from the environment as the real one's do,
its topics from the command line.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime

from natcbus.hub.records import Inbound, Outbound, Outcome, Routed, Wiring
from natcbus.hub.settings import load_settings
from natcbus.hub.worker import run

POISON = b"poison"
BUG = b"bug"
ENDLESS = b"endless"
DEADLY = b"deadly"
PAUSE = b"pause"


class PassThrough:
    """Copies to every feed; poison is held, a bug raises, one never ends, one kills, one pauses."""

    def __init__(self, feeds: Sequence[str], quarantine: str) -> None:
        self.feeds = tuple(feeds)
        self.quarantine = quarantine

    def route(self, record: Inbound, now: datetime) -> Routed:
        value = b"" if record.value is None else record.value
        if value.startswith(BUG):
            raise ValueError(value.decode())
        while value.startswith(ENDLESS):
            pass
        if value.startswith(DEADLY):
            os.kill(os.getpid(), signal.SIGKILL)
        if value.startswith(POISON):
            return self.set_aside(record, now)
        copies = tuple(
            Outbound(feed, record.key, value, (("from", _place(record)),), partition=0)
            for feed in self.feeds
        )
        return Routed(
            outbound=copies,
            outcome=Outcome.ROUTED,
            message_type="copied",
            deliveries={"full": len(copies)},
            denials={"EXCLUDED": 1},
            flood=value.startswith(PAUSE),
        )

    def set_aside(self, record: Inbound, now: datetime) -> Routed:
        del now
        value = b"" if record.value is None else record.value
        held = Outbound(self.quarantine, record.key, value, (("from", _place(record)),))
        return Routed((held,), Outcome.QUARANTINED)

    def acknowledged(self, record: Inbound, routed: Routed) -> None:
        del record, routed


def _place(record: Inbound) -> bytes:
    return f"{record.topic}/{record.partition}/{record.offset}".encode()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reads", nargs="+", required=True)
    parser.add_argument("--feeds", nargs="+", required=True)
    parser.add_argument("--quarantine", required=True)
    given = parser.parse_args(arguments)
    router = PassThrough(given.feeds, given.quarantine)
    wiring = Wiring(router, tuple(given.reads), (*given.feeds, given.quarantine))
    return run(load_settings(), lambda _settings: wiring)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
