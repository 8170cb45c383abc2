"""Who may be told what about a decision: that a message exists is itself information.

The publisher, data-protection officers and auditors get the full explanation. A desk that gets the
message knows its own row. A desk that does not is told only if it was named and may know that the
message exists; otherwise there is silence, which looks like the silence about no message at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from natcbus.contract.types.core import Header
from natcbus.routing.candidates import Candidate, candidates
from natcbus.routing.decide import NO_PRIOR
from natcbus.routing.decision import Prior
from natcbus.routing.gates import Refusal, conditions, every_refusal
from natcbus.routing.network import Network, Reach


class Telling(StrEnum):
    """How much a desk may be told about the decision on one message."""

    EVERYTHING = "EVERYTHING"
    ITS_OWN_ROW = "ITS_OWN_ROW"
    NOTHING = "NOTHING"


OVERSEERS: Final = frozenset({"DPO", "AUDITOR"})
"""Types of organisation that may be told everything."""

EXISTENCE_IS_NO_SECRET: Final = frozenset({Refusal.SCHEMA_UNSUPPORTED})
"""Rules by which a desk may have a message that it cannot read yet. It alone can mend that, so it
must learn of it. Every other rule keeps the existence of a message back together with its content.
"""

_KEPT_OUT: Final = frozenset(
    {Refusal.EXCLUDED_BY_SENDER, Refusal.CONFLICT_OF_INTEREST, Refusal.SUSPENDED}
)
"""Rules that hold for an overseer too."""


def may_be_told(
    desk_id: str,
    message_type: str,
    header: Header,
    open_part: Mapping[str, object],
    network: Network,
    prior: Prior = NO_PRIOR,
) -> Telling:
    """How much ``desk_id`` may be told about the decision on a message.

    A desk that the network does not know is told nothing.
    """
    desk = network.desks.get(desk_id)
    if desk is None:
        return Telling.NOTHING
    if desk_id == header.from_:
        return Telling.EVERYTHING
    pointed_at = candidates(message_type, header, open_part, network, prior)
    candidate = next((each for each in pointed_at if each.desk.id == desk_id), None)
    supposed = candidate or Candidate(desk, (), Reach.NOTICE)
    refusals = frozenset(every_refusal(supposed, conditions(message_type, header, network)))
    if desk.organisation in OVERSEERS and not refusals & _KEPT_OUT:
        return Telling.EVERYTHING
    if candidate is None:
        return Telling.NOTHING
    knows = not refusals or (candidate.named and refusals <= EXISTENCE_IS_NO_SECRET)
    return Telling.ITS_OWN_ROW if knows else Telling.NOTHING
