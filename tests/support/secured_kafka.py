"""A Kafka that asks everybody who they are, and lets nobody do anything that was not granted.

One listener is as in production: encrypted, SCRAM, access control. The other one, plain, stands for
the host's own administration.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from natcbus.operations.reachable import LOOPBACK
from tests.support.certificates import certificate
from tests.support.kafka import CONTROLLED, Kafka

_SCRAM = "listener.name.host.scram-sha-512.sasl.jaas.config"


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """``bootstrap`` is the listener of everybody, ``administration`` the host's own."""

    bootstrap: str
    administration: str
    ca_file: Path


@contextmanager
def secured_kafka(passwords: Mapping[str, str]) -> Iterator[SecuredKafka]:
    """One node for as long as the block lasts, which knows these users."""
    folder = Path(tempfile.mkdtemp(prefix="natcbus-kafka-"))
    try:
        chain, key = certificate(folder)
        both = folder / "broker.pem"
        both.write_text(key.read_text("utf-8") + chain.read_text("utf-8"), "utf-8")
        kafka = Kafka(folder, replaced=_secured(both), passwords=passwords)
        try:
            kafka.start()
            yield SecuredKafka(f"{LOOPBACK}:{kafka.ports.host}", kafka.bootstrap, chain)
        finally:
            kafka.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _secured(own: Path) -> Mapping[str, str]:
    return {
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,HOST:SASL_SSL,CONTROLLER:PLAINTEXT",
        "listener.name.host.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        _SCRAM: "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "listener.name.host.ssl.keystore.type": "PEM",
        "listener.name.host.ssl.keystore.location": str(own),
        **CONTROLLED,
    }
