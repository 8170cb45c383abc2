"""Issues keys into files: private ones that only their owner may read, and public ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from natcbus.envelope.certificates import Use
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.issuing import (
    IssuedKeys,
    issue_desk_keys,
    issue_hub_keys,
    issue_member_keys,
    issue_secretariat_keys,
    private_file,
    root_file,
)
from natcbus.envelope.keys import SigningKey
from natcbus.operations.errors import KeysExistError, NotInNetworkError
from natcbus.routing.network import Network

HUB: Final = "hub"
HOLDERS: Final = ("secretariat-1", "secretariat-2")
"""Two people, so that nobody changes the Network alone."""
_SIGNS: Final = "what was signed with the old keys would count no longer."
_OWNER_ONLY_FOLDER: Final = 0o700
_OWNER_ONLY_FILE: Final = 0o600


@dataclass(frozen=True, slots=True)
class WrittenKeys:
    """The files that were written for one owner; ``private`` is empty when nothing was missing."""

    owner: str
    public: Path
    private: tuple[Path, ...]


def init_keys(
    owner: str, network: Network, private: Path, public: Path, now: datetime
) -> WrittenKeys:
    """Issue the keys of a member and its desks, or of the hub, and never touch one that exists.

    For a member that has keys already, desks that are new in the network get theirs; its root key
    must lie in ``private`` for that.

    Raises
    ------
    NotInNetworkError
        The network has no such member.
    KeysExistError
        There are keys of this owner that cannot be added to.
    KeyDirectoryError
        A public file that is there is wrong.
    """
    if owner == HUB:
        return _write(owner, issue_hub_keys(), private, public, replace=False)
    if owner not in network.members:
        raise NotInNetworkError(owner)
    desks = [desk.id for desk in network.desks.values() if desk.member == owner]
    published = public / f"{owner}.json"
    if not published.exists():
        issued = issue_member_keys(owner, desks, now)
        return _write(owner, issued, private, public, replace=False)
    root = private / root_file(owner)
    if not root.exists():
        raise KeysExistError(published)
    directory = KeyDirectory.parse({published.name: published.read_text("utf-8")})
    key = SigningKey.from_pem(root.read_bytes())
    issued = issue_desk_keys(directory, owner, key, desks, now)
    return _write(owner, issued, private, public, replace=True)


def init_every_key(
    network: Network, private: Path, public: Path, now: datetime
) -> Mapping[str, WrittenKeys]:
    """Issue the keys of the hub and of every member, each owner's into a folder of its own.

    For one machine that plays them all: the demo and tests.
    """
    owners: Iterable[str] = (HUB, *network.members)
    return {owner: init_keys(owner, network, private / owner, public, now) for owner in owners}


def init_secretariat(private: Path, public: Path) -> tuple[WrittenKeys, ...]:
    """Issue the keys that sign the Network, each holder's into a folder of its own.

    Whoever runs a node or the hub gets the public file once, from the secretariat itself.

    Raises
    ------
    KeysExistError
        There are such keys already.
    """
    issued = issue_secretariat_keys(HOLDERS)
    folders = {holder: private / holder for holder in HOLDERS}
    for holder, folder in folders.items():
        key = folder / private_file(holder, Use.SIGN)
        _refuse_existing([public / issued.public_name, key], _SIGNS)
    written = []
    for holder, folder in folders.items():
        own = private_file(holder, Use.SIGN)
        mine = IssuedKeys({own: issued.private[own]}, issued.public_name, issued.public)
        written.append(_write(holder, mine, folder, public, replace=True))
    return tuple(written)


def _write(
    owner: str, issued: IssuedKeys, private: Path, public: Path, *, replace: bool
) -> WrittenKeys:
    public_file = public / issued.public_name
    _refuse_existing([*([] if replace else [public_file]), *(private / n for n in issued.private)])
    private.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    public.mkdir(parents=True, exist_ok=True)
    for name, pem in issued.private.items():
        _create(private / name, pem)
    if issued.private or not public_file.exists():
        # Whoever reads the directory meanwhile sees the old file or the new one, never half of it.
        fresh = public_file.with_suffix(".new")
        fresh.write_text(issued.public, "utf-8")
        fresh.replace(public_file)
    return WrittenKeys(owner, public_file, tuple(private / name for name in sorted(issued.private)))


def _refuse_existing(files: Iterable[Path], why: str = "") -> None:
    for file in files:
        if file.exists():
            raise KeysExistError(file, why)


def _create(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
