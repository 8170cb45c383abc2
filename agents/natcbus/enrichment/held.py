"""That an earlier message of the case did not get through: its readers may have half a story."""

from __future__ import annotations

from typing import Final

from natcbus.contract.types.core import Kind
from natcbus.contract.types.hub import ReasonRow

_ACT_AT_ONCE: Final = frozenset({Kind.CANCEL, Kind.RECALL})
"""With these nobody is to wait for what is missing."""


def indicators(kind: Kind, *, earlier_held: bool) -> tuple[ReasonRow, ...]:
    """EARLIER_MESSAGE_HELD where an earlier message of the thread is in quarantine.

    Never on CANCEL and RECALL.
    """
    if not earlier_held or kind in _ACT_AT_ONCE:
        return ()
    return (ReasonRow(code="EARLIER_MESSAGE_HELD"),)
