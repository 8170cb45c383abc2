"""Quix Streams, at least once: a flush and a commit at each of its checkpoints."""

from __future__ import annotations

from typing import Any

from quixstreams import Application, message_context
from quixstreams.models import BytesSerializer

from natcbus.hub.records import Outbound
from tests.bench.frameworks.job import BATCH_BYTES, COMMIT_SECONDS, Read, Task, given_task


class _Value(BytesSerializer):  # type: ignore[misc] # the framework is not typed
    """The value of what our router made; its key and topic are asked for apart."""

    def __call__(self, value: Outbound, ctx: object) -> bytes:
        del ctx
        return value.value


def work(task: Task) -> None:
    """Works until the process is ended."""
    application = Application(
        broker_address=task.bootstrap,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_SECONDS,
        processing_guarantee="at-least-once",
        auto_create_topics=False,
        use_changelog_topics=False,
        producer_extra_config={
            "acks": "all",
            "enable.idempotence": True,
            "batch.size": BATCH_BYTES,
        },
        loglevel="WARNING",
    )
    topics: dict[str, Any] = {}
    do = task.job()

    def routed(value: bytes, key: bytes, timestamp: int, headers: object) -> tuple[Outbound, ...]:
        del headers
        at = message_context()
        return do(Read(at.topic, at.partition, at.offset, timestamp, key, value))

    def topic_of(out: Outbound, *_: object) -> Any:  # noqa: ANN401 - the framework is not typed
        if out.topic not in topics:
            topics[out.topic] = application.topic(
                out.topic, key_serializer="bytes", value_serializer=_Value()
            )
        return topics[out.topic]

    source = application.topic(task.source, key_deserializer="bytes", value_deserializer="bytes")
    outgoing = application.dataframe(source).apply(routed, expand=True, metadata=True)
    outgoing = outgoing.set_headers(lambda out, *_: list(out.headers))
    outgoing.to_topic(topic_of, key=lambda out: out.key)
    application.run()


if __name__ == "__main__":
    work(given_task())
