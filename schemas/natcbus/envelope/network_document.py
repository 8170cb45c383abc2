"""One version of the Network as it is signed: policy, public keys, expiry, signatures.

Two keys of the secretariat make it valid, so that nobody changes the Network alone. Whoever keeps
``Seen`` of the newest version it used cannot be given an older one. The bytes under a signature are
put together from lengths and digests, which any language can do; see ``docs/wire.md``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

from natcbus.contract.types.core import Signature
from natcbus.envelope.certificates import certificate_time
from natcbus.envelope.document_json import read_document, write_document
from natcbus.envelope.errors import DocumentRefusedError
from natcbus.envelope.keys import SigningKey, VerifyKey
from natcbus.envelope.lengths import length_prefixed
from natcbus.envelope.sign import signature_input

NETWORK_CONTEXT: Final = b"natcbus/1/network"
SIGNATURES_NEEDED: Final = 2
MAX_DOCUMENT_BYTES: Final = 4_194_304

_DIGEST_BYTES: Final = 32
_LAST_VERSION: Final = 2**31 - 1
_NO_SCHEMA: Final = 0
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class Seen(NamedTuple):
    """The newest version that somebody used: all that must be remembered to refuse an older one.

    ``fingerprint`` is the document's.
    """

    version: int
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class NetworkDocument:
    """One version of the Network.

    Attributes
    ----------
    version
        Rises with every change, from 1.
    digest
        SHA-256 of the canonical policy that ``files`` make; whoever loads them compares it.
    not_before, expires_at
        From when it holds, and from when no longer; aware, to the second.
    files
        YAML text of the policy by file name.
    key_files
        JSON text of the public keys by file name: ``<member>.json`` and ``hub.json``.
    signatures
        By keys of the secretariat, sorted by key id.
    """

    version: int
    digest: bytes
    not_before: datetime
    expires_at: datetime
    files: Mapping[str, str] = field(repr=False)
    key_files: Mapping[str, str] = field(repr=False)
    signatures: tuple[Signature, ...] = ()

    def __post_init__(self) -> None:
        for name in ("not_before", "expires_at"):
            object.__setattr__(self, name, _to_the_second(getattr(self, name)))
        _check(self)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of what is signed: equal for two documents exactly when they say the same."""
        return hashlib.sha256(covered_bytes(self)).digest()

    @property
    def seen(self) -> Seen:
        """What to remember of it."""
        return Seen(self.version, self.fingerprint)

    def to_bytes(self) -> bytes:
        """The one form in which it travels: JSON as RFC 8785 puts it.

        Raises
        ------
        DocumentRefusedError
            BAD_DOCUMENT: more than MAX_DOCUMENT_BYTES.
        """
        written = write_document(
            {
                "version": self.version,
                "digest": self.digest.hex(),
                "not_before": certificate_time(self.not_before),
                "expires_at": certificate_time(self.expires_at),
                "files": {**self.files},
                "key_files": {**self.key_files},
            },
            self.signatures,
        )
        _check_size(written)
        return written

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads a document, strictly: the bytes are those of ``to_bytes`` or it is none.

        Whether to believe it is for ``verify`` to say.

        Raises
        ------
        DocumentRefusedError
            BAD_DOCUMENT.
        """
        _check_size(data)
        read = read_document(data)
        document = cls(**read._asdict())
        if document.to_bytes() != data:
            raise DocumentRefusedError.unreadable("another spelling than RFC 8785 gives it")
        return document


def covered_bytes(document: NetworkDocument) -> bytes:
    """The bytes under each signature."""
    times = certificate_time(document.not_before), certificate_time(document.expires_at)
    body = length_prefixed(str(document.version), document.digest, *times)
    body += _listed(document.files) + _listed(document.key_files)
    return signature_input(NETWORK_CONTEXT, _NO_SCHEMA, body)


def sign(document: NetworkDocument, key: SigningKey) -> NetworkDocument:
    """``document`` with a signature of ``key``; signing again changes nothing."""
    mine = Signature(key_id=key.key_id, value=key.sign(covered_bytes(document)))
    others = [each for each in document.signatures if each.key_id != key.key_id]
    every = sorted([*others, mine], key=lambda each: each.key_id)
    return replace(document, signatures=tuple(every))


def verify(
    document: NetworkDocument,
    trusted: Mapping[str, VerifyKey],
    now: datetime,
    newest: Seen | None = None,
    needed: int = SIGNATURES_NEEDED,
) -> None:
    """Refuses a version of the Network that must not be used now.

    Whether its files are what ``digest`` says is for whoever loads them: see
    ``natcbus.routing.signed.open_network``.

    Parameters
    ----------
    trusted
        The secretariat's keys by key id, from a file that did not come with the document.
    now
        Aware.
    newest
        Of the newest version that was used here, if there was one.
    needed
        How many different keys must have signed. Every signature that is there must hold.

    Raises
    ------
    DocumentRefusedError
        UNTRUSTED_KEY, BAD_SIGNATURE, TOO_FEW_SIGNATURES, ROLLED_BACK, FORKED, NOT_YET_VALID or
        EXPIRED: the first that is so.
    """
    verify_signatures(document, trusted, needed)
    check_risen(document, newest)
    check_time(document, now)


def verify_signatures(
    document: NetworkDocument, trusted: Mapping[str, VerifyKey], needed: int = SIGNATURES_NEEDED
) -> None:
    """Refuses a document that too few have signed, or that says more signed than did.

    Raises
    ------
    DocumentRefusedError
        UNTRUSTED_KEY, BAD_SIGNATURE or TOO_FEW_SIGNATURES.
    """
    covered = covered_bytes(document)
    signers = set()
    for signature in document.signatures:
        key = trusted.get(signature.key_id)
        if key is None:
            raise DocumentRefusedError.untrusted(signature.key_id)
        if not key.verifies(signature.value, covered):
            raise DocumentRefusedError.bad_signature(signature.key_id)
        signers.add(key.raw)
    if len(signers) < needed:
        raise DocumentRefusedError.too_few(len(signers), needed)


def check_risen(document: NetworkDocument, newest: Seen | None) -> None:
    """Refuses a version below the newest that was seen, or another content under its number.

    Raises
    ------
    DocumentRefusedError
        ROLLED_BACK or FORKED.
    """
    if newest is None or document.version > newest.version:
        return
    if document.version < newest.version:
        raise DocumentRefusedError.rolled_back(document.version, newest.version)
    if document.fingerprint != newest.fingerprint:
        raise DocumentRefusedError.forked(document.version)


def check_time(document: NetworkDocument, now: datetime) -> None:
    """Refuses a document that does not hold at ``now``, which is aware.

    Raises
    ------
    DocumentRefusedError
        NOT_YET_VALID or EXPIRED.
    """
    if now < document.not_before:
        raise DocumentRefusedError.not_yet(certificate_time(document.not_before))
    if now >= document.expires_at:
        raise DocumentRefusedError.expired(certificate_time(document.expires_at))


def _listed(files: Mapping[str, str]) -> bytes:
    """How many, and for each file, sorted by name, its name and the SHA-256 of its text."""
    rows = (
        length_prefixed(name, hashlib.sha256(files[name].encode()).digest())
        for name in sorted(files)
    )
    return len(files).to_bytes(4, "big") + b"".join(rows)


def _to_the_second(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise DocumentRefusedError.unreadable("a time without its zone")
    return instant.astimezone(UTC).replace(microsecond=0)


def _check_size(written: bytes) -> None:
    if len(written) > MAX_DOCUMENT_BYTES:
        raise DocumentRefusedError.unreadable(f"more than {MAX_DOCUMENT_BYTES} bytes")


def _check(document: NetworkDocument) -> None:
    signed_with = [each.key_id for each in document.signatures]
    wrong = next(
        (
            text
            for text, holds in (
                (f"version from 1 to {_LAST_VERSION}", 1 <= document.version <= _LAST_VERSION),
                (f"digest of {_DIGEST_BYTES} bytes", len(document.digest) == _DIGEST_BYTES),
                ("expires_at after not_before", document.not_before < document.expires_at),
                ("at least one file", bool(document.files)),
                ("names of files in ASCII, relative", _are_names(document)),
                ("texts that UTF-8 can write", _are_texts(document)),
                ("signatures sorted by key, each once", signed_with == sorted(set(signed_with))),
            )
            if not holds
        ),
        None,
    )
    if wrong is not None:
        raise DocumentRefusedError.unreadable(f"wanted: {wrong}")


def _are_names(document: NetworkDocument) -> bool:
    names = (*document.files, *document.key_files)
    return all(_FILE.fullmatch(name) is not None for name in names)


def _are_texts(document: NetworkDocument) -> bool:
    texts = (*document.files.values(), *document.key_files.values())
    return not any("\ud800" <= each <= "\udfff" for text in texts for each in text)
