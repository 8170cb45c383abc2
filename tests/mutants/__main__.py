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

from tests.mutants.scope import DECIDING, LOADING, TESTS
from tests.mutants.verdicts import Change, Verdict, changes, counted, verdicts
from tests.mutants.workspace import BIN, REPOSITORY, WORKSPACE, lay_out

EXPLAINED: Final = Path(__file__).with_name("explained.toml")
_HEAD: Final = ("module", "mutants", "killed", "by mypy", "timeout", "explained", "survived")


def main(modules: Sequence[str]) -> int:
    """Mutate, print the score and what survives; 1 if something survives unexplained."""
    began = time.perf_counter()
    lay_out(modules, TESTS)
    log = WORKSPACE / "mutmut.log"
    print(
        f"==> mutmut, one mutant after another; it tells in {log.relative_to(REPOSITORY)}",
        flush=True,
    )
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
        print(f"mutmut failed: see {log}", file=sys.stderr)
        return 1
    return _told(modules, began)


def _told(modules: Sequence[str], began: float) -> int:
    reasons = dict(_explanations(modules))
    alive: list[Change] = []
    gone = set(reasons)
    total: Counter[str] = Counter()
    print(_row(_HEAD))
    for module in modules:
        found = verdicts(module)
        surviving = list(changes(module, found))
        unexplained = [change for change in surviving if change not in reasons]
        counts: Counter[str] = Counter(counted(found))
        counts["explained"] = len(surviving) - len(unexplained)
        counts["survived"] = len(unexplained)
        print(_counts(module, counts))
        total.update(counts)
        alive += unexplained
        gone -= set(surviving)
    print(_counts("all", total))
    print(_score(total, time.perf_counter() - began))
    for change in alive:
        print(f"\nsurvived in {change.place}\n  - {change.was}\n  + {change.becomes}")
    for change in gone:
        print(f"\nno longer survives, take it out of {EXPLAINED.name}: {change}")
    return 1 if alive or gone else 0


def _explanations(modules: Sequence[str]) -> Iterator[tuple[Change, str]]:
    for entry in tomllib.loads(EXPLAINED.read_text("utf-8")).get("mutant", ()):
        if entry["place"].partition(".")[0] in modules:
            yield Change(entry["place"], entry["was"], entry["becomes"]), entry["why"]


def _counts(module: str, counts: Counter[str]) -> str:
    numbers = [counts[name] for name in (Verdict.KILLED, Verdict.TYPED, Verdict.TIMEOUT)]
    told = [sum(counts.values()), *numbers, counts["explained"], counts["survived"]]
    return _row([module, *map(str, told)])


def _row(cells: Sequence[str]) -> str:
    return f"{cells[0]:<16}" + "".join(f"{cell:>11}" for cell in cells[1:])


def _score(total: Counter[str], seconds: float) -> str:
    refused = total[Verdict.KILLED] + total[Verdict.TIMEOUT]
    asked = refused + total["survived"]
    return (
        f"\nscore {refused / asked:.1%}: the tests refuse {refused} of the {asked} mutants that "
        f"mypy lets through, in {seconds / 60:.0f} minutes"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*DECIDING, *LOADING]))
