"""What the hub knows when it starts: the Network, everybody's public keys, and its own signing key.

The one place of the deciding half that reads files. Nothing here changes while the process runs: a
new version of the Network restarts the workers one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.contract.types.hub import NetworkRef
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadKeyError, KeyDirectoryError, MissingKeyError
from natcbus.envelope.keys import SigningKey
from natcbus.hub.errors import SettingsError
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """What every decision of this process is taken under.

    Attributes
    ----------
    signer
        Signs relays; the directory lists its public half.
    catalogue
        The contract: this installation's own, and other minor versions that it can read.
    """

    network: Network
    keys: KeyDirectory
    signer: SigningKey = field(repr=False)
    catalogue: Catalogue = field(default_factory=load_catalogue, repr=False)

    @property
    def network_ref(self) -> NetworkRef:
        """How records name this network version."""
        return NetworkRef(version=self.network.version, digest=self.network.digest)


def load_world(network: Path, keys: Path, signing_key: Path) -> World:
    """The world of a hub, from its files.

    Parameters
    ----------
    network
        Directory of the Network's YAML.
    keys
        Directory of everybody's public keys, ``<member>.json`` and ``hub.json``.
    signing_key
        The hub's private signing key (PEM).

    Raises
    ------
    SettingsError
        With the problems of all three, each with its file; none shows what is in a key.
    """
    problems: list[str] = []
    policy = _attempt(
        lambda: load_network(_texts(network, is_network_file), load_catalogue().audiences), problems
    )
    directory = _attempt(lambda: KeyDirectory.parse(_texts(keys, _is_key_file)), problems)
    signer = _attempt(lambda: _signer(signing_key), problems)
    if policy is None or directory is None or signer is None:
        raise SettingsError(problems)
    _check_listed(signer, directory, keys)
    return World(policy, directory, signer)


def _attempt(load: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return load()
    except NetworkError as error:
        problems.extend(map(str, error.problems))
    except KeyDirectoryError as error:
        problems.extend(
            f"{each.file}: {each.code}: {each.text}; {each.fix}" for each in error.problems
        )
    except SettingsError as error:
        problems.extend(error.problems)
    return None


def _signer(path: Path) -> SigningKey:
    try:
        return SigningKey.from_pem(path.read_bytes())
    except BadKeyError as error:
        raise SettingsError([f"{path}: {error.text}"]) from error
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error


def _check_listed(signer: SigningKey, directory: KeyDirectory, keys: Path) -> None:
    try:
        listed = directory.hub_key()
    except MissingKeyError as error:
        raise SettingsError([f"{keys}: {error.text}"]) from error
    if listed != signer.public:
        text = f"hub.json lists the key {listed.key_id} and the hub signs with {signer.key_id}"
        raise SettingsError([f"{keys}: {text}: recipients would refuse every delivery"])


def _texts(directory: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """The text of each wanted file, by its name as seen from ``directory``."""
    if not directory.is_dir():
        raise SettingsError([f"{directory}: no such directory"])
    files = {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if path.is_file()
    }
    return {name: _text(files[name]) for name in sorted(files) if wanted(name)}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            [f"{path}: cannot be read as UTF-8 text ({type(error).__name__})"]
        ) from error


def _is_key_file(name: str) -> bool:
    return "/" not in name and name.endswith(".json") and not name.startswith(".")
