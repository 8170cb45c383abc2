"""What a subscriber remembers: shown once, and again after a crash before it was settled."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from natcbus.client.errors import IncompatibleError, UnavailableError
from natcbus.client.shown import Shown

FEED = "desk.hu.spoc.feed"


def test_position_and_delivery_change_together(tmp_path: Path) -> None:
    with Shown(tmp_path / "hu.spoc.sqlite") as shown:
        assert (shown.position(FEED), shown.digest("a")) == (None, None)
        shown.settle(FEED, 4, "a", b"digest")
        assert (shown.position(FEED), shown.digest("a")) == (5, b"digest")
    with Shown(tmp_path / "hu.spoc.sqlite") as again:
        assert (again.position(FEED), again.digest("a")) == (5, b"digest")


def test_a_position_never_goes_backwards(tmp_path: Path) -> None:
    with Shown(tmp_path / "s.sqlite") as shown:
        shown.settle(FEED, 7)
        shown.settle(FEED, 3)
        assert shown.position(FEED) == 8


def test_the_first_digest_of_a_delivery_stays(tmp_path: Path) -> None:
    with Shown(tmp_path / "s.sqlite") as shown:
        shown.settle(FEED, 1, "a", b"first")
        shown.settle(FEED, 2, "a", b"second")
        assert shown.digest("a") == b"first"


def test_a_second_reader_is_told_who_is_first(tmp_path: Path) -> None:
    with Shown(tmp_path / "s.sqlite"), pytest.raises(UnavailableError) as caught:
        Shown(tmp_path / "s.sqlite")
    assert caught.value.code == "STATE_IN_USE"
    assert f"process {os.getpid()} " in caught.value.text
    with Shown(tmp_path / "s.sqlite"):
        """Free again."""


def test_what_was_left_unread_is_read_again_and_shown_once(tmp_path: Path) -> None:
    with Shown(tmp_path / "s.sqlite") as shown:
        shown.settle(FEED, 0, "a", b"digest")
        shown.leave_unread(FEED, 1)
        shown.settle(FEED, 2, "c", b"digest")
    with Shown(tmp_path / "s.sqlite") as shown:
        assert shown.position(FEED) == 1
        shown.settle(FEED, 1, "b", b"digest")
        assert shown.position(FEED) == 3


def test_what_the_bus_has_removed_is_not_waited_for(tmp_path: Path) -> None:
    with Shown(tmp_path / "s.sqlite") as shown:
        shown.leave_unread(FEED, 1)
        shown.leave_unread(FEED, 5)
        shown.forget_before(FEED, 4)
        assert shown.position(FEED) == 5


def test_a_memory_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"not a database, and longer than a header of one" * 9)
    with pytest.raises(IncompatibleError) as caught:
        Shown(tmp_path / "s.sqlite")
    assert caught.value.code == "STATE_UNUSABLE"


def test_nobody_else_can_read_what_a_desk_was_shown(tmp_path: Path) -> None:
    with Shown(tmp_path / "state" / "s.sqlite"):
        for path in (tmp_path / "state").iterdir():
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
