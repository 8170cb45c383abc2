"""Where the time of one message goes in the hub, stage by stage, without Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median

from natcbus.contract.codec import decode_message, read_frame
from natcbus.envelope.sign import verify_message
from natcbus.hub.admission import admit
from natcbus.hub.authenticity import Authentic, authenticate
from natcbus.hub.records import Inbound
from natcbus.hub.relaying import forward
from natcbus.hub.router import HubRouter
from natcbus.hub.world import World
from natcbus.routing.decide import decide

ROUNDS = 15
PER_ROUND = 40


def microseconds(stage: Callable[[], object]) -> float:
    """The median over rounds of what one call takes."""
    for _ in range(PER_ROUND):
        stage()
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(PER_ROUND):
            stage()
        rounds.append((time.perf_counter() - begun) / PER_ROUND * 1e6)
    return median(rounds)


def stages(world: World, topic: str, value: bytes) -> Mapping[str, float]:
    """Microseconds per stage of routing ``value``; the stages make up the whole."""
    stored_at = datetime.now(UTC)
    now = stored_at + timedelta(milliseconds=5)
    record = Inbound(topic, 0, 0, stored_at, b"key", value)
    event_type, body = read_frame(value)
    message = decode_message(event_type, body)
    header, open_part = message.signed.header, message.signed.open
    verifier = world.keys.signing_key(header.from_.split(".")[0])
    authentic = authenticate(record, world)
    assert isinstance(authentic, Authentic)
    slip = admit(authentic, world, stored_at, now)
    assert not isinstance(slip, list), slip
    present = authentic.present
    decision = decide(event_type.name, header, open_part, present, world.network)
    router = HubRouter(world)

    def verify() -> None:
        signature = message.tail.signature
        verify_message(event_type.schema_id, message.signed_bytes, signature, verifier)

    return {
        "decode": microseconds(lambda: decode_message(*read_frame(value))),
        "verify": microseconds(verify),
        "admit (rules, slip)": microseconds(lambda: admit(authentic, world, stored_at, now)),
        "decide": microseconds(
            lambda: decide(event_type.name, header, open_part, present, world.network)
        ),
        "narrow, encode, sign": microseconds(
            lambda: forward(authentic, decision, slip, world, stored_at, now)
        ),
        "whole route": microseconds(lambda: router.route(record, now)),
    }
