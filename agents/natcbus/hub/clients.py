"""How the hub's two small clients connect: the readers of ``hub.network`` and of its own group.

They use kafka-python, in threads of their own: what they wait for holds up no message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from natcbus.hub.settings import Settings
from natcbus.hub.tls import tls_context

ANSWER_MS: Final = 5_000
"""How long one question to a broker may stay open."""


def connection(settings: Settings) -> Mapping[str, object]:
    """Return kafka-python's arguments for a connection to the brokers."""
    found: dict[str, object] = {
        "bootstrap_servers": settings.bootstrap.split(","),
        "bootstrap_timeout_ms": ANSWER_MS,
        "request_timeout_ms": ANSWER_MS,
        "security_protocol": settings.security.value,
    }
    if settings.security.encrypted:
        found["ssl_context"] = tls_context(settings)
    if settings.security.by_password:
        password = settings.sasl_password
        found |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": None if password is None else password.get_secret_value(),
        }
    return found
