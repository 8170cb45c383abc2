"""The files of the directory of public keys: one per member, ``hub.json``, ``secretariat.json``.

Every problem of a file is found in one pass, each with what to do about it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from natcbus.contract.assembly import Json
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.formats import FORMATS
from natcbus.contract.reading import parse_json
from natcbus.envelope.certificates import Certificate, Use, certificate_time
from natcbus.envelope.errors import BadKeyError, KeyProblem
from natcbus.envelope.ids import is_desk, is_member, member_of
from natcbus.envelope.keys import SealedTo, VerifyKey, raw_from_base64

HUB_FILE: Final = "hub.json"
"""No member can be called ``hub``: this file is taken."""
SECRETARIAT_FILE: Final = "secretariat.json"
"""Nor ``secretariat``. It is pinned by whoever verifies, and no part of what it makes valid."""

_SIGNATURE_BYTES: Final = 64
_MAKE_ANEW: Final = "let its owner issue the file again with `natcbus keys init`"
_SEE_SHAPE: Final = "see docs/wire.md, section Certificates"

K = TypeVar("K", VerifyKey, SealedTo)


@dataclass(frozen=True, slots=True)
class MemberFile:
    """The public keys of one member."""

    member: str
    root: VerifyKey
    certificates: tuple[Certificate, ...]

    def to_text(self) -> str:
        """The file."""
        value = {
            "member": self.member,
            "root": {"key": self.root.to_base64()},
            "certificates": [certificate.to_json() for certificate in self.certificates],
        }
        return json.dumps(value, indent=2) + "\n"


def hub_text(key: VerifyKey) -> str:
    """The file ``hub.json``."""
    return json.dumps({"hub": {"key": key.to_base64()}}, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class SecretariatKey:
    """One of the keys that sign the Network, and the name of who holds it, for people."""

    holder: str
    key: VerifyKey


def secretariat_text(keys: Iterable[SecretariatKey]) -> str:
    """The file ``secretariat.json``."""
    listed = [{"holder": each.holder, "key": each.key.to_base64()} for each in keys]
    return json.dumps({"secretariat": listed}, indent=2) + "\n"


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """What is wrong with one object of a file, and what to do."""

    def __init__(self, code: str, text: str, fix: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.fix = fix


def read_hub_file(file: str, text: str, problems: list[KeyProblem]) -> VerifyKey | None:
    """The hub's signing key, or None after a report."""
    try:
        whole = _object(_parsed(text), {"hub"}, "the file")
        return _ed25519(_object(whole["hub"], {"key"}, "hub"), "hub")
    except _Wrong as wrong:
        problems.append(_located(file, wrong))
        return None


def read_secretariat_file(
    file: str, text: str, problems: list[KeyProblem]
) -> tuple[SecretariatKey, ...]:
    """The keys that sign the Network; none after a report."""
    try:
        listed = _object(_parsed(text), {"secretariat"}, "the file")["secretariat"]
        if not isinstance(listed, list):
            raise _shape("secretariat is a list")
        keys = tuple(
            _secretariat_key(value, f"key {number}") for number, value in enumerate(listed, start=1)
        )
        _check_distinct(keys)
    except _Wrong as wrong:
        problems.append(_located(file, wrong))
        return ()
    return keys


def _check_distinct(keys: Collection[SecretariatKey]) -> None:
    if len({each.key.raw for each in keys}) < len(keys):
        text = "one key stands here twice, so one person could sign for two"
        raise _Wrong("SHARED_KEY", text, "give each holder a key of its own")
    if len({each.holder for each in keys}) < len(keys):
        raise _Wrong("DUPLICATE", "one holder stands here twice", "keep the key in use")


def _secretariat_key(value: Json, at: str) -> SecretariatKey:
    fields = _texts(_object(value, {"holder", "key"}, at), at)
    if not FORMATS["word"].accepts(fields["holder"]):
        raise _shape(f"{at}: holder is {FORMATS['word'].looks_like}")
    return SecretariatKey(fields["holder"], _ed25519({"key": fields["key"]}, at))


def read_member_file(file: str, text: str, problems: list[KeyProblem]) -> MemberFile | None:
    """A member's file with the certificates that hold, or None where not even a root is there."""
    try:
        whole = _object(_parsed(text), {"member", "root", "certificates"}, "the file")
        member = _member(whole["member"], file)
        root = _ed25519(_object(whole["root"], {"key"}, "root"), "root")
        listed = whole["certificates"]
        if not isinstance(listed, list):
            raise _shape("certificates is a list")
    except _Wrong as wrong:
        problems.append(_located(file, wrong))
        return None
    certificates = []
    for number, value in enumerate(listed, start=1):
        try:
            certificates.append(_certificate(value, f"certificate {number}", member, root))
        except _Wrong as wrong:
            problems.append(_located(file, wrong))
    problems.extend(_located(file, wrong) for wrong in _duplicates(certificates))
    return MemberFile(member, root, tuple(certificates))


