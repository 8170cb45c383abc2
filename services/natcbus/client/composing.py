"""The sender's half of the path, without I/O: validate, decide, seal, grant, sign.

1. ``validate`` reads the event and says everything that is wrong with it.
2. ``preview`` decides who would get it; the hub decides with the same function. For an UPDATE or
   CANCEL it needs the thread so far.
3. ``compose`` seals every compartment with a key of its own, grants each decided desk the keys of
   its compartments, notes the decision on a slip for the hub, and signs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from natcbus.client.errors import RejectedError
from natcbus.client.threads import NEW_THREAD, Thread
from natcbus.client.world import World
from natcbus.contract.assembly import Json
from natcbus.contract.changes import unknown_reference
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
from natcbus.contract.types.core import Header, Kind, Parcel, Part, Seal
from natcbus.contract.types.hub import DeliveryRow, NetworkRef, PriorRow, ReasonRow, Slip
from natcbus.envelope.errors import MissingKeyError
from natcbus.envelope.grant import grant_fingerprint, make_grant
from natcbus.envelope.ids import ENTROPY_BYTES, member_of, new_message_id, owner_of
from natcbus.envelope.keys import SigningKey
from natcbus.envelope.seal import SealPlace, new_key, seal
from natcbus.envelope.sign import SLIP, make_part, sign_message, signed_sha256
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import NO_PRIOR, decide
from natcbus.routing.decision import Decision, Prior
from natcbus.routing.narrowing import owed_recalls
from natcbus.routing.network import Network
from natcbus.routing.supported import unsupported

EventLike = Mapping[str, Json] | str | bytes
"""An event as it is written: parsed, or JSON text."""

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far ``sent_at`` may lie ahead: the hub refuses what is further."""
_ANYONE_INVOLVED: Final = frozenset({Kind.EVIDENCE, Kind.RESPONSE})


UNREAD: Final = "0" * 64
"""Stands in for the digest of a superseded message that nobody looked up; never sent."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would get an event.

    Attributes
    ----------
    problems
        What keeps it from being published.
    thread
        What was sent before on its thread; None where nobody looked.
    """

    event: Event
    decision: Decision
    problems: tuple[Problem, ...]
    thread: Thread | None = None

    @property
    def prior(self) -> Prior:
        """Earlier recipients of the thread and what they could open, as far as was looked."""
        return NO_PRIOR if self.thread is None else self.thread.prior

    @property
    def recalls(self) -> tuple[str, ...]:
        """Earlier recipients that do not get it any more: each is owed a recall."""
        return recalls_of(self.decision, self.prior, self.event.header)


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for its sender's topic.

    Attributes
    ----------
    outline
        The value without parcels and grants.
    headers
        Of the Kafka record.
    header
        Of the message, complete.
    undeliverable
        Decided desks whose public key is not in the directory: they get no grant, and the hub will
        record them as undelivered.
    recalls
        Earlier recipients of the thread that do not get it.
    """

    message_id: str
    thread_id: str
    value: bytes
    outline: bytes
    headers: tuple[tuple[str, bytes], ...]
    header: Header
    decision: Decision
    undeliverable: tuple[str, ...]
    recalls: tuple[str, ...]


def recalls_of(decision: Decision, prior: Prior, header: Header) -> tuple[str, ...]:
    """Earlier recipients of the thread that a message does not go to, but for its sender."""
    return tuple(desk for desk in owed_recalls(decision, prior) if desk != header.from_)


def undeliverable_of(decision: Decision, world: World) -> tuple[str, ...]:
    """Decided desks that have no public key in the directory."""
    return tuple(row.desk for row in decision.deliveries if not _has_key(row.desk, world))


def _has_key(desk: str, world: World) -> bool:
    try:
        world.keys.desk_key(desk)
    except MissingKeyError:
        return False
    return True


def validate(
    event: EventLike,
    world: World,
    now: datetime,
    entropy: Callable[[int], bytes],
    thread: Thread = NEW_THREAD,
) -> Event:
    """The event, complete: ids and times that its author left out are filled in.

    Of an UPDATE or CANCEL also its thread, and the digest of what it supersedes, as ``thread`` has
    them. A digest that nobody looked up is ``UNREAD``.

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
        earlier=thread.messages,
        unread_digest=UNREAD,
    )
    try:
        return read_event(_json(event), world.catalogue, defaults)
    except InvalidEventError as error:
        raise RejectedError(error.problems) from error


def _json(event: EventLike) -> Json:
    given: object = event
    if isinstance(given, str | bytes):
        return parse_json(given)
    if isinstance(given, Mapping):
        return dict(given)
    text = f"an event is an object or JSON text, not a {type(given).__name__}"
    raise RejectedError([Problem("", "WRONG_TYPE", text)])


