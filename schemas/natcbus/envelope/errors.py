"""Errors of the envelope.

::

    EnvelopeError
    ├── SignatureRefusedError    signed by another key, or not over these bytes
    ├── SealRefusedError         a parcel or a key is not what the sender sealed
    ├── PartRefusedError         a slip, grant or relay is malformed, or meant for something else
    ├── BadKeyError              bytes or text that are no usable key
    ├── BadIdError               a text that is no id of the bus, or cannot become one
    ├── MissingKeyError          the directory of public keys does not have this one
    ├── DocumentRefusedError     a version of the Network that must not be used
    └── KeyDirectoryError        files of the directory are wrong; every problem is listed

No message ever holds a key, a plaintext or a ciphertext.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class EnvelopeError(Exception):
    """Base of the envelope's errors; ``code`` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class SignatureRefusedError(EnvelopeError):
    """A signature that does not hold."""

    @classmethod
    def other_key(cls, signed_with: str, expected: str) -> SignatureRefusedError:
        """WRONG_KEY: the signature names another key than the one its signer is known by."""
        return cls(
            "WRONG_KEY",
            f"signed with key {signed_with!r}, expected {expected}: read the newest directory",
        )

    @classmethod
    def not_over_these_bytes(cls, what: str) -> SignatureRefusedError:
        """BAD_SIGNATURE: the right key, and it did not sign these bytes as this."""
        return cls("BAD_SIGNATURE", f"the signature does not cover this {what}: do not use it")


class SealRefusedError(EnvelopeError):
    """A compartment that does not open."""

    @classmethod
    def other_compartment(cls, sealed: str, wanted: str) -> SealRefusedError:
        """WRONG_COMPARTMENT: the seal names another compartment than the caller."""
        return cls("WRONG_COMPARTMENT", f"this is the seal of {sealed!r}, not of {wanted!r}")

    @classmethod
    def other_parcel(cls, compartment: str) -> SealRefusedError:
        """WRONG_PARCEL: the ciphertext is not the one that the sender signed for."""
        return cls("WRONG_PARCEL", f"the parcel of {compartment!r} is not what its sender sealed")

    @classmethod
    def other_key(cls, compartment: str) -> SealRefusedError:
        """BAD_COMMITMENT: the key is not the one that the sender committed to."""
        return cls("BAD_COMMITMENT", f"the key of {compartment!r} is not its sender's key")

    @classmethod
    def does_not_open(cls, compartment: str) -> SealRefusedError:
        """BAD_SEAL: right parcel and key, sealed for another place."""
        return cls("BAD_SEAL", f"the parcel of {compartment!r} was not sealed for this message")


class PartRefusedError(EnvelopeError):
    """A signed part that says nothing here: malformed, or meant for somebody or something else."""

    @classmethod
    def unreadable(cls, kind: str, text: str) -> PartRefusedError:
        """BAD_PART: the body is no record of its kind."""
        return cls("BAD_PART", f"not a {kind} that this version can read: {text}")

    @classmethod
    def bad_grant(cls, text: str) -> PartRefusedError:
        """BAD_GRANT: a grant that contradicts itself."""
        return cls("BAD_GRANT", text)

    @classmethod
    def other_message(cls, kind: str) -> PartRefusedError:
        """NOT_FOR_THIS_MESSAGE."""
        return cls("NOT_FOR_THIS_MESSAGE", f"the {kind} names another message: do not use it here")

    @classmethod
    def other_party(cls, kind: str, to: str, mine: str) -> PartRefusedError:
        """NOT_FOR_THIS_DESK."""
        return cls("NOT_FOR_THIS_DESK", f"the {kind} is for {to!r}, not for {mine!r}")

    @classmethod
    def other_key(cls, named: str, mine: str) -> PartRefusedError:
        """NOT_FOR_THIS_KEY: the keys were wrapped for another key of the desk."""
        return cls(
            "NOT_FOR_THIS_KEY",
            f"wrapped for key {named!r}, this is {mine}: use that one, or ask for a new grant",
        )

    @classmethod
    def other_grant(cls) -> PartRefusedError:
        """OTHER_GRANT: the hub relayed another grant than the one that came."""
        return cls("OTHER_GRANT", "the relay names another grant than the one beside it")


