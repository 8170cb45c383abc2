"""Makes a version of the Network that is signed: from its directory, one signature at a time.

Each of the secretariat signs what its own checkout says. So two people, each with a key and a
directory of their own, agree on every byte or the second one is told what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.network_document import NetworkDocument, check_time, sign, verify_signatures
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.errors import NoExpiryError, OtherContentError
from natcbus.operations.network_files import (
    KEYS,
    NetworkFiles,
    read_document,
    read_network_files,
    write_document,
)
from natcbus.routing.checking import check_network


def draw_up(directory: Path, now: datetime) -> NetworkDocument:
    """The version that a directory holds, without signatures; it begins to hold ``now``.

    Raises
    ------
    NetworkUnreadableError
        A file cannot be read.
    NetworkError
        The policy is wrong, has rules that cannot be meant, or has expired; each problem with file
        and line.
    KeyDirectoryError
        The public keys are wrong.
    MissingKeyError
        The hub has none: nobody could believe what it relays.
    NoExpiryError
        The network does not say until when it holds.
    DocumentRefusedError
        BAD_DOCUMENT: a file has a name that not every system can have.
    """
    files = read_network_files(directory)
    shown = {str(directory / name): text for name, text in files.policy.items()}
    network = check_network(shown, load_catalogue().audiences, now)
    _check_keys(directory, files)
    if network.expires_at is None:
        raise NoExpiryError(directory)
    return NetworkDocument(
        version=network.version,
        digest=network.digest,
        not_before=now,
        expires_at=network.expires_at,
        files=files.policy,
        key_files=files.keys,
    )


def sign_directory(
    directory: Path, file: Path, key: SigningKey, secretariat: Secretariat, now: datetime
) -> NetworkDocument:
    """Add one signature to the document in ``file``, which is begun where it is not there.

    Raises
    ------
    OperationsError, NetworkError, EnvelopeError
        As for ``draw_up``.
    OtherContentError
        The document that is there says something else than the directory.
    DocumentRefusedError
        UNTRUSTED_KEY: ``key`` is none of the secretariat's. BAD_SIGNATURE: one that is there does
        not hold.
    """
    if key.key_id not in secretariat.keys:
        raise DocumentRefusedError.untrusted(key.key_id)
    drawn = draw_up(directory, now)
    document = drawn
    if file.exists():
        document = read_document(file)
        verify_signatures(document, secretariat.keys, needed=0)
        check_time(document, now)
        other = tuple(_differences(document, drawn))
        if other:
            raise OtherContentError(file, other)
    signed = sign(document, key)
    write_document(signed, file)
    return signed


def _check_keys(directory: Path, files: NetworkFiles) -> None:
    shown = {str(directory / KEYS / name): text for name, text in files.keys.items()}
    KeyDirectory.parse(shown).hub_key()


def _differences(document: NetworkDocument, drawn: NetworkDocument) -> Iterator[str]:
    if document.version != drawn.version:
        yield f"version {document.version} there, {drawn.version} here"
        return
    yield from _different(document.files, drawn.files, "")
    yield from _different(document.key_files, drawn.key_files, f"{KEYS}/")


def _different(there: Mapping[str, str], here: Mapping[str, str], folder: str) -> Iterator[str]:
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            yield f"{folder}{name}"
