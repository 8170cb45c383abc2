"""What is simulated with: made-up messages, and events in files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.operations.errors import NobodyReachedError
from natcbus.operations.made_up_messages import made_up_messages
from natcbus.operations.message_sources import Unreadable, messages_in
from natcbus.operations.simulating import Message
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.decide import decide
from natcbus.routing.network import Policy, Reach
from tests.support.command_line import STORY
from tests.support.networks import example_network

EXAMPLE = example_network()
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


# Made-up messages.


def test_made_up_messages_are_the_same_for_the_same_seed() -> None:
    first = list(made_up_messages(EXAMPLE, 40, NOW, seed=7))
    assert first == list(made_up_messages(EXAMPLE, 40, NOW, seed=7))
    assert first != list(made_up_messages(EXAMPLE, 40, NOW, seed=8))
    assert len({message.name for message in first}) == len(first)


def test_each_made_up_message_would_be_accepted_and_reach_somebody() -> None:
    network = EXAMPLE
    for message in made_up_messages(network, 150, NOW, seed=3):
        asked = (message.type, message.header, message.open)
        assert addressing_problems(*asked, network) == []
        assert decide(*asked, message.present, network).deliveries


def test_they_vary_in_everything_that_deciding_looks_at() -> None:
    network = EXAMPLE
    messages = list(made_up_messages(EXAMPLE, 400, NOW, seed=1))
    assert {message.type for message in messages} == set(network.audiences)
    senders = {message.header.from_ for message in messages}
    assert len({desk.partition(".")[0] for desk in senders}) >= 12
    roles = {role for message in messages for role in message.header.addressing.roles}
    assert len(roles) >= 9
    assert len({message.header.purpose for message in messages}) >= 5
    assert len({message.header.handling.tlp for message in messages}) == 5
    reached = {
        delivery.desk
        for message in messages
        for delivery in decide(
            message.type, message.header, message.open, message.present, network
        ).deliveries
    }
    assert len(reached) >= 0.8 * len(network.desks)


@given(st.integers(0, 2**32))
def test_any_seed_makes_messages(seed: int) -> None:
    assert len(list(made_up_messages(EXAMPLE, 3, NOW, seed))) == 3


NOBODY_COMPETENT: dict[str, frozenset[str]] = {each: frozenset() for each in EXAMPLE.audiences}
NOBODY_ADMITTED: dict[str, dict[str, Reach]] = {each: {} for each in EXAMPLE.policy.purposes}


@pytest.mark.parametrize(
    "policy",
    [
        replace(EXAMPLE.policy, competence=NOBODY_COMPETENT),
        replace(EXAMPLE.policy, purposes=NOBODY_ADMITTED),
    ],
    ids=["nobody-competent", "nobody-admitted"],
)
def test_where_nobody_is_reached_no_message_is_made_up(policy: Policy) -> None:
    with pytest.raises(NobodyReachedError):
        next(made_up_messages(replace(EXAMPLE, policy=policy), 1, NOW))


# Messages in files.


def events(*names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        yield json.loads((STORY / f"{name}.json").read_text("utf-8"))


def read(path: Path) -> list[Message | Unreadable]:
    return list(messages_in(path, EXAMPLE, NOW))


def test_a_file_holds_one_event_or_one_on_each_line(tmp_path: Path) -> None:
    (one,) = read(STORY / "missing-child.json")
    assert isinstance(one, Message)
    assert one.name == str(STORY / "missing-child.json")
    lines = tmp_path / "events.jsonl"
    dumped = [json.dumps(each) for each in events("missing-child", "action-day")]
    lines.write_text("\n".join([dumped[0], "", dumped[1]]) + "\n", "utf-8")
    found = read(lines)
    assert [each.name for each in found] == [f"{lines}:1", f"{lines}:3"]
    assert [each.type for each in found if isinstance(each, Message)] == [
        "missing_person",
        "joint_action_day",
    ]


def test_an_event_that_states_its_id_is_found_by_it(tmp_path: Path) -> None:
    message_id = "019a0000-0000-7000-8000-000000000001"
    (event,) = events("missing-child")
    event["header"]["message_id"] = message_id
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event, indent=1), "utf-8")
    assert [each.name for each in read(file)] == [message_id]


def test_what_cannot_be_read_is_named_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    lines = tmp_path / "events.jsonl"
    (event,) = events("missing-child")
    wrong = {**event, "open": {**event["open"], "age_band": "OLD"}}
    content = [json.dumps(event), "{", json.dumps(wrong), json.dumps(event)]
    lines.write_text("\n".join(content), "utf-8")
    found = read(lines)
    assert [type(each).__name__ for each in found] == [
        "Message",
        "Unreadable",
        "Unreadable",
        "Message",
    ]
    problems = [(e.name, e.problem.code) for e in found if isinstance(e, Unreadable)]
    assert problems == [(f"{lines}:2", "MALFORMED_JSON"), (f"{lines}:3", "UNKNOWN_SYMBOL")]


def test_a_directory_is_read_whole() -> None:
    assert len(read(STORY)) == len(list(STORY.glob("*.json")))
