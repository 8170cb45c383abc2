"""The indicators that the bus adds to a message, and how they are put to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import ReasonRow
from natcbus.enrichment import advertisements, headings, missing_persons
from natcbus.routing.network import Network

Enricher = Callable[[Mapping[str, object]], tuple[ReasonRow, ...]]

ENRICHERS: Final[Mapping[str, Enricher]] = {
    "missing_person": missing_persons.indicators,
    "recruitment_ad": advertisements.indicators,
}
"""Event type -> what is derived from its open part."""

_TEXTS: Final = {
    "MINOR": "The person is a minor.",
    "NEAR_BORDER": "Last seen near a border point: {about}.",
    "HEADING_ABROAD": "May be leaving the country for {about}.",
    "HEADING_DERIVED": (
        "May be heading for {first}, beyond the border point: derived, not said by the sender."
    ),
    "EARLIER_MESSAGE_HELD": (
        "An earlier message of this case is held: it could not be read, or was not shown to be"
        " its sender's."
    ),
    "AD_BAND_LOW": "Few indicators, which says little either way: {about}.",
    "AD_BAND_REVIEW": "Several indicators from different groups, worth a human look: {about}.",
    "AD_BAND_HIGH": "Many indicators from several groups, a human must judge it: {about}.",
    "AD_GROUPS": "The indicators concern {about}.",
    "AD_CONTRADICTED": "The advertisement contradicts {about}.",
    "AD_NOT_STATED": "Not stated, which is not absent: {about}.",
}


def enrich(
    message_type: str, header: Header, open_part: Mapping[str, object], network: Network
) -> tuple[ReasonRow, ...]:
    """The indicators of a message; none for an event type without an enricher.

    ``open_part`` is in the codec's native form. The result is always a machine assessment and
    changes nothing that the sender stated.
    """
    enricher = ENRICHERS.get(message_type)
    stated = enricher(open_part) if enricher is not None else ()
    return (*stated, *headings.indicators(message_type, header, open_part, network))


def explain_indicator(code: str, about: Sequence[str]) -> str:
    """An indicator as a sentence; where this version does not know it, its code and subjects."""
    template = _TEXTS.get(code)
    if template is None:
        return f"{code}: {', '.join(about) or 'nothing'}."
    words = [
        word.replace("_", " ").lower() if code.startswith("AD_") else word for word in about
    ] or ["none"]
    return template.format(about=", ".join(words), first=words[0])
