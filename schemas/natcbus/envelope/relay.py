"""The relay as a desk reads it: why the hub brought this message here, with this grant."""

from __future__ import annotations

import hashlib

from natcbus.contract.types.core import Part
from natcbus.contract.types.hub import Relay
from natcbus.envelope.errors import PartRefusedError
from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.sign import RELAY, verify_part


def grant_sha256(grant: Part) -> bytes:
    """By what a relay names a grant: SHA-256 of the grant's body."""
    return hashlib.sha256(grant.body).digest()


def open_relay(
    part: Part,
    *,
    signed_sha256: bytes,
    desk: str,
    delivery_id: str,
    grant: Part,
    hub: VerifyKey,
) -> Relay:
    """The relay that the hub signed for this delivery.

    Parameters
    ----------
    part
        The relay.
    signed_sha256
        Of the signed bytes that it came with.
    desk
        The desk that is reading.
    delivery_id
        Of the sender, the message and this desk.
    grant
        The grant that it came with.
    hub
        The hub's signing key.

    Raises
    ------
    SignatureRefusedError
        WRONG_KEY or BAD_SIGNATURE.
    PartRefusedError
        BAD_PART, NOT_FOR_THIS_MESSAGE, NOT_FOR_THIS_DESK or OTHER_GRANT.
    """
    relay = verify_part(RELAY, part, hub)
    if relay.signed_sha256 != signed_sha256:
        raise PartRefusedError.other_message("relay")
    if relay.desk != desk or relay.delivery_id != delivery_id:
        raise PartRefusedError.other_party("relay", relay.delivery_id, delivery_id)
    if relay.grant_sha256 != grant_sha256(grant):
        raise PartRefusedError.other_grant()
    return relay
