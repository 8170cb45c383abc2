"""What the runs of a soak came to: kept on disk line by line, and told as a table."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Self, TypeVar

from tests.faults.breaking import Ground
from tests.faults.scenario import Plan, Played

G = TypeVar("G", bound=Ground)

WRONG: Final = (
    "missing",
    "unentitled",
    "inverted",
    "seen_twice",
    "undecided",
    "not_durable",
    "found",
)
_HEADINGS: Final[Sequence[tuple[str, str]]] = (
    ("missing", "missing"),
    ("unentitled", "unentitled"),
    ("inverted", "out of order"),
    ("seen_twice", "seen twice"),
    ("undecided", "undecided"),
    ("not_durable", "`SENT`, not durable"),
    ("found", "found by `reconcile`"),
)


@dataclass(frozen=True)
class Run:
    """One run in figures.

    Attributes
    ----------
    failure
        Why it did not come to its end, if it did not.
    examples
        Of what was wrong, each with its place.
    commit
        Of the repository that it ran on.
    """

    seed: int
    faults: list[str]
    messages: int = 0
    deliveries: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    rewritten: int = 0
    queued: int = 0
    slowest_s: float = 0.0
    seconds: float = 0.0
    failure: str = ""
    examples: list[str] = field(default_factory=list)
    commit: str = ""

    @property
    def faultless(self) -> bool:
        return not self.failure and not any(self.wrong.values())

    @classmethod
    def of(cls, played: Played[G]) -> Self:
        """The figures of a run that was judged."""
        verdict = played.verdict
        return cls(
            seed=played.plan.seed,
            faults=[each.name for each in played.plan.faults],
            messages=verdict.messages,
            deliveries=verdict.deliveries,
            wrong={name: len(getattr(verdict, name)) for name in WRONG},
            rewritten=verdict.rewritten,
            queued=verdict.queued,
            slowest_s=round(verdict.slowest_s, 1),
            seconds=round(played.seconds, 1),
            examples=[
                f"{name}: {each}"
                for name in (*WRONG, "notes")
                for each in getattr(verdict, name)[:5]
            ],
        )

    @classmethod
    def failed(cls, plan: Plan[G], error: BaseException) -> Self:
        """A run that was not judged."""
        text = f"{type(error).__name__}: {str(error)[:2000]}"
        return cls(plan.seed, [each.name for each in plan.faults], failure=text)

    def told(self) -> str:
        """One line."""
        wrong = ", ".join(f"{number} {name}" for name, number in self.wrong.items() if number)
        return (
            f"seed {self.seed}: {'faultless' if self.faultless else self.failure or wrong}; "
            f"{self.deliveries} deliveries, {self.rewritten} decided again, "
            f"slowest {self.slowest_s} s, {self.seconds} s; {', '.join(self.faults)}"
            f"{''.join(f'{chr(10)}    {example}' for example in self.examples)}"
        )


class Kept:
    """The runs of a file, one line each."""

    def __init__(self, file: Path, commit: str) -> None:
        self._file = file
        self._commit = commit
        file.parent.mkdir(exist_ok=True)
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        self.runs = [Run(**json.loads(line)) for line in lines]

    @property
    def faultless(self) -> bool:
        return all(run.faultless for run in self.runs)

    def left(self, seeds: Iterable[int]) -> list[int]:
        """Those that were not played yet."""
        done = {run.seed for run in self.runs}
        return [seed for seed in seeds if seed not in done]

    def add(self, run: Run) -> None:
        run = replace(run, commit=self._commit)
        self.runs.append(run)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(run)) + "\n")

    def table(self, command: str) -> str:
        """All runs in one table of Markdown, and the faults by kind in another."""
        return "\n".join([*self._totals(command), "", *self._kinds()])

    def _totals(self, command: str) -> Iterator[str]:
        runs, whole = self.runs, [run for run in self.runs if not run.failure]
        seeds = f"{min(run.seed for run in runs)} to {max(run.seed for run in runs)}"
        headings = [title for _, title in _HEADINGS]
        figures = [str(sum(run.wrong[name] for run in whole)) for name, _ in _HEADINGS]
        messages = sum(run.messages for run in whole)
        again = sum(run.rewritten for run in whole) / max(messages, 1)
        yield f"`{command}`, seeds {seeds}; {len(runs) - len(whole)} runs did not come to an end."
        yield ""
        yield f"| runs | messages | deliveries | {' | '.join(headings)} |"
        yield "|---" * (3 + len(headings)) + "|"
        deliveries = sum(run.deliveries for run in whole)
        yield f"| {len(whole)} | {messages:,} | {deliveries:,} | {' | '.join(figures)} |"
        yield ""
        slowest = sorted(run.slowest_s for run in whole)
        seconds = sorted(run.seconds for run in whole)
        yield (
            f"Decided again: {again:.1%}. From publishing to the feed, the slowest delivery of a "
            f"run: median {slowest[len(slowest) // 2]} s, worst {slowest[-1]} s. "
            f"A run took {seconds[len(seconds) // 2]} s (median), all of them "
            f"{sum(seconds) / 60:.0f} minutes."
        )

    def _kinds(self) -> Iterator[str]:
        kinds = Counter(name for run in self.runs for name in run.faults)
        yield "| fault | times |"
        yield "|---|---|"
        for name, number in sorted(kinds.items()):
            yield f"| {name.replace('_', ' ')} | {number} |"


def put_into(page: Path, name: str, table: str) -> None:
    """Replace what stands between the marks ``<!-- name -->`` and ``<!-- /name -->``."""
    text = page.read_text("utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page.write_text(marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text), "utf-8")
