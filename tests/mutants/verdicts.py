"""What mutmut found: per mutant its verdict, and of each that survived what was changed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.mutants.workspace import BIN, ROUTING, WORKSPACE


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TYPED = "typed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


# mutmut keeps the exit code of the test run: of pytest, of its own type check, of the time limit.
_VERDICTS: Final = {
    1: Verdict.KILLED,
    3: Verdict.KILLED,
    37: Verdict.TYPED,
    36: Verdict.TIMEOUT,
    -24: Verdict.TIMEOUT,
    -9: Verdict.TIMEOUT,
}


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """What a mutant changed: the lines that it took out, and those that it put in their place.

    Attributes
    ----------
    place
        Module and function, as in ``gates.first_refusal``.
    """

    place: str
    was: str
    becomes: str


def verdicts(module: str) -> dict[str, Verdict]:
    """Name of the mutant -> its verdict; one that no test reached has survived."""
    meta = WORKSPACE / "mutants" / ROUTING / f"{module}.py.meta"
    codes: dict[str, int] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    return {name: _VERDICTS.get(code, Verdict.SURVIVED) for name, code in codes.items()}


def changes(module: str, found: dict[str, Verdict]) -> Iterator[Change]:
    """What each survivor changed."""
    for name, verdict in found.items():
        if verdict is Verdict.SURVIVED:
            yield _change(module, name)


def _change(module: str, name: str) -> Change:
    command = [str(BIN / "mutmut"), "show", name]
    shown = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=True)
    lines = [line for line in shown.stdout.splitlines() if not line.startswith(("---", "+++", "#"))]
    return Change(f"{module}.{_function(name)}", _joined(lines, "-"), _joined(lines, "+"))


def _function(name: str) -> str:
    """``natcbus.routing.views.xǁOpeningsǁof__mutmut_2`` is a mutant of ``Openings.of``."""
    mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
    return mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def _joined(lines: list[str], sign: str) -> str:
    return " ".join(line[1:].strip() for line in lines if line.startswith(sign))
