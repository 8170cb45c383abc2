"""What of routing's README is made by running it: ``python -m tests.support.routing_readme``."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from natcbus.routing.gates import Refusal
from natcbus.routing.rules import RULES, WITHHOLDING
from tests.support.networks import example_files

REPOSITORY: Final = Path(__file__).parents[2]
README: Final = REPOSITORY / "agents" / "natcbus" / "routing" / "README.md"
_STORY: Final = REPOSITORY / "infra" / "demo"
_MARK: Final = "<!-- made by tests.support.routing_readme: {} -->"

Json = dict[str, Any]
"""An event as it is written; a situation changes it."""

Runner = Callable[[Path, str, Path], str]
"""What ``natcbus why-not`` prints for a file, a desk and the directory of a network."""


@dataclass(frozen=True)
class Situation:
    """A question that somebody asks about an event of the demo's story."""

    title: str
    tells: str
    event: str
    desk: str
    changes: tuple[tuple[str, object], ...] = ()
    """Pointers into the event and what stands there instead."""
    network: tuple[str, str, str] | None = None
    """A file of the example Network, and what is written in it for what."""


SITUATIONS: Final = (
    Situation(
        "Nothing points at the desk",
        "Slovenia hears nothing of a child that was last seen in Serbia and may be taken to "
        "Hungary.",
        "missing-child.json",
        "si.spoc",
    ),
    Situation(
        "TLP:RED points at countries",
        "A border post marks its alert RED and names no desk.",
        "red-to-nobody.json",
        "rs.spoc",
    ),
    Situation(
        "A level that stops at authorities",
        "The same child under TLP:AMBER+STRICT: a hotline is a service and no authority.",
        "missing-child.json",
        "hu.hotline",
        (("/header/handling/tlp", "AMBER+STRICT"),),
    ),
    Situation(
        "The wrong purpose",
        "A shelter is named, but the search for a person is not what it is there for.",
        "missing-child.json",
        "rs.shelter",
        (("/header/addressing/desks", ["rs.shelter"]),),
    ),
    Situation(
        "The provider must be asked",
        "Under Europol's H2 a country that merely lies next door gets nothing.",
        "missing-child.json",
        "bg.border-police",
        (("/header/handling/europol", ["H1", "H2"]),),
    ),
    Situation(
        "The case concerns the desk itself",
        "An officer of the post is among the suspects.",
        "missing-child.json",
        "hu.border-police",
        (("/header/conflicts", ["hu.border-police"]),),
    ),
    Situation(
        "No basis for a transfer",
        "Police data is sent to a trade union by name.",
        "job-latin.json",
        "primersindikat.workers-rights",
        (
            ("/header/purpose", "PREVENT"),
            ("/header/addressing/desks", ["primersindikat.workers-rights"]),
        ),
    ),
    Situation(
        "Not cleared",
        "The message demands more than border police are cleared for.",
        "missing-child.json",
        "hu.border-police",
        (("/header/clearance", "CONFIDENTIAL"),),
    ),
    Situation(
        "Suspended",
        "The secretariat suspended a member: here Ukraine, in a copy of the example Network.",
        "young-woman.json",
        "ua.spoc",
        network=("members/ua.yaml", "tier: OBSERVER", "tier: OBSERVER\n    suspended: true"),
    ),
    Situation(
        "It receives, and not everything",
        "The neighbour may recognise the child, and reads neither the case nor who told of it.",
        "missing-child.json",
        "bg.spoc",
        (("/sealed/source", {"reporter": "Izmišljena Tetka"}),),
    ),
)


def made(run: Runner) -> dict[str, str]:
    """The parts of the page by name."""
    parts = {"rules": _rules(), "situations": _situations(run)}
    return {name: "\n".join(lines).strip() for name, lines in parts.items()}


def page(text: str, parts: dict[str, str]) -> str:
    """The page with its made parts as they are now."""
    for name, part in parts.items():
        begin, end = _MARK.format(name), _MARK.format(f"end of {name}")
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        assert found, f"{README.name} has no place for {name}"
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


def _rules() -> Iterator[str]:
    yield "| | Code | Says | Who may change it |"
    yield "|---|---|---|---|"
    for refusal in Refusal:
        rule = RULES[refusal]
        yield f"| {rule.number} | `{refusal}` | {rule.says} | {rule.may_fix} |"
    yield ""
    yield "| | What a desk does not open | Says | Who may change it |"
    yield "|---|---|---|---|"
    for code, rule in WITHHOLDING.items():
        yield f"| {rule.number} | `{code}` | {rule.says} | {rule.may_fix} |"


def _situations(run: Runner) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        for number, situation in enumerate(SITUATIONS, 1):
            event = Path(folder, situation.event)
            event.write_text(json.dumps(_event(situation), ensure_ascii=False), "utf-8")
            network = _network(situation, Path(folder, str(number)))
            printed = run(event, situation.desk, network)
            lines = "\n".join(line.rstrip() for line in printed.strip().splitlines())
            yield f"### {number}. {situation.title}\n"
            yield f"{situation.tells}\n"
            yield f"```console\n$ natcbus why-not {situation.event} --desk {situation.desk}"
            yield f"{lines}\n```\n"


def _event(situation: Situation) -> Json:
    event: Json = json.loads((_STORY / situation.event).read_text("utf-8"))
    for pointer, value in situation.changes:
        *path, last = pointer.split("/")[1:]
        at = event
        for step in path:
            at = at.setdefault(step, {})
        at[last] = copy.deepcopy(value)
    return event


def _network(situation: Situation, folder: Path) -> Path:
    files = example_files()
    if situation.network is not None:
        file, old, new = situation.network
        assert old in files[file]
        files[file] = files[file].replace(old, new)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _in_a_process(event: Path, desk: str, network: Path) -> str:
    command = [sys.executable, "-m", "natcbus.cli.main", "why-not", str(event), "--desk", desk]
    done = subprocess.run(
        [*command, "--network", str(network)],
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


if __name__ == "__main__":
    README.write_text(page(README.read_text("utf-8"), made(_in_a_process)), "utf-8")
