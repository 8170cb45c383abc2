"""The sender's slip: its own decision, for the hub alone.

A slip that is not what the sender signed for these bytes is no ground to deliver anything. A slip
that is right and merely differs from the hub's own decision is: the two are intersected.
"""

from __future__ import annotations

from typing import Final

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.problems import Problem
from natcbus.contract.shapes import Shape
from natcbus.contract.shaping import compile_shape
from natcbus.contract.types.hub import Slip
from natcbus.envelope.errors import EnvelopeError, SignatureRefusedError
from natcbus.envelope.keys import VerifyKey
from natcbus.envelope.sign import SLIP, verify_part
from natcbus.hub.authenticity import Authentic
from natcbus.routing.decision import Prior
from natcbus.routing.digests import decision_digest

_AT: Final = "/slip"


def read_slip(read: Authentic, key: VerifyKey) -> Slip | list[Problem]:
    """The slip of a message, or what is wrong with it; ``key`` is the sender's signing key.

    Codes: SLIP_MISSING, SLIP_SIGNATURE, SLIP_UNREADABLE, SLIP_OTHER_MESSAGE, SLIP_DIGEST, and those
    of the contract for what stands in its fields.
    """
    part = read.message.tail.slip
    if part is None:
        text = "add the slip: it holds the decision by which you granted the keys"
        return [Problem(_AT, "SLIP_MISSING", text)]
    try:
        slip = verify_part(SLIP, part, key)
    except SignatureRefusedError:
        text = "the slip's signature does not hold: sign it with the key that signs the message"
        return [Problem(_AT, "SLIP_SIGNATURE", text)]
    except EnvelopeError:
        text = "the slip is no record of this version: update the SDK"
        return [Problem(_AT, "SLIP_UNREADABLE", text)]
    return _problems(slip, read.signed_sha256) or slip


def prior_of(slip: Slip) -> Prior:
    """The earlier recipients of the thread, as the slip names them."""
    return {row.desk: frozenset(row.compartments) for row in slip.prior}


def _problems(slip: Slip, signed_sha256: bytes) -> list[Problem]:
    problems: list[Problem] = []
    _SHAPE.check(slip.to_native(), _AT, problems)
    if slip.signed_sha256 != signed_sha256:
        text = "the slip names the signed bytes of another message: make a slip for each message"
        problems.append(Problem(f"{_AT}/signed_sha256", "SLIP_OTHER_MESSAGE", text))
    if not problems and slip.decision_digest != _digest(slip):
        text = "not the digest of the slip's own deliveries, network and engine: compute it anew"
        problems.append(Problem(f"{_AT}/decision_digest", "SLIP_DIGEST", text))
    return problems


def _digest(slip: Slip) -> bytes | None:
    try:
        return decision_digest(
            slip.deliveries, slip.network.version, slip.network.digest, slip.engine
        )
    except OverflowError:
        return None  # Avro ints are signed; no version is negative.


_SHAPE: Final[Shape] = compile_shape(load_catalogue().hub["Slip"].definition)
