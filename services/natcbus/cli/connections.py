"""Which brokers a command speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from natcbus.cli.failures import wrong_input
from natcbus.client import contexts


@dataclass(frozen=True, slots=True)
class Brokers:
    """An address, and kafka-python's connection arguments for it."""

    bootstrap: str
    security: Mapping[str, object] = field(default_factory=dict)


def brokers_of(bootstrap: str | None, context: str | None) -> Brokers:
    """The brokers that were named, else those of the context, with its security.

    Raises
    ------
    CommandError
        NO_BROKERS.
    IncompatibleError
        The context is not there, or wrong.
    """
    chosen = context or contexts.current_name()
    if chosen is None:
        if bootstrap is None:
            text = "name brokers with --bootstrap HOST:PORT, or a context with --context NAME"
            raise wrong_input("NO_BROKERS", text)
        return Brokers(bootstrap)
    found = contexts.load(chosen)
    return Brokers(bootstrap or found.bootstrap, found.security())
