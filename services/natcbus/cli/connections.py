"""Which brokers a command speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from natcbus.cli.failures import wrong_input


@dataclass(frozen=True, slots=True)
class Brokers:
    """An address, and kafka-python's connection arguments for it."""

    bootstrap: str
    security: Mapping[str, object] = field(default_factory=dict)


def brokers_of(bootstrap: str | None, context: str | None) -> Brokers:
    """The brokers that were named, else those of the context."""
    if bootstrap is None:
        raise wrong_input("NO_BROKERS", f"name brokers with --bootstrap HOST:PORT {context}")
    return Brokers(bootstrap)