def preview(event: Event, world: World, now: datetime, thread: Thread | None = None) -> Preview:
    """Who would get the event if it were published now.

    Without ``thread``, an UPDATE or CANCEL is shown without its earlier recipients.
    """
    header = event.header
    prior = NO_PRIOR if thread is None else thread.prior
    decision = decide(event.type.name, header, event.open, event.sealed, world.network, prior)
    problems = [
        *unsupported(header),
        *(() if thread is None else thread.problems(header)),
        *addressing_problems(event.type.name, header, event.open, world.network),
    ]
    if not problems and (nobody := nobody_problem(decision)):
        problems = [nobody]
    problems += [*_expired(world.network, now), *_untimely(event, now), *_foreign(event)]
    return Preview(event, decision, tuple(sorted(problems)), thread)


def _expired(network: Network, now: datetime) -> Iterator[Problem]:
    if network.expires_at is not None and network.expires_at <= now:
        text = f"version {network.version} of the network has expired: take the next one"
        yield Problem("", "NETWORK_EXPIRED", text)


def _untimely(event: Event, now: datetime) -> Iterator[Problem]:
    header = event.header
    if header.expires_at <= now:
        text = f"expired at {write_instant(header.expires_at)}: set a later expires_at"
        yield Problem("/header/expires_at", "EXPIRED", text)
    if header.sent_at > now + CLOCK_TOLERANCE:
        text = "more than ten minutes ahead of this machine's clock: leave it out, or set the clock"
        yield Problem("/header/sent_at", "CLOCK_AHEAD", text)


def _foreign(event: Event) -> Iterator[Problem]:
    header = event.header
    owner = owner_of(header.thread_id)
    if owner != member_of(header.from_) and header.kind not in _ANYONE_INVOLVED:
        text = f"only {owner} may send on this thread: leave it out to start one of your own"
        yield Problem("/header/thread_id", "FOREIGN_THREAD", text)


def compose(previewed: Preview, world: World, signer: SigningKey) -> Composed:
    """The sealed and signed message of an event.

    Raises
    ------
    RejectedError
        The preview has problems, or was made without the thread of an UPDATE or CANCEL; no decided
        desk has a public key; or the message is larger than 256 kB.
    MissingKeyError
        The sending member has no key in the directory: it could never grant anything later.
    """
    if previewed.problems:
        raise RejectedError(previewed.problems)
    event, decision = previewed.event, previewed.decision
    if event.header.supersedes is not None and previewed.thread is None:
        # It would leave out everybody who has the message that it replaces.
        raise RejectedError([unknown_reference(event.header.supersedes.message_id)])
    keys, seals, parcels = _sealed(event)
    signed_bytes = encode_signed(event.type, Signed(event.header, event.open, seals))
    digest = signed_sha256(signed_bytes)
    grants, undeliverable = _granted(event, decision, keys, digest, world, signer)
    if len(undeliverable) == len(decision.deliveries):
        text = f"no public key of {', '.join(undeliverable)}: take the newest directory of keys"
        raise RejectedError([Problem("/header/addressing", "NOBODY", text)])
    tail = Tail(
        signature=sign_message(event.type.schema_id, signed_bytes, signer),
        slip=make_part(SLIP, _slip(digest, decision, grants, previewed.prior), signer),
        parcels=parcels,
        grants=grants,
        relay=None,
    )
    opening = replace(tail, parcels=(), grants=())
    value, outline = (
        frame(event.type.schema_id, signed_bytes + encode_tail(event.type, each))
        for each in (tail, opening)
    )
    if len(value) > MAX_MESSAGE_BYTES:
        text = f"{len(value)} bytes; at most {MAX_MESSAGE_BYTES}: shorten texts or the photograph"
        raise RejectedError([Problem("", "MESSAGE_TOO_LARGE", text)])
    return Composed(
        message_id=event.header.message_id,
        thread_id=event.header.thread_id,
        value=value,
        outline=outline,
        headers=_cloud_event(event),
        header=event.header,
        decision=decision,
        undeliverable=undeliverable,
        recalls=previewed.recalls,
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
    undeliverable = undeliverable_of(decision, world)
    sender = member_of(event.header.from_)
    grants = [make_grant(digest, sender, keys, world.keys.member_key(sender), signer)]
    for row in decision.deliveries:
        if row.desk not in undeliverable:
            opens = {name: keys[name] for name in row.compartments}
            recipient = world.keys.desk_key(row.desk)
            grants.append(make_grant(digest, row.desk, opens, recipient, signer))
    return tuple(grants), undeliverable


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
