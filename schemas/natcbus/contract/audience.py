"""Who may open what of one event type: the table beside its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may open what of one event type, from its folder in the contract."""

    compartments: Mapping[str, frozenset[str]]
    """Organisation type -> compartments; an absent organisation type opens nothing."""
    reduced: frozenset[str]
    named_only: frozenset[str]
    """Compartments with a field of class P5: only for desks that were named."""
    country_roles: Mapping[str, tuple[str, ...]]
    """Country role -> pointers into the open part, with ``*`` for every item of a list."""
