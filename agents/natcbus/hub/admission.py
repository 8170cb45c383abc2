"""May this message be routed? It is what its sender sent; now it must be fit to be delivered.

Everything that is wrong is said at once, so that its sender mends it at once. Nothing of a message
that is refused here reaches a desk.

================== ==============================================================================
KIND_NOT_SUPPORTED This hub routes ALERT, UPDATE and CANCEL; other kinds come with later versions.
(contract)         Every problem of ``rules.check_open``: formats, bounds, legal fields, minimum
                   data, kind against change, type and version against the frame.
NETWORK_EXPIRED    The hub's version of the network holds no longer: nothing is delivered under it.
EXPIRED            ``expires_at`` has come.
CLOCK_AHEAD        ``sent_at`` lies more than ten minutes after the hub received it.
(parcels)          SEALED_TWICE, SEAL_SCHEMA, PARCEL_UNSEALED, PARCEL_DIGEST, PARCEL_MISSING: what
                   is sealed and what travels are not the same.
(slip)             See ``slips``.
(addressing)       Every problem of ``addressing.addressing_problems``.
================== ==============================================================================

Addressing is judged only where the header has the form that the contract asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from natcbus.contract.problems import Problem
from natcbus.contract.rules import check_open
from natcbus.contract.types.core import Header
from natcbus.contract.types.hub import Slip
from natcbus.hub.authenticity import Authentic
from natcbus.hub.slips import read_slip
from natcbus.hub.world import World
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.supported import unsupported

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far a sender's clock may run ahead of the hub's."""


def admit(
    read: Authentic, world: World, received_at: datetime, now: datetime
) -> Slip | list[Problem]:
    """The sender's slip of a message that may be routed, or everything that stands against it.

    Parameters
    ----------
    received_at
        When the broker stored the message, as far as that can be believed.
    now
        The hub's clock, against which a message expires.
    """
    signed = read.message.signed
    form = check_open(read.type, signed.header, signed.open, read.present)
    slip = read_slip(read, world.keys.signing_key(read.sender))
    problems = [
        *_network(world, now),
        *unsupported(signed.header),
        *form,
        *_times(signed.header, received_at, now),
        *_parcels(read),
        *(slip if isinstance(slip, list) else ()),
    ]
    if not form:
        problems += addressing_problems(read.type.name, signed.header, signed.open, world.network)
    return problems if problems or isinstance(slip, list) else slip


def _network(world: World, now: datetime) -> Iterator[Problem]:
    in_use = world.in_use
    if in_use.expired(now):
        text = (
            f"version {in_use.version} of the network, which the hub uses, has expired: "
            "publish it anew once the secretariat has published the next version"
        )
        yield Problem("", "NETWORK_EXPIRED", text)


def _times(header: Header, received_at: datetime, now: datetime) -> Iterator[Problem]:
    if header.expires_at <= now:
        text = "it had expired when the hub read it: publish it anew if it still matters"
        yield Problem("/header/expires_at", "EXPIRED", text)
    if header.sent_at > received_at + CLOCK_TOLERANCE:
        text = "sent more than ten minutes after the hub received it: set your clock, publish anew"
        yield Problem("/header/sent_at", "CLOCK_AHEAD", text)


def _parcels(read: Authentic) -> Iterator[Problem]:
    unsent: dict[str, bytes] = {}
    for index, seal in enumerate(read.message.signed.seals):
        compartment = read.type.compartments.get(seal.compartment)
        if seal.compartment in unsent:
            text = "this compartment is sealed twice: keep one seal"
            yield Problem(f"/seals/{index}/compartment", "SEALED_TWICE", text)
        elif compartment is not None and seal.schema_id != compartment.schema.id:
            text = (
                f"the schema of {seal.compartment} is {compartment.schema.id}: encode it with that"
            )
            yield Problem(f"/seals/{index}/schema_id", "SEAL_SCHEMA", text)
        unsent[seal.compartment] = seal.ciphertext_sha256
    for index, parcel in enumerate(read.message.tail.parcels):
        digest = unsent.pop(parcel.compartment, None)
        if digest is None:
            text = "no seal asks for this parcel: send one parcel for each seal"
            yield Problem(f"/parcels/{index}/compartment", "PARCEL_UNSEALED", text)
        elif hashlib.sha256(parcel.ciphertext).digest() != digest:
            text = "not the ciphertext that the seal names: send what was sealed, unchanged"
            yield Problem(f"/parcels/{index}/ciphertext", "PARCEL_DIGEST", text)
    if unsent:
        text = f"{len(unsent)} sealed compartments have no parcel: send one parcel for each seal"
        yield Problem("/parcels", "PARCEL_MISSING", text)
