"""What both sender and hub decided: the hub narrows a sender's decision and never widens it."""

from __future__ import annotations

from dataclasses import replace

from natcbus.contract.types.hub import Slip
from natcbus.routing.decision import Decision, Delivery, Denial, Prior, View
from natcbus.routing.gates import Refusal


def intersect(mine: Decision, slip: Slip) -> tuple[Delivery, ...]:
    """The deliveries of ``mine`` that the slip has too, with the compartments that both allow.

    Order and reasons are those of ``mine``. A desk that stands twice in the slip gets what both
    rows allow.
    """
    granted = _rows(slip)
    return tuple(_narrow(row, granted[row.desk]) for row in mine.deliveries if row.desk in granted)


def withheld(mine: Decision, slip: Slip) -> tuple[Denial, ...]:
    """The desks that the slip has and ``mine`` does not, sorted, with the hub's reason."""
    denied = {denial.desk: denial.code for denial in mine.denials}
    delivered = {delivery.desk for delivery in mine.deliveries}
    return tuple(
        Denial(desk, denied.get(desk, Refusal.NOT_CANDIDATE.value))
        for desk in sorted(_rows(slip).keys() - delivered)
    )


def owed_recalls(decision: Decision, prior: Prior) -> tuple[str, ...]:
    """Earlier recipients of the thread that do not get this message, sorted.

    What they have is no longer theirs to keep: each is owed a recall. A desk that the network no
    longer has is owed one too.
    """
    delivered = {delivery.desk for delivery in decision.deliveries}
    return tuple(sorted(prior.keys() - delivered))


def _rows(slip: Slip) -> dict[str, frozenset[str]]:
    rows: dict[str, frozenset[str]] = {}
    for row in slip.deliveries:
        compartments = frozenset(row.compartments)
        rows[row.desk] = rows.get(row.desk, compartments) & compartments
    return rows


def _narrow(row: Delivery, granted: frozenset[str]) -> Delivery:
    compartments = tuple(name for name in row.compartments if name in granted)
    if compartments == row.compartments:
        return row
    view = View.REDUCED if compartments else View.NOTICE
    return replace(row, compartments=compartments, view=view)
