"""The journal alone: what it accepted is there after a crash, in its order, until it is settled."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from natcbus.client import IncompatibleError, State, UnavailableError
from natcbus.client.entries import Entry
from natcbus.client.journal import Durable, Journal, read_queued
from tests.support.sides import NOW

MAX_QUEUED: Final = 8
MAX_BYTES: Final = 400


def an_entry(message_id: str, thread_id: str = "rs.a", value: bytes = b"sealed") -> Entry:
    return Entry(
        message_id=message_id,
        thread_id=thread_id,
        content=message_id.encode(),
        accepted_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        headers=(("ce_id", message_id.encode()),),
        outline=b"open",
        value=value,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "rs-journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


class Sequences(RuleBasedStateMachine):
    """A journal beside a list of what it must hold.

    A crash is the files as they are at that instant, opened elsewhere: it may come between any two
    steps, and what a step left unfinished is then not there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(mkdtemp(prefix="natcbus-journal-"))
        self._lives = 0
        self._ids = 0
        self._queued: list[Entry] = []
        self._settled: dict[str, tuple[State, int | None, int | None]] = {}
        self._journal = self._opened()

    def _opened(self) -> Journal:
        path = self._folder / str(self._lives) / "journal.sqlite"
        return Journal(path, max_queued=MAX_QUEUED, max_bytes=MAX_BYTES)

    def teardown(self) -> None:
        self._journal.close()
        shutil.rmtree(self._folder)

    @rule(thread=st.sampled_from("abc"), size=st.integers(1, 200), soon=st.booleans())
    def accept(self, thread: str, size: int, soon: bool) -> None:
        entry = an_entry(f"m{self._ids}", thread, bytes(size))
        if soon:
            entry = replace(entry, expires_at=NOW)
        self._ids += 1
        full = len(self._queued) == MAX_QUEUED or self._size() + size > MAX_BYTES
        if full:
            with pytest.raises(UnavailableError) as caught:
                self._journal.put(entry)
            assert caught.value.code == "JOURNAL_FULL"
        else:
            kept = self._journal.put(entry)
            assert replace(kept, number=0) == entry
            self._queued.append(kept)

    def _size(self) -> int:
        return sum(len(each.value) for each in self._queued)

    @precondition(lambda self: self._queued)
    @rule(data=st.data())
    def accept_again(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(self._queued))
        assert self._journal.put(replace(known, value=b"made anew", number=0)) == known

    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Any part of a round may become durable, in any order."""
        found = self._journal.next_round()
        firsts = {each.thread_id: each for each in reversed(self._queued)}
        assert found == sorted(firsts.values(), key=lambda each: each.number)
        durable = data.draw(st.lists(st.sampled_from(found), unique=True)) if found else []
        self._journal.settle(Durable(each, 0, each.number) for each in durable)
        self._gone(durable, State.SENT)

    @rule()
    def expire(self) -> None:
        expired = [each for each in self._queued if each.expires_at <= NOW]
        assert self._journal.expire(NOW) == expired
        self._gone(expired, State.EXPIRED)

    @rule()
    def withdraw_the_newest(self) -> None:
        if self._queued:
            self._journal.withdraw(self._queued.pop())

    def _gone(self, entries: list[Entry], state: State) -> None:
        for each in entries:
            self._queued.remove(each)
            place = (0, each.number) if state is State.SENT else (None, None)
            self._settled[each.message_id] = (state, *place)

    @rule()
    def crash(self) -> None:
        old, self._lives = self._folder / str(self._lives), self._lives + 1
        shutil.copytree(old, self._folder / str(self._lives))
        self._journal.close()
        self._journal = self._opened()

    @invariant()
    def nothing_is_lost_and_the_order_is_that_of_acceptance(self) -> None:
        assert self._journal.count == len(self._queued)
        listed = [replace(each, value=b"") for each in self._queued]
        assert self._journal.queued() == read_queued(self._journal.path) == listed
        assert [self._journal.find(each.message_id) for each in self._queued] == self._queued
        for each in self._queued:
            self._journal.check(each)

    @invariant()
    def what_is_settled_is_remembered_without_what_was_sealed(self) -> None:
        for message_id, became in self._settled.items():
            entry = self._journal.find(message_id)
            assert entry is not None
            assert (entry.state, entry.partition, entry.offset) == became
            assert (entry.value, entry.outline) == (b"", b"open")


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_sealed_content_of_what_is_sent_leaves_the_file(journal: Journal, path: Path) -> None:
    entry = journal.put(an_entry("a", value=b"CIPHERTEXT" * 2000))
    journal.settle([Durable(entry, 0, 0)])
    journal.close()
    left = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert b"CIPHERTEXT" not in left
    assert b"open" in left


def test_only_the_newest_that_are_settled_are_remembered(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("natcbus.client.journal._REMEMBERED", 3)
    waiting = journal.put(an_entry("waiting", "rs.b"))
    for number in range(6):
        journal.settle([Durable(journal.put(an_entry(f"m{number}")), 0, number)])
    assert [bool(journal.find(f"m{number}")) for number in range(6)] == [False] * 3 + [True] * 3
    assert journal.next_round() == [waiting]


def test_a_round_is_bounded(journal: Journal) -> None:
    large = [journal.put(an_entry(f"m{each}", f"rs.{each}", bytes(250_000))) for each in range(40)]
    found = journal.next_round()
    assert found == large[: len(found)]
    assert 1_700_000 < sum(len(each.value) for each in found) <= 2 * 1024 * 1024


def test_nobody_else_can_read_it(journal: Journal, path: Path) -> None:
    journal.put(an_entry("a"))
    assert len(list(path.parent.iterdir())) >= 3
    for each in path.parent.iterdir():
        assert not stat.S_IMODE(each.stat().st_mode) & 0o077, each


def test_a_journal_that_is_none_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database, and longer than a header" * 99)
    assert_refused(path)


@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
def test_a_damaged_journal_is_said_and_left_as_it_is(
    journal: Journal, path: Path, where: float
) -> None:
    for number in range(200):
        journal.put(an_entry(f"m{number}", f"rs.{number}", bytes(900)))
    journal.close()
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * where) // 4096 * 4096)
        file.write(b"\xff" * 4096)
    assert_refused(path)


def test_a_journal_that_was_cut_short_is_said(journal: Journal, path: Path) -> None:
    for number in range(200):
        journal.put(an_entry(f"m{number}", f"rs.{number}", bytes(900)))
    journal.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert_refused(path)


def assert_refused(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(IncompatibleError) as caught:
        Journal(path)
    assert caught.value.code == "STATE_UNUSABLE"
    assert str(path) in caught.value.text
    assert "left as it is" in caught.value.text
    assert path.read_bytes() == before


def test_bytes_that_have_changed_in_the_file_are_not_sent(journal: Journal, path: Path) -> None:
    entry = journal.put(an_entry("a", value=b"x" * 100))
    with sqlite3.connect(path) as other:
        other.execute("UPDATE message SET value = zeroblob(100)")
    other.close()
    [found] = journal.next_round()
    with pytest.raises(IncompatibleError, match="message a is damaged"):
        journal.check(found)
    journal.check(entry)


@pytest.mark.parametrize("state", ["/proc/natcbus", "/dev/null/natcbus"])
def test_a_folder_that_cannot_be_written_is_said(state: str) -> None:
    with pytest.raises(IncompatibleError) as caught:
        Journal(Path(state) / "rs-journal.sqlite")
    assert caught.value.code == "STATE_UNUSABLE"
    assert state in caught.value.text
