"""The files of a Network on disk: policy, public keys, the secretariat's keys, signed documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from natcbus.envelope.network_document import MAX_DOCUMENT_BYTES, NetworkDocument
from natcbus.envelope.public_files import SECRETARIAT_FILE
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.errors import NetworkUnreadableError
from natcbus.routing.loading import is_network_file

KEYS: Final = "keys"
"""The folder of public keys in a network's directory."""


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """The text of every file, by its name as seen from the directory it belongs to.

    Attributes
    ----------
    policy
        YAML.
    keys
        JSON: ``<member>.json`` and ``hub.json``; none where the directory has no keys.
    """

    policy: Mapping[str, str]
    keys: Mapping[str, str]


def read_network_files(directory: Path) -> NetworkFiles:
    """The files of a network's directory; hidden ones, schema and ``secretariat.json`` left out.

    Raises
    ------
    NetworkUnreadableError
        There is no policy, or a file is no UTF-8 text.
    """
    policy = _texts(directory, is_network_file)
    if not policy:
        raise NetworkUnreadableError(directory, "no directory with YAML files of a network")
    return NetworkFiles(policy, read_keys(directory / KEYS))


def read_keys(directory: Path) -> Mapping[str, str]:
    """The files of public keys in a directory, ``secretariat.json`` left out; none without it.

    Raises
    ------
    NetworkUnreadableError
        A file is no UTF-8 text.
    """
    return _texts(directory, _is_key_file)


def read_document(file: Path) -> NetworkDocument:
    """A signed version of the network, whose signatures are not looked at.

    Raises
    ------
    NetworkUnreadableError
        There is no such file.
    DocumentRefusedError
        BAD_DOCUMENT.
    """
    try:
        with file.open("rb") as stream:
            return NetworkDocument.from_bytes(stream.read(MAX_DOCUMENT_BYTES + 1))
    except OSError as error:
        raise NetworkUnreadableError(file, error.strerror or "cannot be read") from error


def write_document(document: NetworkDocument, file: Path) -> None:
    """Write a document; whoever reads meanwhile sees the old file or the new one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(document.to_bytes())
    fresh.replace(file)


def secretariat_file(directory: Path) -> Path:
    """Where the secretariat's public keys lie in a network's directory."""
    return directory / KEYS / SECRETARIAT_FILE


def read_secretariat(file: Path) -> Secretariat:
    """The secretariat's public keys.

    Raises
    ------
    NetworkUnreadableError
        There is no such file.
    KeyDirectoryError
        It is malformed.
    """
    try:
        return Secretariat.parse(str(file), file.read_text("utf-8"))
    except FileNotFoundError as error:
        why = "not there; name the file of the secretariat's public keys with `--trusted`"
        raise NetworkUnreadableError(file, why) from error
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkUnreadableError(file, "cannot be read as UTF-8 text") from error


def _is_key_file(name: str) -> bool:
    return (
        "/" not in name
        and name.endswith(".json")
        and not name.startswith(".")
        and name != SECRETARIAT_FILE
    )


def _texts(directory: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    found = {file.relative_to(directory).as_posix(): file for file in directory.rglob("*")}
    return {
        name: _text(found[name]) for name in sorted(found) if wanted(name) and found[name].is_file()
    }


def _text(file: Path) -> str:
    try:
        # Line ends as they are: a document's bytes must not depend on the machine.
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkUnreadableError(file, "cannot be read as UTF-8 text") from error