def _certificate(value: Json, at: str, member: str, root: VerifyKey) -> Certificate:
    fields = _texts(_object(value, {"subject", "use", "key", "not_before", "signature"}, at), at)
    subject, use = fields["subject"], _use(fields["use"], at)
    _check_subject(subject, use, member, at)
    certificate = Certificate(
        subject=subject,
        use=use,
        key=_certified(use, fields["key"], at),
        not_before=_time(fields["not_before"], at),
        signature=_signature(fields["signature"], at),
    )
    if not certificate.holds(root):
        text = f"{at}: the root key of {member} did not sign it for {subject} ({use})"
        raise _Wrong("BAD_CERTIFICATE", text, _MAKE_ANEW)
    return certificate


def _check_subject(subject: str, use: Use, member: str, at: str) -> None:
    if not (is_member(subject) or is_desk(subject)):
        raise _Wrong("BAD_SUBJECT", f"{at}: {subject!r} is neither a member nor a desk", _SEE_SHAPE)
    if member_of(subject) != member:
        text = f"{at}: {subject} does not belong to {member}"
        raise _Wrong("FOREIGN_SUBJECT", text, f"move it to {member_of(subject)}.json")
    if use is Use.SIGN and is_desk(subject):
        raise _Wrong("BAD_USE", f"{at}: desks open, members sign", f"certify it for {member}")


def _duplicates(certificates: Iterable[Certificate]) -> Iterable[_Wrong]:
    seen = set()
    for certificate in certificates:
        what = (certificate.subject, certificate.use)
        if what in seen:
            text = f"{certificate.subject} has two keys to {certificate.use}"
            yield _Wrong("DUPLICATE", text, "keep the certificate of the key in use")
        seen.add(what)


def _parsed(text: str) -> Json:
    try:
        return parse_json(text)
    except InvalidEventError as error:
        first = error.problems[0]
        raise _Wrong(first.code, first.text, "write strict JSON, each name once") from error


def _object(value: Json, names: Collection[str], at: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _shape(f"{at} is an object")
    if value.keys() != set(names):
        raise _shape(f"{at} has exactly the fields {', '.join(sorted(names))}")
    return value


def _texts(fields: Mapping[str, Json], at: str) -> dict[str, str]:
    found = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(found) != len(fields):
        raise _shape(f"{at}: every field is a text")
    return found


def _member(value: Json, file: str) -> str:
    name = file.rpartition("/")[2]
    if not isinstance(value, str) or not is_member(value):
        raise _shape("member is a member code such as rs")
    if name != f"{value}.json":
        text = f"the file of member {value} is called {name}"
        raise _Wrong("WRONG_FILE_NAME", text, f"call it {value}.json")
    return value


def _ed25519(fields: dict[str, Json], at: str) -> VerifyKey:
    return _key(VerifyKey, _texts(fields, at)["key"], at)


def _key(kind: type[K], text: str, at: str) -> K:
    try:
        return kind(raw_from_base64(text))
    except BadKeyError as error:
        raise _Wrong("BAD_KEY", f"{at}: {error.text}", _MAKE_ANEW) from error


def _certified(use: Use, text: str, at: str) -> bytes:
    key = _key(VerifyKey, text, at) if use is Use.SIGN else _key(SealedTo, text, at)
    return key.raw


def _use(text: str, at: str) -> Use:
    try:
        return Use(text)
    except ValueError as error:
        raise _Wrong("BAD_USE", f"{at}: use is sign or seal", _SEE_SHAPE) from error


def _time(text: str, at: str) -> datetime:
    try:
        instant = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        instant = None
    if instant is None or certificate_time(instant) != text:
        raise _Wrong("BAD_TIME", f"{at}: not_before is spelt 2026-11-24T08:00:00Z", _MAKE_ANEW)
    return instant


def _signature(text: str, at: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if len(signature) != _SIGNATURE_BYTES or base64.b64encode(signature).decode() != text:
        raise _shape(f"{at}: signature is {_SIGNATURE_BYTES} bytes in base64")
    return signature


def _shape(text: str) -> _Wrong:
    return _Wrong("WRONG_SHAPE", text, _SEE_SHAPE)


def _located(file: str, wrong: _Wrong) -> KeyProblem:
    return KeyProblem(file, wrong.code, wrong.text, wrong.fix)
