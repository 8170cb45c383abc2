"""Messages to simulate with: events in files, or what members put on their topics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import decode_message, unframe
from natcbus.contract.errors import DecodingError, InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import Defaults, parse_json, read_event
from natcbus.contract.types.core import Part
from natcbus.envelope.errors import PartRefusedError
from natcbus.envelope.ids import ENTROPY_BYTES, new_message_id
from natcbus.envelope.sign import SLIP, read_part
from natcbus.operations.errors import NetworkUnreadableError
from natcbus.operations.simulating import Message
from natcbus.operations.topic_reading import stored_records
from natcbus.routing.decide import NO_PRIOR
from natcbus.routing.decision import Prior
from natcbus.routing.network import Network

_NO_SECURITY: Final[Mapping[str, object]] = {}
_KINDS: Final = (".json", ".jsonl")
_UNKNOWN: Final = Problem("", "UNKNOWN_SCHEMA", "no event type of this contract")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that could not be read: where it stands, and the first thing that is wrong."""

    name: str
    problem: Problem


def messages_in(path: Path, network: Network, now: datetime) -> Iterator[Message | Unreadable]:
    """The events of a file, or of every ``.json`` and ``.jsonl`` file below a directory.

    A file holds one event, or one on each line. Lifetimes that an author left out are those of
    ``network``, and what has no time of sending is sent ``now``.

    Raises
    ------
    NetworkUnreadableError
        There is nothing to read.
    """
    if not path.is_dir():
        yield from _events(path, network, now)
        return
    found = [each for each in sorted(path.rglob("*")) if each.suffix in _KINDS]
    if not found:
        raise NetworkUnreadableError(path, "no .json or .jsonl file with events in it")
    for each in found:
        yield from _events(each, network, now)


def messages_on(
    bootstrap: str, topics: Sequence[str], security: Mapping[str, object] = _NO_SECURITY
) -> Iterator[Message | Unreadable]:
    """The messages that members put on their ``out`` topics, with the earlier recipients of each.

    Nothing sealed is opened. Signatures are not looked at: a forged record changes what is
    simulated and nothing else.

    Raises
    ------
    BrokerUnreachableError
        Nobody answered.
    TopicMissingError
        The brokers do not have one of the topics.
    """
    for record in stored_records(bootstrap, topics, security):
        place = f"{record.topic}/{record.partition}/{record.offset}"
        yield _decoded(place, record.value)


def _events(file: Path, network: Network, now: datetime) -> Iterator[Message | Unreadable]:
    try:
        with file.open("rb") as stream:
            first = stream.readline()
            whole = first if _is_json(first) else first + stream.read()
            if whole != first or not first:
                yield _event(str(file), whole, network, now)
                return
            yield _event(f"{file}:1", first, network, now)
            for number, line in enumerate(stream, start=2):
                if line.strip():
                    yield _event(f"{file}:{number}", line, network, now)
    except OSError as error:
        raise NetworkUnreadableError(file, error.strerror or "cannot be read") from error


def _is_json(line: bytes) -> bool:
    try:
        parse_json(line)
    except InvalidEventError:
        return False
    return True


def _event(place: str, text: bytes, network: Network, now: datetime) -> Message | Unreadable:
    defaults = Defaults(
        message_id=new_message_id(now, os.urandom(ENTROPY_BYTES)),
        thread_uuid=new_message_id(now, os.urandom(ENTROPY_BYTES)),
        sent_at=now,
        lifetimes=network.policy.lifetimes,
    )
    try:
        written = parse_json(text)
        read = read_event(written, load_catalogue(), defaults)
    except InvalidEventError as error:
        return Unreadable(place, error.problems[0])
    name = _stated_id(written) or place
    return Message(name, read.type.name, read.header, read.open, frozenset(read.sealed))


def _stated_id(event: Json) -> str | None:
    header = event.get("header") if isinstance(event, dict) else None
    stated = header.get("message_id") if isinstance(header, dict) else None
    return stated if isinstance(stated, str) else None


def _decoded(place: str, value: bytes) -> Message | Unreadable:
    try:
        schema_id, body = unframe(value)
        event_type = load_catalogue().by_schema_id(schema_id)
        if event_type is None:
            return Unreadable(place, _UNKNOWN)
        message = decode_message(event_type, body)
    except DecodingError as error:
        return Unreadable(place, Problem("", error.code, error.text))
    signed = message.signed
    return Message(
        name=signed.header.message_id,
        type=event_type.name,
        header=signed.header,
        open=signed.open,
        present=frozenset(seal.compartment for seal in signed.seals),
        prior=_prior(message.tail.slip),
    )


def _prior(slip: Part | None) -> Prior:
    if slip is None:
        return NO_PRIOR
    try:
        rows = read_part(SLIP, slip).prior
    except PartRefusedError:
        return NO_PRIOR
    return {row.desk: frozenset(row.compartments) for row in rows}
