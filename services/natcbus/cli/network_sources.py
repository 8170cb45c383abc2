"""Where a network comes from: a directory, a signed document, or the topic of a bus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from natcbus.cli.connections import brokers_of
from natcbus.cli.failures import refused, wrong_input
from natcbus.cli.inputs import network_directory
from natcbus.cli.output import Output
from natcbus.client import contexts
from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.public_files import SECRETARIAT_FILE
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.network_files import (
    read_document,
    read_network_files,
    read_secretariat,
    secretariat_file,
)
from natcbus.operations.network_publishing import published_networks
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network
from natcbus.routing.signed import open_network

TOPIC: Final = "topic"
"""Stands for what is on the bus."""

TrustedOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--trusted",
        metavar="FILE",
        envvar="NATCBUS_SECRETARIAT",
        help="The secretariat's public keys; else the context's, or beside the network.",
    ),
]


def network_of(
    where: str,
    trusted: Path | None,
    bootstrap: str | None,
    context: str | None,
    output: Output,
) -> Network:
    """The network in a directory or a document, or for ``topic`` the newest of ``hub.network``.

    A document is taken as it is; what comes from the bus counts only with its signatures.

    Raises
    ------
    CommandError
        NO_BROKERS, or NO_NETWORK: nothing that counts was published.
    OperationsError, NetworkError, EnvelopeError
        It cannot be read.
    """
    audiences = load_catalogue().audiences
    path = Path(where)
    if where == TOPIC and not path.exists():
        brokers = brokers_of(bootstrap, context)
        secretariat = secretariat_of(None, trusted, context, output)
        found = published_networks(brokers.bootstrap, secretariat, brokers.security)
        if found.log.latest is None:
            text = f"hub.network holds no version that counts ({len(found.refused)} refused)"
            raise refused("NO_NETWORK", f"{text}: see `natcbus network publish`")
        return open_network(found.log.latest, audiences).network
    if path.is_dir():
        files = read_network_files(path).policy
        return load_network({str(path / name): text for name, text in files.items()}, audiences)
    if not path.exists():
        text = f"{where} is neither a directory nor a signed document, and not the word {TOPIC}"
        raise wrong_input("NETWORK_UNREADABLE", text)
    return open_network(read_document(path), audiences).network


def secretariat_of(
    directory: Path | None, trusted: Path | None, context: str | None, output: Output
) -> Secretariat:
    """The secretariat's public keys: the file that was named, else the one beside the network.

    Parameters
    ----------
    directory
        Of the network, where there is one; else the context's.

    Raises
    ------
    NetworkUnreadableError, KeyDirectoryError
        It is not there, or malformed.
    """
    if trusted is not None:
        return read_secretariat(trusted)
    if directory is None:
        chosen = context or contexts.current_name()
        known = None if chosen is None else contexts.load(chosen)
        if known is not None and known.trusted is not None:
            return read_secretariat(known.trusted)
        if known is not None and known.public_keys is not None:
            return read_secretariat(known.public_keys / SECRETARIAT_FILE)
    return read_secretariat(secretariat_file(directory or network_directory(None, output, context)))
