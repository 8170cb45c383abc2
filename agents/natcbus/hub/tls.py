"""How the hub makes sure of the brokers, and they of it, on an encrypted connection."""

from __future__ import annotations

import ssl

from natcbus.hub.settings import Settings


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
