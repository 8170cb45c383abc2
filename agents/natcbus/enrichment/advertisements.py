"""How suspicious a recruitment advertisement looks, by the indicators that its open part states.

One indicator says little: of 430 ordinary advertisements 98.4 % showed at least one and 15 % five
or more (Volodko, Cockbain and Kleinberg 2019, Trends in Organized Crime 23). So the band counts
different indicators *and* the groups that they come from, as the ILO's operational indicators do,
and what is not stated counts neither for nor against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from natcbus.contract.types.hub import ReasonRow

GROUPS: Final[Mapping[str, str]] = {
    "PAY_ABOVE_NORM": "OFFER",
    "NO_EXPERIENCE_NEEDED": "OFFER",
    "URGENT_START": "OFFER",
    "VAGUE_DUTIES": "OFFER",
    "UPFRONT_FEE": "DEBT",
    "DEBT_FOR_TRAVEL": "DEBT",
    "WAGE_DEDUCTIONS": "DEBT",
    "VISA_GUARANTEED": "TRAVEL",
    "TOURIST_VISA": "TRAVEL",
    "LODGING": "DEPENDENCY",
    "TRANSPORT": "DEPENDENCY",
    "NO_COMPANY_NAMED": "IDENTITY",
    "MESSENGER_ONLY": "IDENTITY",
    "ASKS_PHOTO": "TARGETING",
    "ASKS_DOCUMENT_SCAN": "TARGETING",
    "WOMEN_ONLY": "TARGETING",
    "MINORS_TARGETED": "TARGETING",
    "SECRECY": "TARGETING",
    "SAME_TEXT_ELSEWHERE": "PATTERN",
}
"""Indicator -> group. What is not here is unknown to this version and counts for nothing."""

_BANDS: Final = (("AD_BAND_HIGH", 5, 3), ("AD_BAND_REVIEW", 3, 2))
"""Band, and the least number of different indicators and of different groups that it takes."""
_LOW: Final = "AD_BAND_LOW"

_PRESENT: Final = "PRESENT"
_CONTRADICTED: Final = "CONTRADICTED"
_NOT_STATED: Final = "NOT_STATED"


def indicators(open_part: Mapping[str, object]) -> tuple[ReasonRow, ...]:
    """The band of an advertisement and what led to it.

    Always one band first, about the indicators that are present (AD_BAND_LOW, AD_BAND_REVIEW or
    AD_BAND_HIGH: LOW means too little to go on, not harmless); then, where there are any,
    AD_GROUPS, AD_CONTRADICTED and AD_NOT_STATED. An indicator that is stated twice with different
    states is contradicted if one says so, else present.
    """
    by_state = _by_state(open_part)
    present = by_state[_PRESENT]
    groups = {GROUPS[code] for code in present}
    rows = (
        ReasonRow(code=_band(len(present), len(groups)), about=tuple(sorted(present))),
        ReasonRow(code="AD_GROUPS", about=tuple(sorted(groups))),
        ReasonRow(code="AD_CONTRADICTED", about=tuple(sorted(by_state[_CONTRADICTED]))),
        ReasonRow(code="AD_NOT_STATED", about=tuple(sorted(by_state[_NOT_STATED]))),
    )
    return (rows[0], *(row for row in rows[1:] if row.about))


def _band(count: int, groups: int) -> str:
    return next(
        (band for band, least, least_groups in _BANDS if count >= least and groups >= least_groups),
        _LOW,
    )


def _by_state(open_part: Mapping[str, object]) -> Mapping[str, set[str]]:
    by_state: dict[str, set[str]] = {_CONTRADICTED: set(), _PRESENT: set(), _NOT_STATED: set()}
    for code, state in _statements(open_part):
        if code in GROUPS and state in by_state:
            by_state[state].add(code)
    by_state[_PRESENT] -= by_state[_CONTRADICTED]
    by_state[_NOT_STATED] -= by_state[_CONTRADICTED] | by_state[_PRESENT]
    return by_state


def _statements(open_part: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    offer = open_part.get("offer")
    if isinstance(offer, Mapping):
        for flag, state in offer.items():
            yield str(flag).upper(), str(state)
    listed = open_part.get("indicators")
    for entry in listed if isinstance(listed, list | tuple) else ():
        if isinstance(entry, Mapping):
            yield str(entry.get("code")), str(entry.get("state"))
