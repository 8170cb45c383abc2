"""The demo's story: what it needs of its files, and that it is never out of date."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.client.world import read_network
from natcbus.contract.assembly import Json
from natcbus.operations.demo.story import read_story
from natcbus.operations.errors import StoryError
from natcbus.operations.freshening import WRITTEN_FOR, freshened
from tests.support.command_line import NETWORK, STORY

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def test_the_story_plays_on_desks_that_the_example_network_has() -> None:
    story = read_story(STORY, NOW)
    known = read_network(NETWORK).desks.keys()
    senders = {scene.sender for scene in story.scenes()}
    looked_at = {each.look_at for each in story.chapters if each.look_at is not None}
    assert set(story.desks) | senders | looked_at <= known
    assert looked_at <= set(story.desks)


def test_what_happened_yesterday_happens_the_day_before_it_is_shown() -> None:
    scene = next(read_story(STORY, NOW).scenes())
    assert '"day": "2027-02-28"' in json.dumps(scene.event)


def test_dates_move_together_and_a_birth_stays() -> None:
    event: Json = {
        "seen": "2026-11-23T16:20:00Z",
        "days": ["2026-11-24"],
        "birth": "2012-01-01",
        "n": 1,
    }
    assert freshened(event, NOW) == {
        "seen": "2027-02-28T16:20:00Z",
        "days": ["2027-03-01"],
        "birth": "2012-01-01",
        "n": 1,
    }


@given(st.integers(-3_000, 3_000), st.text())
def test_moving_to_its_own_day_and_moving_text_change_nothing(days: int, text: str) -> None:
    own_day = datetime.combine(WRITTEN_FOR, datetime.min.time(), UTC)
    assert freshened("2026-11-20", own_day) == "2026-11-20"
    moved = freshened("2026-11-24T00:00:00Z", own_day + timedelta(days=days))
    assert moved == f"{WRITTEN_FOR + timedelta(days=days)}T00:00:00Z"
    assert freshened(f"x{text}", NOW) == f"x{text}"


@pytest.mark.parametrize(
    ("story", "why"),
    [
        ("desks: []", "desks and chapters"),
        ("desks: [", "while parsing"),
        ("{desks: all, chapters: []}", "desks is a list"),
        ("{desks: [], chapters: [{title: A, play: []}]}", "a chapter has"),
        ("{desks: [], chapters: [{publish: [gone.json]}]}", "gone.json"),
    ],
)
def test_a_story_that_cannot_be_played_says_what_is_wrong(
    tmp_path: Path, story: str, why: str
) -> None:
    (tmp_path / "story.yaml").write_text(story, "utf-8")
    with pytest.raises(StoryError, match=why):
        read_story(tmp_path, NOW)


def test_an_event_without_a_sender_cannot_be_played(tmp_path: Path) -> None:
    shutil.copytree(STORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "missing-child.json").write_text("{}", "utf-8")
    with pytest.raises(StoryError, match=r"header\.from"):
        read_story(tmp_path, NOW)
