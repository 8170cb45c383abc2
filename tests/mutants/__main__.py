"""Mutation testing of routing: ``make mutants``, or ``make mutants MODULES="gates views"``.

Each mutant is one small change of one function. The tests, or mypy, must refuse it; one that they
let live is a case that nothing specifies. A survivor that changes nothing which anybody could see
is listed with its reason in ``explained.toml``; any other makes the command fail, and so does an
explanation of a mutant that no longer survives.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.mutants.scope import DECIDING, LOADING
from tests.mutants.verdicts import Change, Verdict, changes, verdicts
from tests.mutants.workspace import BIN, WORKSPACE, lay_out

EXPLAINED: Final = Path(__file__).with_name("explained.toml")
GROUPS: Final = (DECIDING, LOADING)
HEAD: Final = ("module", "mutants", "killed", "by mypy", "timeout", "explained", "survived")


def main(wanted: Sequence[str]) -> int:
    """Mutate, print the score and what survives; 1 if something survives unexplained."""
    unknown = set(wanted) - {module for group in GROUPS for module in group.modules}
    if unknown:
        print(f"not among what is mutated: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    began = time.perf_counter()
    explained = _explained(wanted)
    surviving: set[Change] = set()
    total: Counter[str] = Counter()
    print(_row(HEAD), flush=True)
    for module in _mutated(wanted):
        found = verdicts(module)
        alive = list(changes(module, found))
        counts: Counter[str] = Counter(found.values())
        counts["explained"] = sum(change in explained for change in alive)
        counts[Verdict.SURVIVED] -= counts["explained"]
        print(_counts(module, counts), flush=True)
        total.update(counts)
        surviving.update(alive)
    print(_counts("all", total))
    print(_score(total, time.perf_counter() - began))
    for change in sorted(surviving - explained):
        print(f"\nsurvived in {change.place}\n  - {change.was}\n  + {change.becomes}")
    for change in sorted(explained - surviving):
        print(f"\nno longer survives, take it out of {EXPLAINED.name}: {change}")
    return 1 if surviving != explained else 0


def _mutated(wanted: Sequence[str]) -> Iterator[str]:
    """The modules, each when its mutants have met the tests."""
    for group in GROUPS:
        modules = [module for module in group.modules if module in wanted]
        if modules:
            _mutate(modules, group.tests)
        yield from modules


def _mutate(modules: Sequence[str], tests: Sequence[str]) -> None:
    lay_out(modules, tests)
    log = WORKSPACE / "mutmut.log"
    with log.open("wb") as told:
        ran = subprocess.run(
            [BIN / "mutmut", "run", "--max-children", "1"],
            cwd=WORKSPACE,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
            stdout=told,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ran.returncode:
        sys.exit(f"mutmut failed: {log} says why")


def _explained(modules: Sequence[str]) -> set[Change]:
    entries = tomllib.loads(EXPLAINED.read_text("utf-8"))["mutant"]
    return {
        Change(entry["place"], entry["was"], entry["becomes"])
        for entry in entries
        if entry["why"] and entry["place"].partition(".")[0] in modules
    }


def _counts(module: str, counts: Counter[str]) -> str:
    numbers = [counts[name] for name in (Verdict.KILLED, Verdict.TYPED, Verdict.TIMEOUT)]
    told = [sum(counts.values()), *numbers, counts["explained"], counts[Verdict.SURVIVED]]
    return _row([module, *map(str, told)])


def _row(cells: Sequence[str]) -> str:
    return f"{cells[0]:<16}" + "".join(f"{cell:>11}" for cell in cells[1:])


def _score(total: Counter[str], seconds: float) -> str:
    refused = total[Verdict.KILLED] + total[Verdict.TIMEOUT]
    asked = refused + total[Verdict.SURVIVED]
    return (
        f"\nscore {refused / asked:.1%}: the tests refuse {refused} of the {asked} mutants that "
        f"mypy lets through, in {seconds / 60:.0f} minutes"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*DECIDING.modules, *LOADING.modules]))
