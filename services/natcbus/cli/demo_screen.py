"""The demo on a terminal: one live table per event, which stays when the next one begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.text import Text

from natcbus.cli.decisions import because_texts
from natcbus.cli.deliveries import part_grid, parts
from natcbus.cli.demo_views import milliseconds, others, told_denials
from natcbus.cli.failures import Fault
from natcbus.cli.output import fault_line, fit, listed, table, view_text
from natcbus.cli.receipts import denials_of
from natcbus.cli.visible import visible
from natcbus.client import Delivery, Published
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import DecisionRecord
from natcbus.operations.demo.story import Chapter, Scene
from natcbus.routing.decision import View
from natcbus.routing.network import Network

_INDENT: Final = 2
_PER_SECOND: Final = 10


@dataclass(slots=True)
class _Shown:
    """What is known of one event so far."""

    scene: Scene
    message_id: str = ""
    problems: Sequence[Problem] = ()
    header: Header | None = None
    record: DecisionRecord | None = None
    watched: frozenset[str] = frozenset()
    arrivals: list[tuple[Delivery, float]] = field(default_factory=list)
    looked_at: Delivery | None = None


class DemoScreen:
    """The view of a person. Use it as a context manager, so that the cursor comes back."""

    def __init__(self, console: Console, network: Network) -> None:
        self._console = console
        self._network = network
        self._shown: _Shown | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.chapter_ends()

    def chapter(self, number: int, of: int, chapter: Chapter) -> None:
        """Print title and text."""
        self._console.print()
        title = Text(f"{number}/{of}  {chapter.title}", style="bold")
        self._console.print(Rule(title, align="left", style="dim"))
        self._console.print(Padding(chapter.tell, (0, _INDENT, 1, _INDENT)))

    def published(self, scene: Scene, published: Published) -> None:
        """The event is on its way."""
        self._begin(_Shown(scene, published.message_id))

    def refused(self, scene: Scene, problems: Sequence[Problem]) -> None:
        """The event was not sent."""
        self._begin(_Shown(scene, problems=problems))

    def routed(self, header: Header, record: DecisionRecord, watched: frozenset[str]) -> None:
        """The hub has decided."""
        shown = self._of(record.message_id)
        if shown is not None:
            shown.header, shown.record, shown.watched = header, record, watched

    def arrived(self, delivery: Delivery, seconds: float) -> None:
        """One more row."""
        shown = self._of(delivery.message_id)
        if shown is not None:
            shown.arrivals.append((delivery, seconds))

    def looked_at(self, delivery: Delivery) -> None:
        """What this desk sees is shown below the table."""
        shown = self._of(delivery.message_id)
        if shown is not None:
            shown.looked_at = delivery

    def chapter_ends(self) -> None:
        """Leave the last event as it is on the screen."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _begin(self, shown: _Shown) -> None:
        # What was live before stays above: a live part must fit on the screen.
        self.chapter_ends()
        self._shown = shown
        self._live = Live(
            get_renderable=self._render, console=self._console, refresh_per_second=_PER_SECOND
        )
        self._live.start()

    def _of(self, message_id: str) -> _Shown | None:
        shown = self._shown
        return shown if shown is not None and shown.message_id == message_id else None

    def _render(self) -> RenderableType:
        found = [] if self._shown is None else self._event(self._shown)
        return Padding(Group(*found), (0, 0, 0, _INDENT))

    def _event(self, shown: _Shown) -> Iterator[RenderableType]:
        who = Text(shown.scene.sender, style="bold")
        if shown.problems:
            yield Text.assemble(who, " is ", ("refused", "bold red"), ", and nothing was sent:")
            for problem in shown.problems:
                yield Padding(fault_line(Fault.of(problem)), (0, 0, 1, _INDENT))
            return
        yield Text.assemble(who, f" publishes {shown.scene.name} ", (shown.message_id, "dim"))
        if shown.record is None or shown.header is None:
            yield Spinner("dots", Text("the hub decides", style="dim"))
        else:
            yield from self._outcome(shown, shown.record, shown.header)
        yield Text()

    def _outcome(
        self, shown: _Shown, record: DecisionRecord, header: Header
    ) -> Iterator[RenderableType]:
        yield self._arrivals(shown)
        rest = others(record, shown.watched)
        if rest:
            yield Text(rest, style="dim")
        for code, text, desks in told_denials(denials_of(record), self._network, header):
            yield Text.assemble(
                "not to ", (listed(desks), "bold"), ": ", (code, "red"), f" {visible(text)}"
            )
        if shown.looked_at is not None:
            yield from self._look(shown.looked_at, record)

    def _arrivals(self, shown: _Shown) -> RenderableType:
        rows = table("desk", "view", "opened", "because", "after")
        rows.columns[-1].justify, rows.columns[-1].no_wrap = "right", True
        for delivery, seconds in sorted(shown.arrivals, key=_by_view):
            texts, _ = because_texts(delivery.because, delivery.desk, self._network)
            rows.add_row(
                delivery.desk,
                view_text(delivery.view),
                listed(delivery.sealed, "the open part"),
                " ".join(texts),
                milliseconds(seconds),
            )
        fit(rows, self._console.width - _INDENT)
        return rows

    def _look(self, delivery: Delivery, record: DecisionRecord) -> Iterator[RenderableType]:
        kept = sorted(set(record.present) - delivery.sealed.keys())
        yield Text()
        yield Text.assemble("What ", (delivery.desk, "bold"), " sees of the sealed part:")
        for part, content in parts(delivery):
            if part != "open":
                yield Padding(part_grid(part, content), (0, 0, 0, _INDENT))
        yield Padding(Text(f"not for it: {listed(kept)}", style="yellow"), (0, 0, 0, _INDENT))


def _by_view(arrival: tuple[Delivery, float]) -> tuple[int, str]:
    delivery, _ = arrival
    return list(View).index(delivery.view), delivery.desk
