"""The recipient's half of the path, without I/O: verify sender and hub, open what was granted.

The order is that of ``docs/wire.md``: nothing is believed before the signature over it was checked,
and nothing is opened that the hub did not relay. Content that breaks the contract is shown and
flagged: a victim must not go unseen because a field is too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from natcbus.client.errors import NatcbusError
from natcbus.client.world import World
from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import EventType
from natcbus.contract.codec import Message, decode_compartment, decode_message, read_frame
from natcbus.contract.errors import ContractError, DecodingError
from natcbus.contract.problems import Problem
from natcbus.contract.reading import compartment_to_json, header_to_json, open_to_json
from natcbus.contract.rules import check_open, check_sealed
from natcbus.contract.shapes import write_instant
from natcbus.contract.types.core import Header, Kind, Native
from natcbus.contract.types.hub import Relay
from natcbus.envelope.errors import EnvelopeError, PartRefusedError, SealRefusedError
from natcbus.envelope.grant import open_grant
from natcbus.envelope.ids import delivery_id, member_of, owner_of
from natcbus.envelope.keys import SealingKey
from natcbus.envelope.relay import open_relay
from natcbus.envelope.seal import SealPlace, open_seal
from natcbus.envelope.sign import signed_sha256, verify_message
from natcbus.routing.decision import Reason, View
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain
from natcbus.routing.views import view_of

_ANYONE_INVOLVED: Final = frozenset({Kind.EVIDENCE, Kind.RESPONSE})


class RefusedDeliveryError(NatcbusError):
    """A record of the feed that its desk does not believe; nothing of it is shown."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as its desk may see it.

    Attributes
    ----------
    because
        Why it is here: codes of the hub's decision, with the countries or topics they are about.
    open
        The open part, in the codec's native form; ``to_json`` gives it as it was written.
    sealed
        The compartments that this desk could open.
    problems
        What the content breaks of the contract; it is shown all the same, never hidden.
    digest
        SHA-256 of what the sender signed.
    """

    delivery_id: str
    desk: str
    type: str
    header: Header
    view: View
    because: tuple[Reason, ...]
    open: Native
    sealed: Mapping[str, Native]
    problems: tuple[Problem, ...]
    relay: Relay
    digest: bytes
    event_type: EventType
    network: Network

    @property
    def message_id(self) -> str:
        """Of the message."""
        return self.header.message_id

    @property
    def thread_id(self) -> str:
        """Of its case."""
        return self.header.thread_id

    def to_json(self) -> dict[str, Json]:
        """The shape that ``natcbus subscribe --json`` prints."""
        header = self.header
        return {
            "delivery_id": self.delivery_id,
            "desk": self.desk,
            "message_id": header.message_id,
            "thread_id": header.thread_id,
            "from": header.from_,
            "type": self.type,
            "kind": header.kind.value,
            "status": header.status.value,
            "view": self.view.value,
            "because": [
                {"code": each.code, "text": explain(each.code, each.about, self.network, self.desk)}
                for each in self.because
            ],
            "header": header_to_json(self.event_type, header),
            "open": open_to_json(self.event_type, self.open),
            "sealed": {
                name: compartment_to_json(self.event_type, name, content)
                for name, content in self.sealed.items()
            },
            "problems": [
                {"pointer": each.pointer, "code": each.code, "text": each.text}
                for each in self.problems
            ],
            "relay": _relay_to_json(self.relay),
        }


def open_delivery(value: bytes, desk: str, key: SealingKey, world: World) -> Delivery:
    """A record of a desk's feed, verified and opened.

    Parameters
    ----------
    value
        The framed record.
    desk
        The desk that is reading.
    key
        Its private key.

    Raises
    ------
    RefusedDeliveryError
        With the code of the first check that failed.
    """
    try:
        event_type, body = read_frame(value, world.catalogue)
        message = decode_message(event_type, body)
        return _open(event_type, message, desk, key, world)
    except (ContractError, EnvelopeError) as error:
        raise RefusedDeliveryError(error.code, error.text) from error


def _open(
    event_type: EventType, message: Message, desk: str, key: SealingKey, world: World
) -> Delivery:
    header, tail = message.signed.header, message.tail
    sender = member_of(header.from_)
    verifier = world.keys.signing_key(sender)
    verify_message(event_type.schema_id, message.signed_bytes, tail.signature, verifier)
    _check_header(event_type, header, sender)
    if tail.slip is not None or tail.relay is None or len(tail.grants) != 1:
        raise PartRefusedError.unreadable("delivery", "it has one relay, one grant and no slip")
    digest = signed_sha256(message.signed_bytes)
    identity = delivery_id(sender, header.message_id, desk)
    keys = open_grant(tail.grants[0], signed_sha256=digest, to=desk, key=key, sender=verifier)
    relay = open_relay(
        tail.relay,
        signed_sha256=digest,
        desk=desk,
        delivery_id=identity,
        grant=tail.grants[0],
        hub=world.keys.hub_key(),
    )
    sealed, unreadable = _decoded(event_type, _opened(event_type, message, relay, keys))
    present = [seal.compartment for seal in message.signed.seals]
    problems = [
        *unreadable,
        *check_open(event_type, header, message.signed.open, present),
        *check_sealed(event_type, message.signed.open, sealed),
    ]
    return Delivery(
        delivery_id=identity,
        desk=desk,
        type=event_type.name,
        header=header,
        view=view_of(relay.compartments, present),
        because=tuple(Reason(row.code, row.about) for row in relay.because),
        open=message.signed.open,
        sealed=sealed,
        problems=tuple(sorted(problems)),
        relay=relay,
        digest=digest,
        event_type=event_type.read_as or event_type,
        network=world.network,
    )


def _check_header(event_type: EventType, header: Header, sender: str) -> None:
    """What a message says it is must be what it was signed and decided as."""
    if header.type != event_type.name:
        raise RefusedDeliveryError("TYPE_MISMATCH", f"the frame says {event_type.name}")
    if header.version != event_type.version:
        raise RefusedDeliveryError("VERSION_MISMATCH", f"the frame says {event_type.version}")
    if owner_of(header.thread_id) != sender and header.kind not in _ANYONE_INVOLVED:
        raise RefusedDeliveryError("FOREIGN_THREAD", f"{sender} does not own {header.thread_id}")


def _opened(
    event_type: EventType, message: Message, relay: Relay, keys: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Exactly the compartments that the hub relayed: one more or one fewer is refused."""
    header = message.signed.header
    arrived = {parcel.compartment: parcel.ciphertext for parcel in message.tail.parcels}
    seals = {seal.compartment: seal for seal in message.signed.seals}
    for name in sorted(arrived.keys() ^ set(relay.compartments)):
        raise SealRefusedError.other_parcel(name)
    if len(arrived) != len(message.tail.parcels):
        raise SealRefusedError.other_parcel("a compartment that came twice")
    opened: dict[str, bytes] = {}
    for name, ciphertext in sorted(arrived.items()):
        if name not in seals or name not in keys or name not in event_type.compartments:
            raise SealRefusedError.other_parcel(name)
        place = SealPlace(member_of(header.from_), event_type.name, header.message_id, name)
        opened[name] = open_seal(place, seals[name], ciphertext, keys[name])
    return opened


