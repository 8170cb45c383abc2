"""Sends what is in the journal, in its order, for as long as it takes.

One thread does all the sending of a publisher. When the bus is away it tries again every second.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from natcbus.client.attempts import Attempts
from natcbus.client.contexts import Context
from natcbus.client.entries import Entry, State
from natcbus.client.errors import NatcbusError
from natcbus.client.failpoints import Point, passing
from natcbus.client.journal import Durable, Journal

logger = logging.getLogger(__name__)
PAUSE_S: Final = 1.0
"""Between an attempt at a bus that is away and the next."""
STUCK_PAUSE_S: Final = 30.0
"""Between two attempts at what the bus does not take."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a message is; ``why`` says what keeps one that is not sent."""

    state: State
    partition: int | None = None
    offset: int | None = None
    why: str = ""


Ticket = Future[Outcome]
"""Answered when a message is settled, or as soon as the bus is known to be away.

Who holds one may cancel it: the message is then sent all the same. While it is not cancelled, a
message that was surely not written and will not be is withdrawn, and the answer is an error.
"""


class Courier:
    """Empties a journal into the member's topic, in a thread of its own."""

    def __init__(self, context: Context, journal: Journal, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now
        self._attempts = Attempts(context, journal)
        self._news = threading.Condition()
        self._tickets: dict[str, Ticket] = {}
        # Surely not written, and nobody was told that they are queued.
        self._untried: set[str] = set()
        # Durable, and not noted as such, because the journal had no room.
        self._unnoted: dict[int, Durable] = {}
        # The bus is there, and the last attempt could do nothing for what is queued.
        self._stuck = False
        # Somebody has asked since then.
        self._asked = False
        self._why = ""
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="natcbus-courier", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> tuple[Entry, Ticket]:
        """Accepts a message, and sends it when it is its turn.

        Returns
        -------
        tuple
            What the journal holds under its id, and what becomes of it.

        Raises
        ------
        NatcbusError
            As ``Journal.put``.
        """
        with self._news:
            known = self._journal.find(entry.message_id)
            if known is not None:
                return known, self._follow(known)
            self._untried.add(entry.message_id)
            try:
                kept = self._journal.put(entry)
            except BaseException:
                self._untried.discard(entry.message_id)
                raise
            return kept, self._follow(kept)

    def follow(self, entry: Entry) -> Ticket:
        """What becomes of a message that is in the journal already."""
        with self._news:
            return self._follow(self._journal.find(entry.message_id) or entry)

    def _follow(self, entry: Entry) -> Ticket:
        if entry.state is not State.QUEUED:
            return _answered(Outcome(entry.state, entry.partition, entry.offset))
        durable = self._unnoted.get(entry.number)
        if durable is not None:
            return _answered(Outcome(State.SENT, durable.partition, durable.offset))
        if self._why:
            self._untried.discard(entry.message_id)
            return _answered(Outcome(State.QUEUED, why=self._why))
        ticket = self._tickets.get(entry.message_id)
        if ticket is not None and ticket.cancelled():
            self._untried.discard(entry.message_id)
            ticket = None
        if ticket is None:
            ticket = self._tickets[entry.message_id] = Future()
        self._asked = True
        self._news.notify_all()
        return ticket

    def state(self, message_id: str) -> State | None:
        """QUEUED, SENT or EXPIRED; None for what the journal does not remember."""
        entry = self._journal.find(message_id)
        if entry is not None and entry.number in self._unnoted:
            return State.SENT
        return None if entry is None else entry.state

    def wait_until_empty(self, seconds: float) -> str:
        """Waits until nothing is queued, at most so long.

        Returns
        -------
        str
            Why something still is; empty if nothing is.
        """
        with self._news:
            if self._news.wait_for(lambda: self._waiting() <= 0, seconds):
                return ""
            return self._why or "not sent yet"

    def close(self) -> None:
        """Sends what can be sent at once, and stops."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._thread.join()
        self._note([])
        self._attempts.close()
        passing(Point.CLOSING)

    def _run(self) -> None:
        while self._something_to_do():
            try:
                self._attempt()
            except Exception as error:  # noqa: BLE001 - a thread that dies would say nothing
                self._away(f"{type(error).__name__}: {error}")

    def _something_to_do(self) -> bool:
        """Waits for it; False when this is to stop."""
        with self._news:
            if self._why:
                self._news.wait_for(lambda: self._closing, PAUSE_S)
            else:
                self._news.wait_for(
                    lambda: self._closing or self._asked or (self._waiting() and not self._stuck),
                    STUCK_PAUSE_S if self._stuck else None,
                )
            asked, self._asked = self._asked, False
            helps = asked or (self._waiting() > 0 and not self._stuck)
            return not self._closing or (helps and not self._why)

    def _waiting(self) -> int:
        return self._journal.count - len(self._unnoted)

    def _attempt(self) -> None:
        self._note([])
        for entry in self._journal.expire(self._now()):
            logger.warning("message %s expired while it was queued: not sent", entry.message_id)
            self._answer(entry, Outcome(State.EXPIRED))
        entries = self._journal.next_round(self._unnoted)
        passing(Point.TAKEN)
        done = self._attempts.send(entries)
        self._untried -= done.in_doubt
        self._note(done.durable)
        for each in done.durable:
            self._answer(each.entry, Outcome(State.SENT, each.partition, each.offset))
        kept = [self._refuse(entry, error) for entry, error in done.refused]
        if done.away:
            self._away(done.away)
            return
        self._why = ""
        self._stuck = bool(entries) and all(kept) and not done.durable

    def _note(self, durable: Iterable[Durable]) -> None:
        self._unnoted |= {each.entry.number: each for each in durable}
        if self._unnoted:
            try:
                self._journal.settle(self._unnoted.values())
            except NatcbusError as error:
                logger.warning(
                    "%d sent messages are still to be noted: %s", len(self._unnoted), error
                )
            else:
                self._unnoted = {}

    def _answer(self, entry: Entry, outcome: Outcome) -> None:
        with self._news:
            self._untried.discard(entry.message_id)
            ticket = self._tickets.pop(entry.message_id, None)
            if ticket is not None and ticket.set_running_or_notify_cancel():
                ticket.set_result(outcome)
            self._news.notify_all()

    def _refuse(self, entry: Entry, error: NatcbusError) -> bool:
        """Withdraws a message whose publisher waits for it and that was surely not written.

        Any other is kept: whether it was written is open, or its publisher was told that it will
        be. Returns whether it was.
        """
        with self._news:
            ticket = self._tickets.pop(entry.message_id, None)
            awaited = ticket is not None and ticket.set_running_or_notify_cancel()
            withdrawn = awaited and entry.message_id in self._untried and self._withdrawn(entry)
            if ticket is not None and awaited:
                if withdrawn:
                    ticket.set_exception(error)
                else:
                    ticket.set_result(Outcome(State.QUEUED, why=error.text))
            if not withdrawn:
                self._untried.discard(entry.message_id)
                logger.warning("message %s stays queued: %s", entry.message_id, error)
            self._news.notify_all()
        return not withdrawn

    def _withdrawn(self, entry: Entry) -> bool:
        try:
            self._journal.withdraw(entry)
        except NatcbusError:
            return False
        self._untried.discard(entry.message_id)
        return True

    def _away(self, cause: str) -> None:
        self._attempts.discard()
        with self._news:
            if cause != self._why:
                logger.warning("%d messages are queued: %s", self._waiting(), cause)
            self._why = cause
            self._untried.clear()
            tickets, self._tickets = self._tickets, {}
            for ticket in tickets.values():
                if ticket.set_running_or_notify_cancel():
                    ticket.set_result(Outcome(State.QUEUED, why=cause))


def _answered(outcome: Outcome) -> Ticket:
    ticket: Ticket = Future()
    ticket.set_result(outcome)
    return ticket
