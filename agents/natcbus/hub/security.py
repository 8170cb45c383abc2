"""How the hub proves to the brokers who it is, in the shapes that Faust takes."""

from __future__ import annotations

import ssl

from faust.auth import SASLCredentials, SSLCredentials

from natcbus.hub.settings import Security, Settings


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


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return a context that verifies brokers, their host names included, by ``ca_file``."""
    context = ssl.create_default_context(
        ssl.Purpose.SERVER_AUTH,
        cafile=None if settings.ca_file is None else str(settings.ca_file),
    )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate_file is not None and settings.key_file is not None:
        context.load_cert_chain(settings.certificate_file, settings.key_file)
    return context
