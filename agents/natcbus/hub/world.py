"""What the hub decides under: the Network, everybody's public keys, and its own signing key.

The one place of the deciding half that reads files. A world never changes; a new version of the
Network is another world, which takes its place between two messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from natcbus.contract.catalogue import Catalogue, load_catalogue
from natcbus.contract.types.hub import NetworkRef
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadKeyError, KeyDirectoryError, MissingKeyError
from natcbus.envelope.keys import SigningKey
from natcbus.hub.errors import SettingsError
from natcbus.hub.records import NetworkInUse
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import is_network_file, load_network
from natcbus.routing.network import Network

KEYS: Final = "keys"
"""The folder of everybody's public keys, beside the Network's YAML."""

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
    def in_use(self) -> NetworkInUse:
        """Its version, and until when that holds."""
        return NetworkInUse(self.network.version, self.network.expires_at)

    @property
    def network_ref(self) -> NetworkRef:
        """How records name this network version."""
        return NetworkRef(version=self.network.version, digest=self.network.digest)


def load_world(network: Path, keys: Path | None, signing_key: Path) -> World:
    """The world of a hub, from its files.

    Parameters
    ----------
    network
        Directory of the Network's YAML.
    keys
        Directory of everybody's public keys, ``<member>.json`` and ``hub.json``; without it
        ``keys`` beside the YAML.
    signing_key
        The hub's private signing key (PEM).

    Raises
    ------
    SettingsError
        With the problems of all three, each with its file; none shows what is in a key.
    """
    keys = network / KEYS if keys is None else keys
    problems: list[str] = []
    policy = _attempt(
        lambda: load_network(_texts(network, is_network_file), load_catalogue().audiences), problems
    )
    directory = _attempt(lambda: KeyDirectory.parse(_texts(keys, _is_key_file)), problems)
    signer = _attempt(lambda: load_signer(signing_key), problems)
    if policy is None or directory is None or signer is None:
        raise SettingsError(problems)
    unlisted = unlisted_problem(signer, directory)
    if unlisted is not None:
        raise SettingsError([f"{keys}: {unlisted}"])
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


def load_signer(path: Path) -> SigningKey:
    """The hub's private signing key, from its file.

    Raises
    ------
    SettingsError
        It cannot be read.
    """
    try:
        return SigningKey.from_pem(path.read_bytes())
    except BadKeyError as error:
        raise SettingsError([f"{path}: {error.text}"]) from error
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error


def unlisted_problem(signer: SigningKey, directory: KeyDirectory) -> str | None:
    """Why nobody would believe what this key signs; None where all would."""
    try:
        listed = directory.hub_key()
    except MissingKeyError as error:
        return error.text
    if listed == signer.public:
        return None
    text = f"hub.json lists the key {listed.key_id} and the hub signs with {signer.key_id}"
    return f"{text}: recipients would refuse every delivery"


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
