"""What the commands are handed: files, standard input, the network's directory, the time."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from natcbus.cli.failures import wrong_input
from natcbus.cli.output import Output
from natcbus.client import Context, contexts
from natcbus.client.composing import validate
from natcbus.client.threads import NEW_THREAD, Thread
from natcbus.client.world import World
from natcbus.client.worlds import worlds_of
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import MAX_MESSAGE_BYTES
from natcbus.contract.reading import Event
from natcbus.envelope.directory import KeyDirectory
from natcbus.operations.examples import example_network
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network

STANDARD_INPUT: Final = "-"
# JSON is larger than Avro, a photograph by a third; more than this cannot become a message.
_MOST_BYTES: Final = 4 * MAX_MESSAGE_BYTES


def event_text(file: str) -> bytes:
    """The JSON text of an event in ``file``, or on standard input for ``-``.

    Raises
    ------
    CommandError
        FILE_UNREADABLE or FILE_TOO_LARGE.
    """
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


def event_in(text: bytes, network: Network, now: datetime, thread: Thread = NEW_THREAD) -> Event:
    """The event that ``text`` is, with what its author left out filled in; ``thread`` helps.

    Raises
    ------
    RejectedError
        With every problem.
    """
    return validate(text, without_keys(network), now, os.urandom, thread)


def without_keys(network: Network) -> World:
    """What is needed to look at an event; it takes keys to send one."""
    return World(network, KeyDirectory.parse({}), load_catalogue())


def the_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def network_at(directory: Path | None, output: Output, context: str | None = None) -> Network:
    """The network in ``directory``, else the context's, else the example network; said which.

    Raises
    ------
    CommandError
        NO_NETWORK or NETWORK_UNREADABLE.
    IncompatibleError, UnavailableError
        There is no such context, or its network is on the bus and cannot be read.
    NetworkError
        Its YAML is wrong; every problem is located.
    """
    followed = _followed(context) if directory is None else None
    if followed is not None:
        with closing(worlds_of(followed)) as worlds:
            return worlds.current().network
    where = network_directory(directory, output, context)
    return load_network(network_files(where), load_catalogue().audiences)


def _followed(context: str | None) -> Context | None:
    """The context that is used, if its network comes from the bus."""
    chosen = context or contexts.current_name()
    found = None if chosen is None else contexts.load(chosen)
    return found if found is not None and found.follows else None


def network_directory(directory: Path | None, output: Output, context: str | None = None) -> Path:
    """The directory that ``network_at`` reads.

    Raises
    ------
    CommandError
        NO_NETWORK; also where the context takes its network from the bus.
    IncompatibleError
        There is no such context.
    """
    if directory is not None:
        return directory
    chosen = context or contexts.current_name()
    if chosen is not None:
        found = contexts.load(chosen)
        if found.follows:
            text = f"context {found.name} takes its network from the bus: name one with --network"
            raise wrong_input("NO_NETWORK", text)
        return found.network
    example = example_network()
    if example is None:
        text = "name a directory of network YAML with --network DIR; no example is installed"
        raise wrong_input("NO_NETWORK", text)
    output.note("On the example network; --network DIR names another.")
    return example


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