def _decoded(
    event_type: EventType, opened: Mapping[str, bytes]
) -> tuple[dict[str, Native], list[Problem]]:
    """The content of the compartments, and those that cannot be read: the others are shown."""
    sealed: dict[str, Native] = {}
    unreadable: list[Problem] = []
    for name, plaintext in opened.items():
        if not _known(event_type, name):
            continue
        try:
            sealed[name] = decode_compartment(event_type, name, plaintext)
        except DecodingError as error:
            text = f"its sender sealed something that cannot be read, tell it so: {error.text}"
            unreadable.append(Problem(f"/sealed/{name}", error.code, text))
    return sealed, unreadable


def _known(event_type: EventType, compartment: str) -> bool:
    """Whether this installation knows the compartment: a newer minor may have one more."""
    return compartment in (event_type.read_as or event_type).compartments


def _relay_to_json(relay: Relay) -> Json:
    return {
        "due": [{"clock": due.clock, "at": write_instant(due.at)} for due in relay.due],
        "indicators": [{"code": row.code, "about": list(row.about)} for row in relay.indicators],
        "decision_digest": relay.decision_digest.hex(),
        "network_version": relay.network.version,
        "network_digest": relay.network.digest.hex(),
        "engine": relay.engine,
        "received_at": write_instant(relay.received_at),
        "routed_at": write_instant(relay.routed_at),
    }
