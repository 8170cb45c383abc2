"""What a publisher sends again, and where a subscriber may begin."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from natcbus.client import (
    Context,
    IncompatibleError,
    Publisher,
    RejectedError,
    Start,
    UnavailableError,
)
from natcbus.client.in_doubt import InDoubt
from natcbus.client.world import read_keys
from natcbus.operations.key_files import HUB, init_keys
from tests.support.mutations import Json, example
from tests.support.sides import NOW, sides


def in_doubt() -> tuple[InDoubt, Json, str]:
    """A memory that holds one message, its event as written, and the id that it was given."""
    event = example("missing_person", NOW)
    composed = sides().compose(event)
    memory = InDoubt()
    memory.remember(event, composed)
    return memory, event, composed.message_id


def under(event: Json, **ids: str) -> Json:
    return {**event, "header": {**event["header"], **ids}}


@pytest.mark.parametrize("write", [dict, json.dumps, lambda event: json.dumps(event).encode()])
def test_the_same_event_under_the_same_id_is_the_same_message(write: type[dict[str, Json]]) -> None:
    memory, event, message_id = in_doubt()
    again = memory.recall(write(under(event, message_id=message_id)))
    assert again is not None
    assert again.message_id == message_id


@pytest.mark.parametrize(
    "change", [{"urgency": "EXPECTED"}, {"thread_id": "rs.01939e7e-8400-7000-8000-000000000002"}]
)
def test_another_event_under_that_id_is_refused_at_once(change: dict[str, str]) -> None:
    """The hub and every desk would refuse it if the first was written after all."""
    memory, event, message_id = in_doubt()
    with pytest.raises(RejectedError) as caught:
        memory.recall(under(event, message_id=message_id, **change))
    assert (caught.value.pointer, caught.value.code) == ("/header/message_id", "ID_REUSED")


def test_an_event_without_that_id_is_another_message() -> None:
    memory, event, _ = in_doubt()
    assert memory.recall(event) is None, "no id is stated"
    for garbage in ("{", "[]", b"\xff", {"header": 7}):
        assert memory.recall(garbage) is None


def test_what_became_durable_is_no_longer_in_doubt() -> None:
    memory, event, message_id = in_doubt()
    again = memory.recall(under(event, message_id=message_id))
    assert again is not None
    memory.forget(again)
    assert memory.recall(under(event, message_id=message_id)) is None


@pytest.mark.parametrize(
    ("in_doubt", "says"),
    [
        ((), "a was not written"),
        (("a",), "a may have been written"),
        (("a", "b", "c"), "a, and 2 after it, may have been written"),
    ],
)
def test_an_unavailable_bus_is_said_with_what_to_do(in_doubt: tuple[str, ...], says: str) -> None:
    error = UnavailableError("nowhere:1", "timed out", "a", "rs.t", in_doubt)
    assert says in error.text
    assert "publish it again under this message_id" in error.text
    assert (error.code, error.message_id, error.thread_id) == ("UNAVAILABLE", "a", "rs.t")


def test_a_key_that_the_network_does_not_know_signs_nothing(tmp_path: Path) -> None:
    """The directory of public keys holds the keys of another issue than the keystore."""
    init_keys("rs", sides().world.network, tmp_path / "private", tmp_path / "public", NOW)
    context = Context(
        name="rs",
        bootstrap="nowhere:1",
        member="rs",
        network=tmp_path,
        keys=tmp_path / "private",
        state=tmp_path,
    )
    with pytest.raises(IncompatibleError) as caught:
        Publisher(context, world=sides().world)
    assert caught.value.code == "KEY_NOT_CERTIFIED"


def test_what_a_preview_objects_to_is_what_publishing_refuses(tmp_path: Path) -> None:
    """Another member's desk as sender too, though its event is right in itself."""
    network, public = sides().world.network, tmp_path / "public"
    for owner in ("rs", HUB):
        init_keys(owner, network, tmp_path / "private", public, NOW)
    context = Context(
        name="serbia",
        bootstrap="nowhere:1",
        member="rs",
        network=tmp_path,
        keys=tmp_path / "private",
        state=tmp_path,
    )
    world = replace(sides().world, keys=read_keys(public))
    event = example("missing_person", NOW)
    event["header"]["from"] = "hu.spoc"
    with Publisher(context, world=world, now=lambda: NOW) as publisher:
        problems = publisher.preview(event).problems
        with pytest.raises(RejectedError) as caught:
            publisher.publish(event)
    assert caught.value.problems == problems
    assert [(each.pointer, each.code) for each in problems] == [("/header/from", "FOREIGN_ORIGIN")]
    assert "context serbia publishes for rs only" in problems[0].text


@pytest.mark.parametrize(
    "settings",
    [
        {"beginning": True, "last": 3},
        {"since": NOW, "last": 3},
        {"last": 0},
        {"since": datetime(2026, 11, 24)},  # noqa: DTZ001 - it is what must not be
    ],
)
def test_a_start_that_makes_no_sense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(IncompatibleError) as caught:
        Start(**settings)  # type: ignore[arg-type]  # as a user without types would
    assert caught.value.code == "BAD_SETTINGS"
    assert Start(since=NOW - timedelta(hours=2)).resumes is False
