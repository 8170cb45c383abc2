"""Says everything that is wrong with a Network: in its directory, or in a signed document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from natcbus.contract.catalogue import load_catalogue
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import DocumentRefusedError, KeyDirectoryError
from natcbus.envelope.network_document import NetworkDocument, verify
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.network_files import KEYS, read_document, read_network_files
from natcbus.routing.checking import check_network
from natcbus.routing.errors import Located, NetworkError
from natcbus.routing.network import Network
from natcbus.routing.signed import check_stated

_FIRST_LINE = 1


@dataclass(frozen=True, slots=True)
class CheckedNetwork:
    """What was found.

    Attributes
    ----------
    network
        None where the policy is wrong.
    document
        None for a directory, which nobody has signed.
    problems
        Sorted; empty where nothing is wrong.
    """

    network: Network | None
    document: NetworkDocument | None
    problems: tuple[Located, ...]


def check_directory(
    directory: Path, now: datetime, in_use: Network | None = None
) -> CheckedNetwork:
    """Look at policy and public keys of a directory.

    Parameters
    ----------
    in_use
        The version that it is to replace, where there is one.

    Raises
    ------
    NetworkUnreadableError
        A file cannot be read.
    """
    files = read_network_files(directory)
    policy = {str(directory / name): text for name, text in files.policy.items()}
    keys = {str(directory / KEYS / name): text for name, text in files.keys.items()}
    problems: list[Located] = []
    network = _policy(policy, now, in_use, problems)
    _keys(keys, problems)
    return CheckedNetwork(network, None, tuple(sorted(problems)))


def check_document(
    file: Path, secretariat: Secretariat, now: datetime, in_use: Network | None = None
) -> CheckedNetwork:
    """Look at signatures, expiry and content of a document; ``in_use`` as above.

    Raises
    ------
    NetworkUnreadableError
        The file cannot be read.
    DocumentRefusedError
        BAD_DOCUMENT: it is none.
    """
    document = read_document(file)
    problems: list[Located] = []
    network = _policy(_inside(file, document.files), now, in_use, problems)
    _keys(_inside(file, document.key_files), problems)
    _attempt(file, lambda: verify(document, secretariat.keys, now), problems)
    if network is not None:
        _attempt(file, lambda: check_stated(document, network), problems)
    return CheckedNetwork(network, document, tuple(sorted(problems)))


def _policy(
    files: Mapping[str, str], now: datetime, in_use: Network | None, problems: list[Located]
) -> Network | None:
    try:
        return check_network(files, load_catalogue().audiences, now, in_use)
    except NetworkError as error:
        problems.extend(error.problems)
        return None


def _keys(files: Mapping[str, str], problems: list[Located]) -> None:
    try:
        KeyDirectory.parse(files)
    except KeyDirectoryError as error:
        problems.extend(
            Located(each.file, _FIRST_LINE, each.code, each.text, each.fix)
            for each in error.problems
        )


def _inside(file: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a document, named so that one sees where they stand."""
    return {f"{file}/{name}": text for name, text in texts.items()}


def _attempt(file: Path, look: Callable[[], None], problems: list[Located]) -> None:
    try:
        look()
    except DocumentRefusedError as error:
        # That it has expired, its policy says with the line on which that stands.
        if error.code not in {each.code for each in problems}:
            problems.append(Located(str(file), _FIRST_LINE, error.code, error.what, error.fix))
