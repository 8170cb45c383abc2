"""Ports of this machine, and whether a Kafka broker answers at an address."""

from __future__ import annotations

import secrets
import socket
import time
from typing import Final

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from natcbus.operations.errors import BrokerUnreachableError

LOOPBACK: Final = "127.0.0.1"
# Above 32767 the kernel gives ports to client sockets: one may be gone before the broker binds it.
_PORTS: Final = range(20_000, 32_768)
_ASK_AGAIN_S: Final = 0.02


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        return port


def listens(bootstrap: str) -> bool:
    """Tell whether something accepts connections at ``host:port``."""
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def cluster_id(bootstrap: str, within_s: float = 5.0) -> str:
    """Return what the broker at ``bootstrap`` calls its cluster.

    Asks again until it answers a Metadata request, which an open port alone does not promise.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered within ``within_s`` seconds.
    """
    give_up = time.monotonic() + within_s
    while (left := give_up - time.monotonic()) > 0:
        if listens(bootstrap):
            try:
                return _ask(bootstrap, left)
            except KafkaError:
                pass
        time.sleep(_ASK_AGAIN_S)
    raise BrokerUnreachableError(bootstrap, within_s)


def _ask(bootstrap: str, within_s: float) -> str:
    limit_ms = max(1, int(within_s * 1000))
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=limit_ms)
    try:
        return str(admin.describe_cluster()["cluster_id"])
    finally:
        admin.close()
