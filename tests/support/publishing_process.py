"""A program that publishes and may be killed: as a national system, in a process of its own.

``python -m tests.support.publishing_process`` reads a plan, opens a publisher, sends what an
earlier run has left, says what it knows of the plan's events, publishes them, and says what it was
told of each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from natcbus.client import Context, NatcbusError, Published, Publisher, State, failpoints
from natcbus.client.failpoints import Point
from tests.support.hub_process import REPOSITORY, SOURCES
from tests.support.mutations import Json

_ENDS_WITHIN_S: Final = 60.0
_FIELDS: Final = ("name", "bootstrap", "member", "network", "keys", "state", "public_keys")
_ONE_BY_ONE: Final = 4


@dataclass(frozen=True)
class Told:
    """What one run said before it ended.

    Attributes
    ----------
    known
        Message id to the state in which the publisher found it, after it had sent what was left.
    returned
        Message id to the state with which ``publish`` returned.
    refused
        Message id to the code of the error that it raised.
    """

    code: int
    known: dict[str, State] = field(default_factory=dict)
    returned: dict[str, State] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def published_by_a_process(  # noqa: PLR0913 - all but two by name
    context: Context,
    events: Iterable[Json],
    *,
    dies_at: Point | None = None,
    hit: int = 1,
    freezes: int | None = None,
    one_by_one: int = _ONE_BY_ONE,
    within: Sequence[str] = (),
) -> Told:
    """Runs it to its end.

    Parameters
    ----------
    dies_at, hit
        Where it kills itself when it passes there for the nth time.
    freezes
        The process that it stops when it has published its first event.
    one_by_one
        So many are published singly, the others together.
    within
        What to write before the command.
    """
    plan = {
        "context": {name: str(getattr(context, name)) for name in _FIELDS},
        "events": list(events),
        "dies_at": dies_at,
        "hit": hit,
        "freezes": freezes,
        "one_by_one": one_by_one,
    }
    path = os.pathsep.join(str(REPOSITORY / each) for each in SOURCES)
    done = subprocess.run(
        [*within, sys.executable, "-m", "tests.support.publishing_process"],
        input=json.dumps(plan),
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=_ENDS_WITHIN_S,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    told = Told(done.returncode)
    for line in done.stdout.splitlines():
        what, message_id, said = line.split()
        if what == "REFUSED":
            told.refused[message_id] = said
        else:
            (told.known if what == "KNOWN" else told.returned)[message_id] = State(said)
    return told


def _main(plan: Json) -> None:
    said = plan["context"]
    context = Context(
        name=said["name"],
        bootstrap=said["bootstrap"],
        member=said["member"],
        network=Path(said["network"]),
        keys=Path(said["keys"]),
        state=Path(said["state"]),
        public_keys=Path(said["public_keys"]),
    )
    if plan["dies_at"] is not None:
        failpoints.hook = _killer(Point(plan["dies_at"]), plan["hit"], plan["freezes"])
    with Publisher(context) as publisher:
        publisher.drain(30)
        for event in plan["events"]:
            state = publisher.state(event["header"]["message_id"])
            if state is not None:
                _say("KNOWN", event["header"]["message_id"], state)
        for event in plan["events"][: plan["one_by_one"]]:
            try:
                _say_returned(publisher.publish(event))
            except NatcbusError as error:
                _say("REFUSED", event["header"]["message_id"], error.code)
        for each in publisher.publish_all(plan["events"][plan["one_by_one"] :]):
            _say_returned(each)


def _killer(point: Point, hit: int, freezes: int | None) -> Callable[[Point], None]:
    left = hit

    def hook(passed: Point) -> None:
        nonlocal left
        if freezes is not None and passed is Point.ANSWERED:
            os.kill(freezes, signal.SIGSTOP)
        left -= passed is point
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def _say_returned(published: Published) -> None:
    _say("RETURNED", published.message_id, published.state)


def _say(what: str, message_id: str, state: str) -> None:
    os.write(1, f"{what} {message_id} {state}\n".encode())


if __name__ == "__main__":
    _main(json.load(sys.stdin))
