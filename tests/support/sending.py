"""Sending through a whole bus, and what all its desks got."""

from __future__ import annotations

from collections.abc import Mapping

from natcbus.client.receipts import receipts
from natcbus.contract.types.hub import Outcome
from tests.support.bus import Bus

Rows = dict[tuple[str, str], tuple[str, tuple[str, ...]]]
"""(message, desk) -> view and compartments."""


def wait_until_routed(bus: Bus, sent: Mapping[str, int]) -> None:
    """Returns when the hub has routed so many messages of each member, as their senders decided."""
    for member, count in sent.items():
        routed = set()
        for receipt in receipts(bus.context(member), until_end=False):
            decision = receipt.decision
            assert decision.outcome is Outcome.ROUTED, decision.problems
            assert decision.decision_digest == decision.slip_digest
            routed.add(decision.message_id)
            if len(routed) == count:
                break


def received(bus: Bus) -> Rows:
    """What every desk of the Network gets, verified and opened with its own key, each once."""
    rows: Rows = {}
    for desk in bus.network.desks:
        with bus.subscriber(desk) as subscriber:
            for delivery in subscriber:
                key = (delivery.message_id, desk)
                assert key not in rows, "seen twice"
                rows[key] = (delivery.view.value, tuple(sorted(delivery.sealed)))
                assert delivery.problems == ()
                assert delivery.because
    return rows
