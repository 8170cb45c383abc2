"""The case so far, from a member's own receipts: who has what of it, and what replaced what.

A receipt says what really left. So the earlier recipients of a thread are those that the hub let
have it, not those that its sender meant; and a message that the hub refused was never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from natcbus.client.contexts import Context
from natcbus.client.receipts import made_at, thread_receipts, trace, wait_for_receipt
from natcbus.contract.changes import Earlier, reference_problems, unknown_reference
from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import DecisionRecord, Outcome, Receipt
from natcbus.routing.decision import Prior

_RECENT: Final = timedelta(minutes=1)
_SECONDS: Final = 3.0
"""How long to wait for the receipt of a message that was sent a moment ago."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What a member knows of one of its threads.

    Attributes
    ----------
    messages
        Those that left, by id.
    successors
        Message id to the id of the message that replaced it first.
    prior
        Desk to the compartments that it got in any message of the thread.
    """

    messages: Mapping[str, Earlier] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)
    prior: Prior = field(default_factory=dict)

    def problems(self, header: Header) -> Iterator[Problem]:
        """What stands against this message's replacing the one that it names.

        Codes: those of ``changes.reference_problems``; REFERENCE_UNKNOWN also for a message of
        which nothing left.
        """
        if header.supersedes is None:
            return
        replaced = header.supersedes.message_id
        earlier = self.messages.get(replaced)
        if earlier is None:
            yield unknown_reference(replaced)
        yield from reference_problems(header, earlier, self.successors.get(replaced))


NEW_THREAD: Final = Thread()
"""Nothing was sent before."""


def thread_of(receipts: Iterable[Receipt]) -> Thread:
    """What the receipts of one thread say, the oldest first."""
    messages: dict[str, Earlier] = {}
    successors: dict[str, str] = {}
    prior: dict[str, frozenset[str]] = {}
    for receipt in receipts:
        record = receipt.decision
        if record.outcome is not Outcome.ROUTED or record.signed_sha256 is None:
            continue
        messages.setdefault(record.message_id, _earlier(record, record.signed_sha256))
        if record.supersedes is not None:
            successors.setdefault(record.supersedes, record.message_id)
        for each in record.deliveries:
            if each.undelivered is None:
                had = prior.get(each.row.desk, frozenset())
                prior[each.row.desk] = had | frozenset(each.row.compartments)
    return Thread(messages, successors, prior)


def read_thread(context: Context, message_id: str) -> Thread:
    """The thread of one of the member's messages, from its receipts on the bus.

    Waits some seconds for the receipt of a message that was sent a moment ago. A thread without
    messages if there is none.

    Raises
    ------
    NatcbusError
        As ``receipts.receipts``.
    """
    receipt = _receipt_of(context, message_id)
    if receipt is None:
        return NEW_THREAD
    return thread_of(thread_receipts(context, receipt.decision.thread_id, message_id))


def _receipt_of(context: Context, message_id: str) -> Receipt | None:
    made = made_at(message_id)
    if made is not None and datetime.now(UTC) - made < _RECENT:
        return wait_for_receipt(context, message_id, _SECONDS)
    return next(iter(trace(context, message_id)), None)


def _earlier(record: DecisionRecord, signed_sha256: bytes) -> Earlier:
    return Earlier(record.message_id, record.thread_id, record.type, record.status, signed_sha256)
