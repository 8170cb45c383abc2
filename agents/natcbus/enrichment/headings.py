"""Where somebody may be heading by the border alone: what routing derived, shown to recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import ReasonRow
from natcbus.routing.country_roles import derived_heading
from natcbus.routing.network import Network

_CERTAINTY: Final = "POSSIBLE"
_REASON: Final = "NEAR_BORDER"


def indicators(
    message_type: str, header: Header, open_part: Mapping[str, object], network: Network
) -> tuple[ReasonRow, ...]:
    """HEADING_DERIVED for a country that routing took as the heading, and the sender did not state.

    It is about the country, the certainty (CAP 1.2) and the reason.
    """
    beyond = derived_heading(message_type, header, open_part, network)
    return tuple(
        ReasonRow(code="HEADING_DERIVED", about=(country, _CERTAINTY, _REASON))
        for country in sorted(beyond)
    )
