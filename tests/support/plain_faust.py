"""Faust workers as its manual shows them: each loses events in its own way.

``python -m tests.support.plain_faust WAY BROKER GROUP READS WRITES FOLDER`` runs one. Each copies
what it reads, ``event-0`` and so on, and meets something at one of them. The hub does none of this;
`tests/faults/test_plain_faust.py` shows both.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import faust
from faust.streams import Stream
from faust.types import TP, StreamT, TopicT
from mode import CrashingSupervisor

BAD: Final = b"event-2"
FIRST: Final = b"event-0"
TOO_LARGE: Final = 2_000_000
"""Bytes: more than the client takes."""
FOR_EVER_S: Final = 86_400.0

Way = Callable[[faust.App, TopicT, TopicT], None]


def raises(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F1: an agent that raises."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            if value == BAD:
                raise ValueError
            await (await writes.send(value=value))


def raises_unacknowledged(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F1b: an agent that acknowledges what it has done, and raises."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for event in cast(Stream[bytes], stream).noack().events():
            if event.value == BAD:
                raise ValueError
            await (await writes.send(value=event.value))
            event.ack()


def raises_and_crashes(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F1c: an agent whose exception ends the worker."""

    @app.agent(reads, supervisor_strategy=CrashingSupervisor)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            if value == BAD:
                raise ValueError
            await (await writes.send(value=value))


def decodes(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F2: an agent that leaves decoding to Faust."""
    decoded = app.topic(*reads.topics, value_serializer="json")

    @app.agent(decoded)
    async def route(stream: StreamT[Any]) -> None:
        async for value in stream:
            await (await writes.send(value=str(value).encode()))


def takes(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F3: an agent that takes several at a time, and raises."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for values in stream.take(5, within=1.0):
            for value in values:
                if value == BAD:
                    raise ValueError
                await (await writes.send(value=value))


def sends(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F4: an agent that awaits the sending, which is not the delivery."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            _ = await writes.send(value=value)


def sends_too_much(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F5: an agent whose result the client does not take."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            await (await writes.send(value=bytes(TOO_LARGE) if value == BAD else value))


def sends_soon(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F6: an agent that leaves sending to Faust's buffer, as tables do."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            _ = writes.send_soon(value=value)


def interrupted(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F7: a worker that does not wait for the event that it is at."""
    app.conf.stream_wait_empty = False
    _stays_at(BAD, app, reads, writes)


def side_by_side(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """F8: two agents side by side."""
    _stays_at(FIRST, app, reads, writes, concurrency=2)


def pauses(app: faust.App, reads: TopicT, writes: TopicT) -> None:
    """An agent that does not want more of a partition for a moment."""

    @app.agent(reads)
    async def route(stream: StreamT[bytes]) -> None:
        async for event in cast(Stream[bytes], stream).events():
            if event.value == FIRST:
                partition = {TP(event.message.topic, event.message.partition)}
                app.consumer.pause_partitions(partition)
                await asyncio.sleep(1.0)
                app.consumer.resume_partitions(partition)
                sys.stderr.write("resumed\n")
            await (await writes.send(value=event.value))


def _stays_at(
    where: bytes, app: faust.App, reads: TopicT, writes: TopicT, concurrency: int = 1
) -> None:
    @app.agent(reads, concurrency=concurrency)
    async def route(stream: StreamT[bytes]) -> None:
        async for value in stream:
            if value == where:
                await asyncio.sleep(FOR_EVER_S)
            await (await writes.send(value=value))


WAYS: Final[Mapping[str, Way]] = {
    way.__name__: way
    for way in (
        raises,
        raises_unacknowledged,
        raises_and_crashes,
        decodes,
        takes,
        sends,
        sends_too_much,
        sends_soon,
        interrupted,
        side_by_side,
        pauses,
    )
}


def main(arguments: Sequence[str]) -> None:
    way, broker, group, reads, writes, folder = arguments
    app = faust.App(
        group,
        broker=f"kafka://{broker}",
        datadir=folder,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        # Every 2.8 s by default, which only makes a test longer.
        broker_commit_interval=0.3,
    )
    WAYS[way](app, _raw(app, reads), _raw(app, writes))
    faust.Worker(app, loglevel="INFO", quiet=True).execute_from_commandline()


def _raw(app: faust.App, name: str) -> TopicT:
    return app.topic(name, value_type=bytes, value_serializer="raw")


if __name__ == "__main__":
    main(sys.argv[1:])
