"""What is seen of the demo where nobody looks at a terminal: plain lines, or JSON lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from natcbus.cli.decisions import because_texts, reasons_json
from natcbus.cli.failures import Fault
from natcbus.cli.output import Output, fault_line, listed
from natcbus.cli.receipts import deliveries_of, denials_of
from natcbus.cli.visible import visible
from natcbus.client import Delivery, Published
from natcbus.contract.assembly import Json
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import DecisionRecord
from natcbus.operations.demo.playing import Summary
from natcbus.operations.demo.story import Chapter, Scene
from natcbus.routing.decision import Denial
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain_denial

OWN: Final = "OWN_DESK"
_TEXT_WIDTH: Final = 96


def milliseconds(seconds: float) -> str:
    """For example ``41 ms``."""
    return f"{seconds * 1000:.0f} ms"


def others(record: DecisionRecord, watched: frozenset[str]) -> str:
    """The desks that receive it and are not watched, in words."""
    unseen = [each for each in deliveries_of(record) if each.desk not in watched]
    if not unseen:
        return ""
    desks = "1 more desk" if len(unseen) == 1 else f"{len(unseen)} more desks"
    return f"and {desks}, by the hub's receipt: {listed(each.desk for each in unseen)}"


def told_denials(
    denials: Iterable[Denial], network: Network, header: Header
) -> Iterator[tuple[str, str, list[str]]]:
    """Code, sentence and desks of each kind of refusal; that it is no echo is not worth a line."""
    explained = sorted(
        (denial.code, explain_denial(denial.code, network, denial.desk, header), denial.desk)
        for denial in denials
        if denial.code != OWN
    )
    for (code, text), group in groupby(explained, key=lambda each: each[:2]):
        yield code, text, [desk for _, _, desk in group]


def summary_line(summary: Summary) -> str:
    """The figures of the story in one line."""
    median = summary.median_ms
    wait = "" if median is None else f"; median from publishing to an open desk {median:.0f} ms"
    return (
        f"{summary.alerts} alerts, {summary.deliveries} deliveries ({summary.opened} of them "
        f"opened here with the desks' own keys), {summary.denials} desks denied, "
        f"{summary.refusals} refused before sending{wait}"
    )


class PlainView:
    """Lines for a log."""

    def __init__(self, output: Output, network: Network) -> None:
        self._output = output
        self._network = network

    def chapter(self, number: int, of: int, chapter: Chapter) -> None:
        """Title and text."""
        self._output.say(f"\n[{number}/{of}] {chapter.title}")
        self._output.say(textwrap.indent(textwrap.fill(chapter.tell, _TEXT_WIDTH), "  "))

    def published(self, scene: Scene, published: Published) -> None:
        """Who sent what."""
        self._output.say(f"  {scene.sender} publishes {scene.name} as {published.message_id}")

    def refused(self, scene: Scene, problems: Sequence[Problem]) -> None:
        """Who was refused, and why."""
        self._output.say(f"  {scene.sender} is refused, nothing was sent:")
        for problem in problems:
            self._output.say(f"    {fault_line(Fault.of(problem))}")

    def routed(self, header: Header, record: DecisionRecord, watched: frozenset[str]) -> None:
        """Who gets it besides the watched desks, and who does not."""
        rest = others(record, watched)
        if rest:
            self._output.say(f"    {rest}")
        for code, text, desks in told_denials(denials_of(record), self._network, header):
            self._output.say(f"    not to {listed(desks)}: {code}: {visible(text)}")

    def arrived(self, delivery: Delivery, seconds: float) -> None:
        """What a desk opened, how soon, and why it has it."""
        texts, _ = because_texts(delivery.because, delivery.desk, self._network)
        opened = listed(delivery.sealed, "the open part only")
        self._output.say(
            f"    {delivery.desk}: {delivery.view} ({opened}) after {milliseconds(seconds)}: "
            f"{' '.join(texts)}"
        )

    def looked_at(self, delivery: Delivery) -> None:
        """Nothing: the line of its arrival says what it opened."""

    def chapter_ends(self) -> None:
        """Nothing."""


class JsonView:
    """JSON lines for a program; ``event`` says of what kind each is."""

    def __init__(self, output: Output, network: Network) -> None:
        self._output = output
        self._network = network

    def chapter(self, number: int, of: int, chapter: Chapter) -> None:
        """``chapter``."""
        self._write("chapter", number=number, of=of, title=chapter.title)

    def published(self, scene: Scene, published: Published) -> None:
        """``published``."""
        self._write("published", name=scene.name, sender=scene.sender, **_ids(published))

    def refused(self, scene: Scene, problems: Sequence[Problem]) -> None:
        """``refused``."""
        errors: list[Json] = [Fault.of(problem).to_json() for problem in problems]
        self._write("refused", name=scene.name, sender=scene.sender, errors=errors)

    def routed(self, header: Header, record: DecisionRecord, watched: frozenset[str]) -> None:
        """``routed``."""
        del header
        self._write(
            "routed",
            message_id=record.message_id,
            deliveries=[each.desk for each in deliveries_of(record)],
            denials=[{"desk": each.desk, "code": each.code} for each in record.denials],
            watched=[*sorted(watched)],
        )

    def arrived(self, delivery: Delivery, seconds: float) -> None:
        """``delivery``."""
        self._write(
            "delivery",
            message_id=delivery.message_id,
            desk=delivery.desk,
            view=delivery.view.value,
            compartments=[*delivery.sealed],
            because=reasons_json(delivery.because, delivery.desk, self._network),
            after_ms=round(seconds * 1000, 1),
        )

    def looked_at(self, delivery: Delivery) -> None:
        """Nothing: it was written when it arrived."""

    def chapter_ends(self) -> None:
        """Nothing."""

    def _write(self, event: str, **fields: Json) -> None:
        self._output.record({"event": event, **fields})


def _ids(published: Published) -> dict[str, Json]:
    return {"message_id": published.message_id, "thread_id": published.thread_id}
