"""How the SDK's clients connect: bounds on every wait, so that a caller is told in time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import (
    AuthorizationError,
    InvalidRecordError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    SaslAuthenticationFailedError,
)

from natcbus.client.contexts import Context
from natcbus.client.errors import IncompatibleError

BOOTSTRAP_MS: Final = 4_000
METADATA_MS: Final = 3_000
DELIVERY_MS: Final = 8_000
"""How long a record may be on its way before the publisher is told that the bus is away."""
ANSWER_MS: Final = 5_000
"""How long one question to a broker may stay open."""
FETCH_WAIT_MS: Final = 100
"""The embedded broker does not wake a waiting fetch; on Kafka the value does no harm."""
_GLANCE: Final = {"bootstrap_timeout_ms": 1_500, "request_timeout_ms": 1_500}
"""For a publisher that has waited already and is to be answered within its ten seconds."""
_ABANDON_SECONDS: Final = 0.5
_RECONNECT: Final = {
    # Half a minute by default: so long a desk would not notice that the bus is back.
    "reconnect_backoff_max_ms": 1_000,
}

PRODUCER: Final[Mapping[str, object]] = {
    **_RECONNECT,
    "acks": "all",
    "enable_idempotence": True,
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
    "max_block_ms": METADATA_MS,
    "request_timeout_ms": ANSWER_MS,
    "delivery_timeout_ms": DELIVERY_MS,
    "linger_ms": 0,
    "max_request_size": 524_288,
    "allow_auto_create_topics": False,
}
CONSUMER: Final[Mapping[str, object]] = {
    **_RECONNECT,
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
    "request_timeout_ms": ANSWER_MS,
    "fetch_max_wait_ms": FETCH_WAIT_MS,
    "enable_auto_commit": False,
    # A position that retention has passed means: go on at the oldest, never at the newest.
    "auto_offset_reset": "earliest",
    "group_id": None,
    "allow_auto_create_topics": False,
}

REFUSALS: Final = (AuthorizationError, SaslAuthenticationFailedError)
"""The broker is there and says no: trying again does not help."""
UNFIT: Final = (
    InvalidRecordError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
)
"""The broker does not take this record, and takes others."""


class Written(Protocol):
    """Where a record is durable."""

    topic: str
    partition: int
    offset: int


class Sending(Protocol):
    """The future of a record that was handed over."""

    def get(self, timeout: float) -> Written:
        """Waits until it is durable; raises what kept it from that."""


class Record(Protocol):
    """A record that was read; ``timestamp`` is in milliseconds."""

    offset: int
    timestamp: int
    value: bytes | None


class Producer(Protocol):
    """What the SDK uses of kafka-python's producer, which publishes no types."""

    def send(
        self, topic: str, *, key: bytes, value: bytes, headers: list[tuple[str, bytes]]
    ) -> Sending:
        """Hands a record over."""

    def close(self, timeout: float) -> None:
        """Closes it; raises KafkaTimeoutError with records pending."""


def open_producer(context: Context) -> Producer:
    """A producer of this context.

    Raises
    ------
    KafkaError
        The bus does not answer, or says no.
    IncompatibleError
        BAD_CONTEXT.
    """
    producer: Producer = _opened(context, KafkaProducer, PRODUCER)
    return producer


def open_consumer(context: Context) -> Any:  # noqa: ANN401 - kafka-python publishes no types
    """A consumer of this context, assigned to nothing yet.

    Raises
    ------
    KafkaError
        The bus does not answer, or says no.
    IncompatibleError
        BAD_CONTEXT.
    """
    return _opened(context, KafkaConsumer, CONSUMER)


def _opened(context: Context, kind: Any, settings: Mapping[str, object]) -> Any:  # noqa: ANN401
    made: list[Any] = []

    def client(**options: object) -> Any:  # noqa: ANN401
        made.append(kind.DEFAULT_CONFIG["kafka_client"](**options))
        return made[-1]

    servers, security = context.bootstrap.split(","), context.security()
    try:
        return kind(bootstrap_servers=servers, kafka_client=client, **settings, **security)
    except BaseException as error:
        # The library leaves a thread and sockets behind when its constructor fails.
        for each in made:
            each.close()
        if isinstance(error, OSError | ValueError):
            # A file of TLS that holds something else, or an address that is none.
            raise IncompatibleError.bad_context(context.name, str(error)) from error
        raise


def abandon(producer: Any) -> None:  # noqa: ANN401 - kafka-python publishes no types
    """Closes a producer and gives up what it still holds.

    Its own ``close`` leaves a thread behind when it has waited for that in vain.
    """
    producer._sender.force_close()  # noqa: SLF001 - nothing public does this
    with suppress(KafkaError):
        producer.close(timeout=_ABANDON_SECONDS)


def is_missing(context: Context, topic: str) -> bool:
    """Whether the bus answers and has no such topic for us; False where it does not answer.

    A producer waits for a topic that does not exist as for a broker that is away.
    """
    try:
        consumer = _opened(context, KafkaConsumer, {**CONSUMER, **_GLANCE})
    except KafkaError:
        return False
    try:
        return not consumer.partitions_for_topic(topic)
    except KafkaError:
        return False
    finally:
        with suppress(KafkaError):
            consumer.close()


def why(error: KafkaError, context: Context) -> str:
    """The cause of an answer that did not come, in a word or two."""
    name = type(error).__name__
    if context.username and name == "KafkaTimeoutError":
        return "timed out; where the brokers run, check user name and password"
    return "timed out" if name == "KafkaTimeoutError" else name
