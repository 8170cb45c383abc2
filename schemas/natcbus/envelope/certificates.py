"""Certificates: a member's root key says which key is whose, and what it is for.

A member's own keys are one that signs and one that opens; a desk has one that opens. The signature
covers a canonical text that any language can write; see ``docs/wire.md``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from natcbus.envelope.errors import BadIdError
from natcbus.envelope.keys import SealedTo, SigningKey, VerifyKey, key_id_of
from natcbus.envelope.lengths import length_prefixed
from natcbus.envelope.sign import CERTIFICATE_CONTEXT, signature_input

_NO_SCHEMA = 0


class Use(StrEnum):
    """What a key is for."""

    SIGN = "sign"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certified key.

    Attributes
    ----------
    subject
        A member or one of its desks.
    use
        SIGN (Ed25519, members alone) or SEAL (X25519).
    key
        The raw public key.
    not_before
        When it was issued; aware, to the second.
    signature
        By the member's root key, 64 bytes.
    """

    subject: str
    use: Use
    key: bytes = field(repr=False)
    not_before: datetime
    signature: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """The id of the certified key."""
        return key_id_of(self.key)

    def holds(self, root: VerifyKey) -> bool:
        """Whether the owner of ``root`` signed it."""
        covered = _covered(self.subject, self.use, self.key, self.not_before)
        return root.verifies(self.signature, covered)

    def to_json(self) -> dict[str, str]:
        """Its form in a member's file."""
        return {
            "subject": self.subject,
            "use": self.use.value,
            "key": base64.b64encode(self.key).decode(),
            "not_before": certificate_time(self.not_before),
            "signature": base64.b64encode(self.signature).decode(),
        }


def certify(
    subject: str, key: VerifyKey | SealedTo, not_before: datetime, root: SigningKey
) -> Certificate:
    """Certifies a key of ``subject``; its use follows from its kind.

    Raises
    ------
    BadIdError
        ``not_before`` is not aware.
    """
    use = Use.SIGN if isinstance(key, VerifyKey) else Use.SEAL
    if not_before.tzinfo is None:
        raise BadIdError("an aware time", not_before)
    instant = not_before.astimezone(UTC).replace(microsecond=0)
    signature = root.sign(_covered(subject, use, key.raw, instant))
    return Certificate(subject, use, key.raw, instant, signature)


def certificate_time(instant: datetime) -> str:
    """The one spelling of a time in a certificate: ``2026-11-24T08:00:00Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _covered(subject: str, use: Use, key: bytes, not_before: datetime) -> bytes:
    body = length_prefixed(subject, use.value, key, certificate_time(not_before))
    return signature_input(CERTIFICATE_CONTEXT, _NO_SCHEMA, body)
