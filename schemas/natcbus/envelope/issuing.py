"""Issuing keys: what ``natcbus keys init`` writes, as texts. No files and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from natcbus.contract.formats import FORMATS
from natcbus.envelope.certificates import Use, certify
from natcbus.envelope.directory import KeyDirectory
from natcbus.envelope.errors import BadIdError, BadKeyError, MissingKeyError
from natcbus.envelope.ids import is_desk, is_member, member_of
from natcbus.envelope.keys import SealingKey, SigningKey
from natcbus.envelope.public_files import (
    HUB_FILE,
    SECRETARIAT_FILE,
    MemberFile,
    SecretariatKey,
    hub_text,
    secretariat_text,
)

_TAKEN = frozenset({HUB_FILE, SECRETARIAT_FILE})


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """New private keys and the public file that goes with them.

    Attributes
    ----------
    private
        File name to PEM: ``rs.root.pem``, ``rs.sign.pem``, ``rs.seal.pem``, ``rs.spoc.seal.pem``.
        Only the owner may read these, and the root's belongs off the machine.
    public_name
        ``rs.json`` or ``hub.json``.
    public
        Its text, for the directory beside the Network's policy.
    """

    private: Mapping[str, bytes] = field(repr=False)
    public_name: str
    public: str


def private_file(subject: str, use: Use) -> str:
    """The file name of a private key."""
    return f"{subject}.{use}.pem"


def root_file(member: str) -> str:
    """The file name of a member's private root key."""
    return f"{member}.root.pem"


def issue_member_keys(member: str, desks: Iterable[str], now: datetime) -> IssuedKeys:
    """A root, the member's own two keys, and one for each of its desks.

    Raises
    ------
    BadIdError
        ``member`` is no member, a desk is not one of its desks, or ``now`` is not aware.
    """
    if not is_member(member) or f"{member}.json" in _TAKEN:
        raise BadIdError("a member code such as rs", member)
    root, signing, sealing = SigningKey.generate(), SigningKey.generate(), SealingKey.generate()
    own = (
        certify(member, signing.public, now, root),
        certify(member, sealing.public, now, root),
    )
    private = {
        root_file(member): root.to_pem(),
        private_file(member, Use.SIGN): signing.to_pem(),
        private_file(member, Use.SEAL): sealing.to_pem(),
    }
    issued = _with_desks(MemberFile(member, root.public, own), root, desks, now)
    return IssuedKeys({**private, **issued.private}, issued.public_name, issued.public)


def issue_desk_keys(
    directory: KeyDirectory, member: str, root: SigningKey, desks: Iterable[str], now: datetime
) -> IssuedKeys:
    """Keys for those of ``desks`` that ``member`` has none for yet; nothing else changes.

    Raises
    ------
    MissingKeyError
        ``member`` is not in the directory.
    BadKeyError
        ``root`` is not its root key.
    BadIdError
        A desk is not one of its desks, or ``now`` is not aware.
    """
    if member not in directory.files:
        raise MissingKeyError(member, "root")
    file = directory.files[member]
    if file.root != root.public:
        raise BadKeyError(f"the root key of {member}")
    return _with_desks(file, root, desks, now)


def issue_hub_keys() -> IssuedKeys:
    """The hub's signing key."""
    signing = SigningKey.generate()
    private = {private_file("hub", Use.SIGN): signing.to_pem()}
    return IssuedKeys(private, HUB_FILE, hub_text(signing.public))


def issue_secretariat_keys(holders: Iterable[str]) -> IssuedKeys:
    """A key for each of those who sign the Network, and the file that everybody else pins.

    Raises
    ------
    BadIdError
        A holder's name is no short word.
    """
    keys = {_holder(holder): SigningKey.generate() for holder in holders}
    private = {private_file(holder, Use.SIGN): key.to_pem() for holder, key in keys.items()}
    listed = (SecretariatKey(holder, key.public) for holder, key in keys.items())
    return IssuedKeys(private, SECRETARIAT_FILE, secretariat_text(listed))


def _holder(name: str) -> str:
    if not FORMATS["word"].accepts(name):
        raise BadIdError("letters, digits, '.', '-' and '_'", name)
    return name


def _with_desks(
    file: MemberFile, root: SigningKey, desks: Iterable[str], now: datetime
) -> IssuedKeys:
    wanted = set(desks)
    for desk in wanted:
        if not is_desk(desk) or member_of(desk) != file.member:
            raise BadIdError(f"a desk of {file.member}", desk)
    certificates = list(file.certificates)
    private = {}
    for desk in sorted(wanted - {each.subject for each in certificates}):
        key = SealingKey.generate()
        private[private_file(desk, Use.SEAL)] = key.to_pem()
        certificates.append(certify(desk, key.public, now, root))
    whole = MemberFile(file.member, file.root, tuple(certificates))
    return IssuedKeys(private, f"{file.member}.json", whole.to_text())
