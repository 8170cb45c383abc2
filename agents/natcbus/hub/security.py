"""How the hub proves to the brokers who it is, in the shape that Faust takes."""

from __future__ import annotations

from faust.auth import SASLCredentials, SSLCredentials

from natcbus.hub.settings import Security, Settings
from natcbus.hub.tls import tls_context


def credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """Return Faust's credentials for the brokers; None for a plain connection."""
    context = tls_context(settings) if settings.security.encrypted else None
    if settings.security.by_password:
        password = settings.sasl_password
        return SASLCredentials(
            username=settings.sasl_username,
            password=None if password is None else password.get_secret_value(),
            ssl_context=context,
            mechanism=settings.sasl_mechanism,
        )
    return SSLCredentials(context) if settings.security is Security.SSL else None
