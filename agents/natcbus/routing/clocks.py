"""By when a message is due: the clocks of the policy, running from receipt at the hub."""

from __future__ import annotations

from datetime import datetime

from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import Due
from natcbus.routing.network import Network
from natcbus.routing.rows import row_for


def due_times(
    message_type: str, header: Header, received_at: datetime, network: Network
) -> tuple[Due, ...]:
    """The due time of each clock that runs for this message, the earliest first.

    ``received_at`` is the instant at which the broker stored the message: time limits run from
    receipt and in calendar time (Directive (EU) 2023/977 Art. 5). Empty where the policy sets no
    clock.
    """
    row = row_for(network.policy.clocks.get(message_type, ()), header.urgency)
    if row is None:
        return ()
    due = (Due(clock=clock.name, at=received_at + clock.after) for clock in row.clocks)
    return tuple(sorted(due, key=lambda each: (each.at, each.clock)))
