"""What the commands are handed: files, standard input, the network's directory, the time."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.cli.failures import wrong_input
from natcbus.cli.output import Output
from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import MAX_MESSAGE_BYTES
from natcbus.contract.reading import Defaults, Event, parse_json, read_event
from natcbus.envelope.ids import ENTROPY_BYTES, new_message_id
from natcbus.operations.examples import example_network
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network

STANDARD_INPUT: Final = "-"
# JSON is larger than Avro, a photograph by a third; more than this cannot become a message.
_MOST_BYTES: Final = 4 * MAX_MESSAGE_BYTES


def event_value(file: str) -> Json:
    """The JSON of an event in ``file``, or on standard input for ``-``.

    Raises
    ------
    CommandError
        FILE_UNREADABLE or FILE_TOO_LARGE.
    InvalidEventError
        It is not JSON.
    """
    return parse_json(_bytes(file))


def event_in(value: Json, network: Network, now: datetime) -> Event:
    """The event that ``value`` is, with what its author left out filled in.

    Raises
    ------
    InvalidEventError
        With every problem.
    """
    defaults = Defaults(
        message_id=new_message_id(now, os.urandom(ENTROPY_BYTES)),
        thread_uuid=new_message_id(now, os.urandom(ENTROPY_BYTES)),
        sent_at=now,
        lifetimes=network.policy.lifetimes,
    )
    return read_event(value, load_catalogue(), defaults)


def the_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def network_at(directory: Path | None, output: Output) -> Network:
    """The network in ``directory``, else the example network, which is then said.

    Raises
    ------
    CommandError
        NO_NETWORK or NETWORK_UNREADABLE.
    NetworkError
        Its YAML is wrong; every problem is located.
    """
    where = network_directory(directory)
    if directory is None:
        output.note("On the example network; --network DIR names another.")
    return load_network(network_files(where), load_catalogue().audiences)


def network_directory(directory: Path | None) -> Path:
    """The directory that was named, else that of the example network.

    Raises
    ------
    CommandError
        NO_NETWORK.
    """
    where = directory or example_network()
    if where is None:
        text = "name a directory of network YAML with --network DIR; no example is installed"
        raise wrong_input("NO_NETWORK", text)
    return where


def network_files(directory: Path) -> dict[str, str]:
    """The YAML of a network by the path to show for it.

    Raises
    ------
    CommandError
        NETWORK_UNREADABLE.
    """
    try:
        found = {
            str(file): file.read_text("utf-8")
            for file in sorted(directory.rglob("*"))
            if is_network_file(file.relative_to(directory).as_posix())
        }
    except (OSError, UnicodeDecodeError) as error:
        raise wrong_input("NETWORK_UNREADABLE", f"{directory}: {error}") from error
    if not found:
        text = f"{directory} is no directory with YAML files of a network"
        raise wrong_input("NETWORK_UNREADABLE", text)
    return found


def _bytes(file: str) -> bytes:
    try:
        if file == STANDARD_INPUT:
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise wrong_input("FILE_UNREADABLE", f"{file}: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        text = f"{file} has more than {_MOST_BYTES} bytes; no event is so large"
        raise wrong_input("FILE_TOO_LARGE", text)
    return content
