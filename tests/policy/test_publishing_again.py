"""What is published again, what is refused, and where a subscriber may begin."""

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
)
from natcbus.client.composing import recalls_of
from natcbus.client.entries import Entry
from natcbus.client.repeats import Fingerprints, refuse_another, retell, stated_id
from natcbus.client.world import read_keys
from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.codec import decode_message, read_frame
from natcbus.envelope.keys import SigningKey
from natcbus.operations.key_files import HUB, init_keys
from tests.support.journals import entry_for
from tests.support.mutations import Json, example
from tests.support.sides import NOW, sides


def accepted() -> tuple[Fingerprints, Json, Entry]:
    """A message in a journal, its event as written, and what tells events apart."""
    event = example("missing_person", NOW)
    composed = sides().compose(event)
    fingerprints = Fingerprints(sides().parties.signer("rs"))
    return fingerprints, event, entry_for(composed, fingerprints.of(event))


def under(event: Json, **ids: str) -> Json:
    return {**event, "header": {**event["header"], **ids}}


@pytest.mark.parametrize("write", [dict, json.dumps, lambda event: json.dumps(event).encode()])
def test_the_same_event_under_the_same_id_is_the_same_message(write: type[dict[str, Json]]) -> None:
    fingerprints, event, entry = accepted()
    again = write(under(event, message_id=entry.message_id))
    assert stated_id(again) == entry.message_id
    refuse_another(entry, again, fingerprints.of(again))


@pytest.mark.parametrize(
    "change", [{"urgency": "EXPECTED"}, {"thread_id": "rs.01939e7e-8400-7000-8000-000000000002"}]
)
def test_another_event_under_that_id_is_refused_at_once(change: dict[str, str]) -> None:
    """The hub and every desk would refuse it."""
    fingerprints, event, entry = accepted()
    other = under(event, message_id=entry.message_id, **change)
    with pytest.raises(RejectedError) as caught:
        refuse_another(entry, other, fingerprints.of(other))
    assert (caught.value.pointer, caught.value.code) == ("/header/message_id", "ID_REUSED")


def test_what_is_no_event_has_neither_id_nor_fingerprint() -> None:
    fingerprints, event, _ = accepted()
    assert stated_id(event) == ""
    for garbage in ("{", "[]", b"\xff", {"header": 7}):
        assert stated_id(garbage) == ""
        assert fingerprints.of(garbage) == fingerprints.of("{}")
    assert fingerprints.of(under(event, urgency=NOW)) == b"", "no JSON"  # type: ignore[arg-type]


def test_a_fingerprint_cannot_be_made_without_the_members_key() -> None:
    """Whoever finds a journal could try out names on anything less."""
    fingerprints, event, _ = accepted()
    assert Fingerprints(sides().parties.signer("hu")).of(event) != fingerprints.of(event)
    assert fingerprints.of(event) == Fingerprints(sides().parties.signer("rs")).of(event)


def test_after_a_change_of_keys_the_id_alone_says_that_it_is_the_same() -> None:
    """The message in the journal bears the old key's fingerprint."""
    _, event, entry = accepted()
    newer = Fingerprints(SigningKey.generate())
    again = under(event, message_id=entry.message_id)
    refuse_another(entry, again, newer.of(again))


@pytest.mark.parametrize("event_type", sorted(load_catalogue().types))
def test_what_was_decided_is_told_again_from_the_open_part_alone(event_type: str) -> None:
    composed = sides().compose(example(event_type, NOW))
    told = retell(entry_for(composed, b""), sides().world)
    assert (told.decision, told.header) == (composed.decision, composed.header)
    assert recalls_of(told.decision, told.prior, told.header) == composed.recalls
    message = decode_message(*read_frame(composed.outline))
    assert (message.tail.parcels, message.tail.grants) == ((), ())
    assert message.signed_bytes == decode_message(*read_frame(composed.value)).signed_bytes


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
