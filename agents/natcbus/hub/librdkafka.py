"""What librdkafka is told, to write for the hub and to read for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from natcbus.hub.settings import Profile, Settings

REQUEST_BYTES: Final = 2_097_152
"""Of one record: the largest that a broker takes from a member still fits into quarantine."""
QUEUED_KBYTES: Final = 65_536
"""Of records on their way out: then producing waits, and with it reading."""
FETCHED_BYTES: Final = 131_072
"""Of one partition in one answer: a flood comes in small pieces, and others' between them."""
ANSWER_BYTES: Final = 4_194_304
"""Of all partitions in one answer."""
UNREAD_KBYTES: Final = 8_192
"""Of records that librdkafka holds before the hub looks at them."""

_REQUEST_MS: Final = 30_000
_FETCH_MS: Final = 10_000
"""How long a frozen broker keeps a fetch before another leader is looked for."""
_SOON_MS: Final = 20

ClientSettings: TypeAlias = Mapping[str, str | int | bool]


def to_write(settings: Settings) -> ClientSettings:
    """Return what makes records durable on all replicas, in order, and never gives one up.

    A record that cannot be stored yet is tried for ever: the watchdog ends the process over it,
    and nothing else may, as the next record of its thread would overtake it.
    """
    idempotent = settings.profile is not Profile.EMBEDDED
    return {
        **_connection(settings),
        "acks": "all",
        # Without it only one request at a time keeps the order when it is retried. The embedded
        # broker has no producer ids to give.
        "enable.idempotence": idempotent,
        "max.in.flight": 5 if idempotent else 1,
        "message.timeout.ms": 0,
        # As every other client of Kafka places a key; librdkafka's own default is another one, and
        # the order within a thread would end with the change of a client.
        "partitioner": "murmur2_random",
        "linger.ms": 1,
        "message.max.bytes": REQUEST_BYTES,
        "request.timeout.ms": _REQUEST_MS,
        "socket.timeout.ms": _REQUEST_MS,
        "queue.buffering.max.kbytes": QUEUED_KBYTES,
    }


def to_read(settings: Settings) -> ClientSettings:
    """Return what fetches the partitions it is told, whole and in order, and commits nothing.

    It is no member of the group and only named after it, as that is the group which the hub's user
    has the right to use.
    """
    return {
        **_connection(settings),
        "group.id": settings.group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # What is gone or cut off shows as a hole to the window, which decides.
        "auto.offset.reset": "earliest",
        # An aborted record would be a hole; member topics are not transactional.
        "isolation.level": "read_uncommitted",
        "check.crcs": True,
        "fetch.wait.max.ms": settings.fetch_wait_ms,
        "fetch.message.max.bytes": FETCHED_BYTES,
        "fetch.max.bytes": ANSWER_BYTES,
        "queued.max.messages.kbytes": UNREAD_KBYTES,
        "fetch.queue.backoff.ms": _SOON_MS,
        "fetch.error.backoff.ms": _SOON_MS * 5,
        "socket.timeout.ms": _FETCH_MS,
    }


def _connection(settings: Settings) -> ClientSettings:
    return {
        "bootstrap.servers": settings.bootstrap,
        "client.id": settings.group_instance_id or settings.group,
        "socket.nagle.disable": True,
        "reconnect.backoff.max.ms": 1_000,
        **_security(settings),
    }


def _security(settings: Settings) -> ClientSettings:
    password = settings.sasl_password
    wanted = {
        "security.protocol": settings.security.value,
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.certificate_file,
        "ssl.key.location": settings.key_file,
    }
    if settings.security.by_password and password is not None:
        wanted |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username,
            "sasl.password": password.get_secret_value(),
        }
    return {name: str(value) for name, value in wanted.items() if value is not None}