class DocumentRefusedError(EnvelopeError):
    """A version of the Network that must not be used; the version in use stays.

    Attributes
    ----------
    what, fix
        What is wrong, and what to do; ``text`` is both.
    """

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(code, f"{what}: {fix}")
        self.what = what
        self.fix = fix

    @classmethod
    def unreadable(cls, why: str) -> DocumentRefusedError:
        """BAD_DOCUMENT: these bytes are no document."""
        fix = "get it again, or make it again with `natcbus network sign`"
        return cls("BAD_DOCUMENT", f"no document of a network ({why})", fix)

    @classmethod
    def too_few(cls, found: int, needed: int) -> DocumentRefusedError:
        """TOO_FEW_SIGNATURES: one person alone cannot change the Network."""
        fix = "let another of the secretariat review it and run `natcbus network sign`"
        return cls("TOO_FEW_SIGNATURES", f"signed with {found} of {needed} secretariat keys", fix)

    @classmethod
    def untrusted(cls, key_id: str) -> DocumentRefusedError:
        """UNTRUSTED_KEY: a signer who is not in the pinned file of the secretariat's keys."""
        what = f"signed with key {key_id}, which is none of the secretariat's"
        fix = "compare secretariat.json with the secretariat itself"
        return cls("UNTRUSTED_KEY", what, fix)

    @classmethod
    def bad_signature(cls, key_id: str) -> DocumentRefusedError:
        """BAD_SIGNATURE: the owner of a trusted key did not sign this."""
        what = f"the signature with key {key_id} does not cover this document"
        return cls("BAD_SIGNATURE", what, "get it again from the secretariat")

    @classmethod
    def not_yet(cls, not_before: str) -> DocumentRefusedError:
        """NOT_YET_VALID: it holds later."""
        return cls(
            "NOT_YET_VALID", f"holds from {not_before}", "check this machine's clock, or wait"
        )

    @classmethod
    def expired(cls, expires_at: str) -> DocumentRefusedError:
        """EXPIRED: it holds no longer."""
        fix = "ask the secretariat for a version that holds"
        return cls("EXPIRED", f"expired at {expires_at}", fix)

    @classmethod
    def rolled_back(cls, version: int, newest: int) -> DocumentRefusedError:
        """ROLLED_BACK: versions only rise."""
        what = f"version {version} is older than {newest}, which was seen"
        return cls("ROLLED_BACK", what, f"write it anew as version {newest + 1}")

    @classmethod
    def forked(cls, version: int) -> DocumentRefusedError:
        """FORKED: two contents under one version."""
        what = f"another content was seen as version {version}"
        fix = f"ask the secretariat which one it signed, and for a version {version + 1}"
        return cls("FORKED", what, fix)

    @classmethod
    def mismatch(cls, what: str, stated: object, found: object) -> DocumentRefusedError:
        """DIGEST_MISMATCH: the files say something else than what is stated beside them."""
        text = f"states the {what} {stated}, and its files have {found}"
        return cls("DIGEST_MISMATCH", text, "make it again with `natcbus network sign`")


class BadKeyError(EnvelopeError):
    """No usable key. The text says what was expected and never what was found."""

    def __init__(self, expected: str) -> None:
        super().__init__("BAD_KEY", f"expected {expected}")


class BadIdError(EnvelopeError):
    """No id of the bus."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__("BAD_ID", f"expected {expected}, not {repr(found)[:100]}")


class MissingKeyError(EnvelopeError):
    """The directory of public keys lacks one.

    Attributes
    ----------
    party
        The member or desk, or ``hub``.
    """

    def __init__(self, party: str, use: str) -> None:
        super().__init__(
            "MISSING_KEY",
            f"no {use} key of {party!r} in the directory: let its owner run `natcbus keys init`"
            " and add the public file",
        )
        self.party = party


@dataclass(frozen=True, slots=True, order=True)
class KeyProblem:
    """One thing that is wrong in a file of the directory, and what to do about it."""

    file: str
    code: str
    text: str
    fix: str


class KeyDirectoryError(EnvelopeError):
    """Files of the directory are wrong; none of it is used.

    Attributes
    ----------
    problems
        Everything that was found, sorted by file, never empty.
    """

    def __init__(self, problems: Iterable[KeyProblem]) -> None:
        self.problems = tuple(sorted(problems))
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(first.code, f"{first.file}: {first.text}; {first.fix}{more}")
