"""What a member's side knows of the Network, read from files: policy, public keys, contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from natcbus.client.errors import IncompatibleError
from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import KeyDirectoryError
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network


@dataclass(frozen=True, slots=True)
class World:
    """One version of the Network with its public keys, and the contract of this installation."""

    network: Network
    keys: KeyDirectory
    catalogue: Catalogue


def read_world(network: Path, keys: Path | None = None) -> World:
    """The world from a directory of network YAML.

    ``keys`` is the directory of public keys, ``<network>/keys`` where it is not given. Without any
    keys there one can still validate and preview.

    Raises
    ------
    IncompatibleError
        BAD_NETWORK, with every problem that was found.
    """
    return World(read_network(network), read_keys(keys or network / "keys"), load_catalogue())


def read_network(directory: Path) -> Network:
    """The policy of a directory of network YAML.

    Raises
    ------
    IncompatibleError
        BAD_NETWORK.
    """
    files = _texts(directory, is_network_file)
    try:
        return load_network(files, load_catalogue().audiences)
    except NetworkError as error:
        raise IncompatibleError.bad_network(f"{directory}: {error}") from error


def read_keys(directory: Path) -> KeyDirectory:
    """The public keys of a directory; none if there is no such directory.

    Raises
    ------
    IncompatibleError
        BAD_NETWORK.
    """
    files = _texts(directory, _is_key_file) if directory.is_dir() else {}
    try:
        return KeyDirectory.parse(files)
    except KeyDirectoryError as error:
        raise IncompatibleError.bad_network(f"{directory}: {error}") from error


def _is_key_file(name: str) -> bool:
    return "/" not in name and name.endswith(".json") and not name.startswith(".")


def _texts(directory: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    if not directory.is_dir():
        raise IncompatibleError.bad_network(f"{directory} is no directory")
    found = {path.relative_to(directory).as_posix(): path for path in sorted(directory.rglob("*"))}
    try:
        return {
            name: path.read_text("utf-8")
            for name, path in found.items()
            if path.is_file() and wanted(name)
        }
    except (OSError, UnicodeDecodeError) as error:
        raise IncompatibleError.bad_network(f"{directory}: {error}") from error
