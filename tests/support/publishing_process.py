"""A program that publishes and may be killed: what a national system does, in a process of its own.

``python -m tests.support.publishing_process PLAN`` opens a publisher, sends what an earlier run has
left, says what it knows of the plan's events, publishes them, and says what it was told of each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from natcbus.client import Context, Published, Publisher, State, failpoints
from natcbus.client.failpoints import Point
from tests.support.hub_process import REPOSITORY, SOURCES
from tests.support.mutations import Json

_ENDS_WITHIN_S: Final = 60.0
_FIELDS: Final = ("name", "bootstrap", "member", "network", "keys", "state", "public_keys")
_ONE_BY_ONE: Final = 4
"""So many are published singly, the others together."""


@dataclass(frozen=True)
class Told:
    """What one run said before it ended.

    Attributes
    ----------
    known
        Message id to the state in which the publisher found it, after it had sent what was left.
    returned
        Message id to the state with which ``publish`` returned.
    """

    code: int
    known: dict[str, State]
    returned: dict[str, State]


def published_by_a_process(
    context: Context,
    events: Iterable[Json],
    *,
    dies_at: Point | None = None,
    hit: int = 1,
    freezes: int | None = None,
) -> Told:
    """Runs it to its end.

    Parameters
    ----------
    dies_at, hit
        Where it kills itself when it passes there for the nth time.
    freezes
        The process that it stops when it has published its first event.
    """
    context.state.mkdir(parents=True, exist_ok=True)
    file = context.state / "plan.json"
    plan = publishing_plan(context, events, dies_at=dies_at, hit=hit, freezes=freezes)
    file.write_text(plan, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.publishing_process", str(file)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)},
        capture_output=True,
        text=True,
        timeout=_ENDS_WITHIN_S,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    told = Told(done.returncode, {}, {})
    for line in done.stdout.splitlines():
        what, message_id, state = line.split()
        (told.known if what == "KNOWN" else told.returned)[message_id] = State(state)
    return told


def publishing_plan(
    context: Context,
    events: Iterable[Json],
    *,
    dies_at: Point | None = None,
    hit: int = 1,
    freezes: int | None = None,
) -> str:
    """What such a process is told, as the text of its file."""
    return json.dumps(
        {
            "context": {name: str(getattr(context, name)) for name in _FIELDS},
            "events": list(events),
            "dies_at": dies_at,
            "hit": hit,
            "freezes": freezes,
        }
    )


def _main(file: Path) -> None:
    plan = json.loads(file.read_text("utf-8"))
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
        for event in plan["events"][:_ONE_BY_ONE]:
            _say_returned(publisher.publish(event))
        for each in publisher.publish_all(plan["events"][_ONE_BY_ONE:]):
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


def _say(what: str, message_id: str, state: State) -> None:
    os.write(1, f"{what} {message_id} {state}\n".encode())


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
