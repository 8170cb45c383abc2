"""Plays the story: publishes its events as their senders and watches them arrive."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final, Protocol

from natcbus.client import Context, Delivery, Published, Publisher, RejectedError
from natcbus.client.receipts import wait_for_receipt
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import DecisionRecord, Outcome
from natcbus.operations.demo.desks import Arrival, WatchedDesks
from natcbus.operations.demo.stage import Stage
from natcbus.operations.demo.story import Chapter, Scene, Story
from natcbus.operations.errors import NotRoutedError

_ROUTED_WITHIN_S: Final = 20.0
_ARRIVED_WITHIN_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.1
_READING_SECONDS: Final = 11.0


class View(Protocol):
    """Who watches the demo: a terminal, a log, a program."""

    def chapter(self, number: int, of: int, chapter: Chapter) -> None:
        """A chapter begins."""

    def published(self, scene: Scene, published: Published) -> None:
        """An event is durable."""

    def refused(self, scene: Scene, problems: Sequence[Problem]) -> None:
        """An event was refused at its sender; nothing was sent."""

    def routed(self, header: Header, record: DecisionRecord, watched: frozenset[str]) -> None:
        """The hub has decided; ``watched`` desks will be seen to receive it."""

    def arrived(self, delivery: Delivery, seconds: float) -> None:
        """A desk opened it, so long after it was published."""

    def looked_at(self, delivery: Delivery) -> None:
        """The chapter shows what this desk sees."""

    def chapter_ends(self) -> None:
        """A chapter is over."""


@dataclass(slots=True)
class Summary:
    """What happened in the whole story.

    Attributes
    ----------
    deliveries
        By the receipts: to every desk, watched or not.
    opened
        By the watched desks, with their own keys.
    waits
        Seconds from the call that published to the opened delivery, one for each that was opened.
    """

    alerts: int = 0
    deliveries: int = 0
    denials: int = 0
    refusals: int = 0
    opened: int = 0
    waits: list[float] = field(default_factory=list)
    first_message: str = ""

    @property
    def median_ms(self) -> float | None:
        """The middle of the waits in milliseconds; None without any."""
        return statistics.median(self.waits) * 1000 if self.waits else None


class Director:
    """Plays one story on one stage.

    Parameters
    ----------
    pace
        1 leaves time to read, 0 none.
    """

    def __init__(self, stage: Stage, desks: WatchedDesks, view: View, pace: float) -> None:
        self._stage = stage
        self._desks = desks
        self._view = view
        self._pace = pace
        self._published_at: dict[str, float] = {}
        self._opened: dict[tuple[str, str], Delivery] = {}
        self._publishers: dict[str, Publisher] = {}
        self.summary = Summary()

    def play(self, story: Story) -> Summary:
        """Play every chapter.

        Raises
        ------
        NatcbusError
            The bus does not work as it should.
        NotRoutedError
            The hub did not decide in time.
        """
        with ExitStack() as sides_open:
            for member in {scene.sender.partition(".")[0] for scene in story.scenes()}:
                publisher = Publisher(self._stage.contexts[member], world=self._stage.world)
                self._publishers[member] = sides_open.enter_context(publisher)
            for number, chapter in enumerate(story.chapters, start=1):
                self._view.chapter(number, len(story.chapters), chapter)
                self._play_chapter(chapter)
                self._view.chapter_ends()
                if number < len(story.chapters):
                    time.sleep(_READING_SECONDS * self._pace)
        return self.summary

    def _play_chapter(self, chapter: Chapter) -> None:
        for scene in chapter.scenes:
            sent = self._publish(scene)
            if sent is None:
                continue
            record = self._await_decision(scene, sent)
            self._view.routed(sent.header, record, self._desks.desks)
            self._collect(sent.message_id, record)
            shown = self._opened.get((sent.message_id, chapter.look_at or ""))
            if shown is not None:
                self._view.looked_at(shown)

    def _publisher(self, scene: Scene) -> Publisher:
        return self._publishers[scene.sender.partition(".")[0]]

    def _publish(self, scene: Scene) -> Published | None:
        since = time.monotonic()
        try:
            sent = self._publisher(scene).publish(scene.event)
        except RejectedError as error:
            self.summary.refusals += 1
            self._view.refused(scene, error.problems)
            return None
        self._published_at[sent.message_id] = since
        self.summary.alerts += 1
        self.summary.first_message = self.summary.first_message or sent.message_id
        self._view.published(scene, sent)
        return sent

    def _await_decision(self, scene: Scene, sent: Published) -> DecisionRecord:
        context = self._stage.contexts[scene.sender.partition(".")[0]]
        receipt = wait_for_receipt(context, sent.message_id, _ROUTED_WITHIN_S)
        if receipt is None or receipt.decision.outcome is not Outcome.ROUTED:
            raise NotRoutedError(sent.message_id, _ROUTED_WITHIN_S)
        record = receipt.decision
        self.summary.deliveries += sum(each.undelivered is None for each in record.deliveries)
        self.summary.denials += len(record.denials)
        return record

    def _collect(self, message_id: str, record: DecisionRecord) -> None:
        awaited = {
            each.row.desk for each in record.deliveries if each.undelivered is None
        } & self._desks.desks
        give_up = time.monotonic() + _ARRIVED_WITHIN_S
        while awaited and time.monotonic() < give_up:
            for arrival in self._desks.arrivals(_LOOK_EVERY_S):
                self._note(arrival)
                if arrival.delivery.message_id == message_id:
                    awaited.discard(arrival.delivery.desk)

    def _note(self, arrival: Arrival) -> None:
        delivery = arrival.delivery
        since = self._published_at.get(delivery.message_id)
        if since is None:
            return
        wait = arrival.at - since
        self.summary.opened += 1
        self.summary.waits.append(wait)
        self._opened[delivery.message_id, delivery.desk] = delivery
        self._view.arrived(delivery, wait)


def sides(story: Story, stage: Stage) -> list[tuple[str, Context]]:
    """The watched desks, each with the context of its member."""
    return [(desk, stage.contexts[desk.partition(".")[0]]) for desk in story.desks]
