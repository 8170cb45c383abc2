"""The sender's half of the path, without I/O: validate, decide, seal, grant, sign.

1. ``validate`` reads the event and says everything that is wrong with it.
2. ``preview`` decides who would get it; the hub decides with the same function.
3. ``compose`` seals every compartment with a key of its own, grants each decided desk the keys of
its
   compartments, notes the decision on a slip for the hub, and signs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from natcbus.client.errors import RejectedError
from natcbus.client.world import World
from natcbus.contract.assembly import Json
from natcbus.contract.codec import (
    MAX_MESSAGE_BYTES,
    Signed,
    Tail,
    encode_compartment,
    encode_signed,
    encode_tail,
    frame,
)
from natcbus.contract.errors import InvalidEventError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import Defaults, Event, parse_json, read_event
from natcbus.contract.shapes import write_instant
from natcbus.contract.types.core import Parcel, Part, Seal
from natcbus.contract.types.hub import DeliveryRow, NetworkRef, PriorRow, ReasonRow, Slip
from natcbus.envelope.errors import MissingKeyError
from natcbus.envelope.grant import grant_fingerprint, make_grant
from natcbus.envelope.ids import ENTROPY_BYTES, member_of, new_message_id
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.seal import SealPlace, new_key, seal
from natcbus.envelope.sign import SLIP, make_part, sign_message, signed_sha256
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import NO_PRIOR, decide
from natcbus.routing.decision import Decision, Prior

EventLike = Mapping[str, Json] | str | bytes
"""An event as it is written: parsed, or JSON text."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would get an event. ``problems`` keep it from being published."""

    event: Event
    decision: Decision
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for its sender's topic.

    ``undeliverable`` are decided desks whose public key is not in the directory: they get no grant,
    and the hub will record them as undelivered.
    """

    message_id: str
    thread_id: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    decision: Decision
    undeliverable: tuple[str, ...]


def validate(
    event: EventLike, world: World, now: datetime, entropy: Callable[[int], bytes]
) -> Event:
    """The event, complete: ids and times that its author left out are filled in.

    Raises
    ------
    RejectedError
        With every problem that the contract finds.
    """
    defaults = Defaults(
        message_id=new_message_id(now, entropy(ENTROPY_BYTES)),
        thread_uuid=new_message_id(now, entropy(ENTROPY_BYTES)),
        sent_at=now,
        lifetimes=world.network.policy.lifetimes,
    )
    try:
        value: Json = parse_json(event) if isinstance(event, str | bytes) else dict(event)
        return read_event(value, world.catalogue, defaults)
    except InvalidEventError as error:
        raise RejectedError(error.problems) from error


def preview(event: Event, world: World, now: datetime, prior: Prior = NO_PRIOR) -> Preview:
    """Who would get the event if it were published now."""
    header = event.header
    decision = decide(event.type.name, header, event.open, event.sealed, world.network, prior)
    problems = addressing_problems(event.type.name, header, event.open, world.network)
    if not problems and (nobody := nobody_problem(decision)):
        problems = [nobody]
    if header.expires_at <= now:
        text = f"expired at {write_instant(header.expires_at)}: set a later expires_at"
        problems.append(Problem("/header/expires_at", "EXPIRED", text))
    if member_of(header.from_) != header.thread_id.split(".")[0]:
        text = f"only {header.thread_id.split('.')[0]} may send on this thread"
        problems.append(Problem("/header/thread_id", "FOREIGN_THREAD", text))
    return Preview(event, decision, tuple(sorted(problems)))


def compose(
    previewed: Preview, world: World, signer: SigningKey, prior: Prior = NO_PRIOR
) -> Composed:
    """The sealed and signed message of an event.

    Raises
    ------
    RejectedError
        The preview has problems, or the message is larger than 256 kB.
    MissingKeyError
        The sending member has no key in the directory: it could never grant anything later.
    """
    if previewed.problems:
        raise RejectedError(previewed.problems)
    event, decision = previewed.event, previewed.decision
    keys, seals, parcels = _sealed(event)
    signed_bytes = encode_signed(event.type, Signed(event.header, event.open, seals))
    digest = signed_sha256(signed_bytes)
    grants, undeliverable = _granted(event, decision, keys, digest, world, signer)
    tail = Tail(
        signature=sign_message(event.type.schema_id, signed_bytes, signer),
        slip=make_part(SLIP, _slip(digest, decision, grants, prior), signer),
        parcels=parcels,
        grants=grants,
        relay=None,
    )
    value = frame(event.type.schema_id, signed_bytes + encode_tail(event.type, tail))
    if len(value) > MAX_MESSAGE_BYTES:
        text = f"{len(value)} bytes; at most {MAX_MESSAGE_BYTES}: shorten texts or the photograph"
        raise RejectedError([Problem("", "MESSAGE_TOO_LARGE", text)])
    return Composed(
        message_id=event.header.message_id,
        thread_id=event.header.thread_id,
        value=value,
        headers=_cloud_event(event),
        decision=decision,
        undeliverable=undeliverable,
    )


def _sealed(event: Event) -> tuple[dict[str, bytes], tuple[Seal, ...], tuple[Parcel, ...]]:
    keys: dict[str, bytes] = {}
    seals: list[Seal] = []
    parcels: list[Parcel] = []
    sender = member_of(event.header.from_)
    for name in sorted(event.sealed):
        keys[name] = new_key()
        plaintext = encode_compartment(event.type, name, event.sealed[name])
        place = SealPlace(sender, event.type.name, event.header.message_id, name)
        schema_id = event.type.compartments[name].schema.id
        made, ciphertext = seal(place, schema_id, plaintext, keys[name])
        seals.append(made)
        parcels.append(Parcel(compartment=name, ciphertext=ciphertext))
    return keys, tuple(seals), tuple(parcels)


def _granted(
    event: Event,
    decision: Decision,
    keys: Mapping[str, bytes],
    digest: bytes,
    world: World,
    signer: SigningKey,
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """A grant for each decided desk, and one for the sender itself: so that it can grant later."""
    sender = member_of(event.header.from_)
    grants = [make_grant(digest, sender, keys, world.keys.member_key(sender), signer)]
    undeliverable = []
    for row in decision.deliveries:
        try:
            recipient = world.keys.desk_key(row.desk)
        except MissingKeyError:
            undeliverable.append(row.desk)
            continue
        opens = {name: keys[name] for name in row.compartments}
        grants.append(make_grant(digest, row.desk, opens, recipient, signer))
    return tuple(grants), tuple(undeliverable)


def _slip(digest: bytes, decision: Decision, grants: tuple[Part, ...], prior: Prior) -> Slip:
    return Slip(
        signed_sha256=digest,
        network=NetworkRef(version=decision.network_version, digest=decision.network_digest),
        engine=decision.engine,
        decision_digest=decision.digest,
        deliveries=tuple(
            DeliveryRow(
                desk=row.desk,
                compartments=row.compartments,
                because=tuple(ReasonRow(code=each.code, about=each.about) for each in row.because),
            )
            for row in decision.deliveries
        ),
        grants=tuple(grant_fingerprint(grant) for grant in grants),
        prior=tuple(
            PriorRow(desk=desk, compartments=tuple(sorted(had)))
            for desk, had in sorted(prior.items())
        ),
    )


def _cloud_event(event: Event) -> tuple[tuple[str, bytes], ...]:
    """CloudEvents attributes for tools; nobody on the bus trusts them."""
    header = event.header
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": header.message_id,
        "ce_source": f"natcbus:{member_of(header.from_)}",
        "ce_type": f"natcbus.{event.type.name}.v{event.type.version.split('.')[0]}",
        "ce_time": write_instant(header.sent_at),
        "content-type": "application/vnd.confluent.avro",
    }
    return tuple((name, value.encode()) for name, value in attributes.items())
