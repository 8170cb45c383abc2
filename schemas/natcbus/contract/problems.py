"""What is wrong with an event, said so that its author can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with an event.

    Attributes
    ----------
    pointer
        JSON pointer (RFC 6901) into the event as it is written: ``/open/last_seen/country``.
    code
        Stable, upper case, for programs.
    text
        What is wrong and what to do about it, for people.
    """

    pointer: str
    code: str
    text: str
