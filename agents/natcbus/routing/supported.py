"""What this version cannot do yet: said to the sender at once, and repeated at the hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from natcbus.contract.problems import Problem
from natcbus.contract.types.core import Header, Kind

ROUTED: Final = frozenset({Kind.ALERT, Kind.UPDATE, Kind.CANCEL})
"""The kinds of message that this version routes."""


def unsupported(header: Header) -> Iterator[Problem]:
    """Everything that a header asks for and no rule of this version keeps to.

    Code: KIND_NOT_SUPPORTED.
    """
    if header.kind not in ROUTED:
        kinds = ", ".join(sorted(ROUTED))
        text = f"this version does not route {header.kind} yet: it routes {kinds}"
        yield Problem("/header/kind", "KIND_NOT_SUPPORTED", text)
