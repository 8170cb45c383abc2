"""The directory of public keys: whom to believe, and whom to wrap for.

Who may sit in the directory, and with which root key, is decided where the Network is signed; from
there on each member's root speaks for its own keys and its desks'. The path reads the files beside
the Network's policy and believes the roots in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from natcbus.envelope.certificates import Use
from natcbus.envelope.errors import KeyDirectoryError, KeyProblem, MissingKeyError
from natcbus.envelope.ids import is_desk
from natcbus.envelope.keys import SealedTo, VerifyKey, key_id_of
from natcbus.envelope.public_files import (
    HUB_FILE,
    SECRETARIAT_FILE,
    MemberFile,
    read_hub_file,
    read_member_file,
)

_HUB = "hub"


@dataclass(frozen=True, slots=True)
class KeyDirectory:
    """Public keys of members, desks and the hub; every certificate was verified.

    Attributes
    ----------
    files
        What was read, by member.
    """

    files: Mapping[str, MemberFile]
    _signing: Mapping[str, VerifyKey] = field(repr=False)
    _sealing: Mapping[str, SealedTo] = field(repr=False)
    _hub: VerifyKey | None = field(repr=False)

    @classmethod
    def parse(cls, files: Mapping[str, str]) -> Self:
        """Reads the files of a directory, all or nothing.

        Parameters
        ----------
        files
            File name to text; ``hub.json`` is the hub's, any other is ``<member>.json``. An empty
            directory is one in which every key is missing. ``secretariat.json`` may lie there and
            is left alone: who signs the Network is no part of it.

        Raises
        ------
        KeyDirectoryError
            With every problem of every file: malformed JSON or shape, a certificate that its
            root did not sign, a subject of another member, a key or subject that stands twice.
        """
        problems: list[KeyProblem] = []
        hub, members = None, []
        for file in sorted(files):
            name = file.rpartition("/")[2]
            if name == SECRETARIAT_FILE:
                continue
            if name == HUB_FILE:
                hub = read_hub_file(file, files[file], problems)
            elif member := read_member_file(file, files[file], problems):
                members.append((file, member))
        problems.extend(_shared_keys(hub, members))
        problems.extend(_same_member(members))
        if problems:
            raise KeyDirectoryError(problems)
        return cls._of({member.member: member for _, member in members}, hub)

    @classmethod
    def _of(cls, members: Mapping[str, MemberFile], hub: VerifyKey | None) -> Self:
        certified = [each for member in members.values() for each in member.certificates]
        return cls(
            files=members,
            _signing={
                each.subject: VerifyKey(each.key) for each in certified if each.use is Use.SIGN
            },
            _sealing={
                each.subject: SealedTo(each.key) for each in certified if each.use is Use.SEAL
            },
            _hub=hub,
        )

    def signing_key(self, member: str) -> VerifyKey:
        """What a message of ``member`` is verified with.

        Raises
        ------
        MissingKeyError
            MISSING_KEY, as by every other look-up.
        """
        if member not in self._signing:
            raise MissingKeyError(member, "signing")
        return self._signing[member]

    def member_key(self, member: str) -> SealedTo:
        """What a member's own grant is wrapped for.

        Raises
        ------
        MissingKeyError
            There is none.
        """
        return self._sealing_key(member, belongs=not is_desk(member))

    def desk_key(self, desk: str) -> SealedTo:
        """What a desk's grant is wrapped for.

        Raises
        ------
        MissingKeyError
            There is none.
        """
        return self._sealing_key(desk, belongs=is_desk(desk))

    def hub_key(self) -> VerifyKey:
        """What a relay is verified with.

        Raises
        ------
        MissingKeyError
            There is none.
        """
        if self._hub is None:
            raise MissingKeyError(_HUB, "signing")
        return self._hub

    def _sealing_key(self, party: str, *, belongs: bool) -> SealedTo:
        if not belongs or party not in self._sealing:
            raise MissingKeyError(party, "sealing")
        return self._sealing[party]


def _shared_keys(
    hub: VerifyKey | None, members: list[tuple[str, MemberFile]]
) -> Iterator[KeyProblem]:
    owners: dict[str, str] = {hub.key_id: "the key of the hub"} if hub else {}
    for file, member in members:
        for owner, raw in _keys_of(member):
            other = owners.setdefault(key_id_of(raw), owner)
            if other != owner:
                text = f"{owner} is {other} too"
                fix = "make a key of its own for one of the two with `natcbus keys init`"
                yield KeyProblem(file, "SHARED_KEY", text, fix)


def _keys_of(member: MemberFile) -> Iterator[tuple[str, bytes]]:
    yield f"the root key of {member.member}", member.root.raw
    for each in member.certificates:
        yield f"the {each.use} key of {each.subject}", each.key


def _same_member(members: list[tuple[str, MemberFile]]) -> Iterator[KeyProblem]:
    first: dict[str, str] = {}
    for file, member in members:
        other = first.setdefault(member.member, file)
        if other != file:
            text = f"{member.member} has a file already: {other}"
            yield KeyProblem(file, "DUPLICATE", text, "keep the one in use")
