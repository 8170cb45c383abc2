"""What is sealed is nowhere to be read: not on the broker's disk, not in logs, metrics or errors.

A token is planted in every compartment and looked for as bytes, as base64 at its three alignments
and as UTF-16. One in the open part must be found the same way, or the search would prove nothing.
"""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from natcbus.client import Publisher, RejectedError
from tests.support.bus import Bus, running_bus
from tests.support.kafka import Kafka, running_kafka
from tests.support.mutations import Json, example
from tests.support.planting import planted, spellings
from tests.support.sending import received, wait_until_routed


def token() -> str:
    """Twelve capitals: they pass as text anywhere, and as an operation's name in an open part."""
    return "".join(secrets.choice(string.ascii_uppercase) for _ in range(12))


SEALED, OPEN = token(), token()


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with running_kafka() as kafka:
        yield kafka


@pytest.fixture(scope="module")
def bus(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus:
        yield bus


def events() -> list[Json]:
    """Every event type with every compartment, each with the token."""
    missing, advert, action = (
        example(name) for name in ("missing_person", "recruitment_ad", "joint_action_day")
    )
    missing["sealed"]["source"] = {"reporter": "somebody"}
    missing["header"]["addressing"]["desks"] = ["hu.spoc"]
    action["open"]["operation"] = f"{OPEN}-2026-1"
    for event in (missing, advert, action):
        event["sealed"] = planted(event["sealed"], SEALED)
        for compartment in event["sealed"].values():
            assert SEALED in str(compartment)
    return [missing, advert, action]


def places(kafka: Kafka, bus: Bus) -> dict[str, bytes]:
    """Everything that the host of the bus could read."""
    files = [path for path in kafka.folder.rglob("*") if path.is_file()]
    found = {str(path): path.read_bytes() for path in [*files, bus.hub.log]}
    found["metrics"] = bus.hub.get("/metrics")[1].encode()
    found["ready"] = bus.hub.get("/ready")[1].encode()
    return found


def holding(text: str, where: dict[str, bytes]) -> set[str]:
    wanted = spellings(text)
    return {name for name, content in where.items() if any(each in content for each in wanted)}


def test_the_search_knows_every_spelling() -> None:
    for shift in range(3):
        hidden = base64.b64encode(bytes(shift) + SEALED.encode() + b"rest")
        assert holding(SEALED, {"here": hidden}) == {"here"}
    assert holding(SEALED, {"here": f"x{SEALED}".encode("utf-16-be")}) == {"here"}
    assert holding(SEALED, {"here": OPEN.encode()}) == set()


def test_what_is_sealed_is_nowhere_and_what_is_open_is_found(kafka: Kafka, bus: Bus) -> None:
    sent: dict[str, int] = {}
    for event in events():
        member = event["header"]["from"].split(".")[0]
        with Publisher(bus.context(member), world=bus.world) as publisher:
            publisher.publish(event)
        sent[member] = 1
    wait_until_routed(bus, sent)
    assert any("source" in compartments for _, compartments in received(bus).values())
    bus.hub.terminate()
    kafka.stop()
    kafka.start()
    bus.hub.start().wait_ready()

    where = places(kafka, bus)
    assert holding(SEALED, where) == set()
    assert any("member.si.out" in name for name in holding(OPEN, where))


def test_an_error_does_not_quote_what_is_sealed(bus: Bus) -> None:
    event = events()[0]
    event["sealed"]["identity"]["sex"] = SEALED
    event["sealed"]["recognition"]["description"] = SEALED * 1000
    with (
        Publisher(bus.context("rs"), world=bus.world) as publisher,
        pytest.raises(RejectedError) as caught,
    ):
        publisher.publish(event)
    assert SEALED not in str(caught.value)
    assert not any(SEALED in problem.text for problem in caught.value.problems)


def test_the_disk_was_searched(kafka: Kafka) -> None:
    assert [path for path in Path(kafka.data).rglob("*.log") if path.stat().st_size > 0]
