"""What a document of the Network says, once its signatures were verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from natcbus.contract.audience import Audience
from natcbus.envelope.certificates import certificate_time
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.network_document import NetworkDocument
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network


class OpenedNetwork(NamedTuple):
    """The policy and the public keys of one version."""

    network: Network
    keys: KeyDirectory


def open_network(document: NetworkDocument, audiences: Mapping[str, Audience]) -> OpenedNetwork:
    """The Network and the key directory of a document, which ``verify`` has accepted.

    Raises
    ------
    NetworkError
        The policy is wrong, each problem with its file in the document.
    KeyDirectoryError
        The public keys are.
    DocumentRefusedError
        DIGEST_MISMATCH: version, expiry or digest is not what the files say.
    """
    network = load_network(document.files, audiences)
    check_stated(document, network)
    return OpenedNetwork(network, KeyDirectory.parse(document.key_files))


def check_stated(document: NetworkDocument, network: Network) -> None:
    """Refuses a document whose files say something else than is stated beside them.

    Raises
    ------
    DocumentRefusedError
        DIGEST_MISMATCH.
    """
    if network.version != document.version:
        raise DocumentRefusedError.mismatch("version", document.version, network.version)
    if network.expires_at != document.expires_at:
        stated = certificate_time(document.expires_at)
        found = "none" if network.expires_at is None else certificate_time(network.expires_at)
        raise DocumentRefusedError.mismatch("expiry", stated, found)
    if network.digest != document.digest:
        raise DocumentRefusedError.mismatch("digest", document.digest.hex(), network.digest.hex())
