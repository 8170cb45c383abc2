"""How the SDK's clients connect: bounds on every wait, so that a caller is told in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BOOTSTRAP_MS: Final = 4_000
DELIVERY_MS: Final = 8_000
"""How long a record may be on its way before the publisher is told that the bus is away."""
FETCH_WAIT_MS: Final = 100
"""The embedded broker does not wake a waiting fetch; on Kafka the value does no harm."""

PRODUCER: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable_idempotence": True,
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
    "max_block_ms": BOOTSTRAP_MS,
    "request_timeout_ms": 5_000,
    "delivery_timeout_ms": DELIVERY_MS,
    "linger_ms": 0,
    "max_request_size": 524_288,
}
CONSUMER: Final[Mapping[str, object]] = {
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
    "request_timeout_ms": 10_000,
    "fetch_max_wait_ms": FETCH_WAIT_MS,
    "enable_auto_commit": False,
    # A position that retention has passed means: go on at the oldest, never at the newest.
    "auto_offset_reset": "earliest",
    "group_id": None,
}
