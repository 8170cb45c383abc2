"""The versions of the Network that are at hand: from directories, documents, and the bus itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import EnvelopeError
from natcbus.envelope.network_log import NetworkLog
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.network_files import read_document, read_keys, read_network_files
from natcbus.operations.topic_reading import stored_records
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import load_network
from natcbus.routing.signed import OpenedNetwork, open_network
from natcbus.routing.topics import NETWORK


def rules_in(where: Path, public_keys: Path | None = None) -> OpenedNetwork:
    """The version in a directory of network YAML, or in a signed document, which is taken as it is.

    ``public_keys`` is where a directory's keys lie, where that is not ``keys`` in it.

    Raises
    ------
    NetworkUnreadableError, NetworkError, KeyDirectoryError, DocumentRefusedError
        It cannot be read.
    """
    audiences = load_catalogue().audiences
    if where.is_file():
        return open_network(read_document(where), audiences)
    files = read_network_files(where)
    policy = {str(where / name): text for name, text in files.policy.items()}
    keys = files.keys if public_keys is None else read_keys(public_keys)
    return OpenedNetwork(load_network(policy, audiences), KeyDirectory.parse(keys))


def published_rules(
    bootstrap: str, secretariat: Secretariat, security: Mapping[str, object]
) -> Iterator[OpenedNetwork]:
    """Every version on ``hub.network`` that counts, also those that were replaced since.

    Raises
    ------
    BrokerUnreachableError, TopicMissingError
        It cannot be read.
    """
    log = NetworkLog(secretariat.keys)
    for record in stored_records(bootstrap, [NETWORK], security):
        try:
            yield open_network(log.add(record.value), load_catalogue().audiences)
        except (EnvelopeError, NetworkError):
            # No hub used it either; a decision that names it all the same is found out.
            continue
