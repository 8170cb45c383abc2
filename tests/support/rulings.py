"""What a router made of a record, read back from the bytes that it would send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from natcbus.contract.codec import (
    Message,
    decode_message,
    decode_record,
    read_frame,
    schema_id_of,
    unframe,
)
from natcbus.contract.types.hub import DecisionRecord, Outcome, Receipt, Relay
from natcbus.envelope.sign import RELAY, verify_part
from natcbus.hub.records import Inbound, Outbound, Routed
from natcbus.hub.router import HubRouter
from natcbus.routing.topics import DECISIONS, QUARANTINE, feed_topic, receipts_topic, speaker
from tests.support.messages import NOW, Letter, Parties


@dataclass(frozen=True)
class Ruled:
    """A routed record."""

    record: Inbound
    routed: Routed

    @property
    def decision(self) -> DecisionRecord:
        """The one decision record."""
        (found,) = self._on(DECISIONS)
        schema_id, body = unframe(found.value)
        assert schema_id == schema_id_of(DecisionRecord)
        return decode_record(DecisionRecord, body)

    @property
    def receipt(self) -> Receipt:
        """The one receipt."""
        (found,) = self._on(receipts_topic(speaker(self.record.topic)))
        schema_id, body = unframe(found.value)
        assert schema_id == schema_id_of(Receipt)
        return decode_record(Receipt, body)

    @property
    def quarantined(self) -> Outbound:
        """The one record that was put aside."""
        (found,) = self._on(QUARANTINE)
        return found

    @property
    def feeds(self) -> dict[str, Outbound]:
        """What leaves, by desk."""
        return {
            each.topic.removeprefix("desk.").removesuffix(".feed"): each
            for each in self.routed.outbound
            if each.topic.startswith("desk.")
        }

    @property
    def codes(self) -> list[str]:
        """The codes of the problems."""
        return [problem.code for problem in self.decision.problems]

    def fed(self, desk: str) -> Message:
        """The message that a desk gets."""
        (found,) = self._on(feed_topic(desk))
        return decode_message(*read_frame(found.value))

    def relay(self, sides: Parties, desk: str) -> Relay:
        """The relay that a desk gets, verified with the hub's key."""
        part = self.fed(desk).tail.relay
        assert part is not None
        return verify_part(RELAY, part, sides.world.keys.hub_key())

    def undelivered(self) -> dict[str, str]:
        """Why a decided delivery did not leave, by desk."""
        return {
            each.row.desk: each.undelivered
            for each in self.decision.deliveries
            if each.undelivered is not None
        }

    def _on(self, topic: str) -> list[Outbound]:
        return [each for each in self.routed.outbound if each.topic == topic]


def ruled(
    sides: Parties, what: Letter | Inbound, *, now: datetime = NOW, router: HubRouter | None = None
) -> Ruled:
    """What the hub makes of a letter on its sender's topic, or of a record."""
    record = what.record() if isinstance(what, Letter) else what
    router = HubRouter(sides.world) if router is None else router
    return Ruled(record, router.route(record, now))


def quarantined_as(ruling: Ruled, code: str) -> None:
    """The record was put aside, raw, for this one reason, and nothing was delivered."""
    assert ruling.decision.outcome is Outcome.QUARANTINED
    assert ruling.codes == [code]
    assert ruling.quarantined.value == (ruling.record.value or b"")
    assert ruling.quarantined.key == ruling.record.key
    assert not ruling.feeds


def refused_with(ruling: Ruled, *codes: str) -> None:
    """The message was refused for exactly these reasons, and nothing was delivered or put aside."""
    assert ruling.decision.outcome is Outcome.REFUSED
    assert sorted(ruling.codes) == sorted(codes)
    assert [each.topic for each in ruling.routed.outbound] == [
        "hub.decisions",
        "member.rs.receipts",
    ]
