"""A record that ends one worker after another is counted, and put aside in the end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.hub.deaths import NO_PAST, recall
from natcbus.hub.departure import Departure
from natcbus.hub.errors import DeliveryError, SettingsError, StuckError
from natcbus.hub.marks import Mark, Position
from natcbus.hub.settings import Settings
from natcbus.hub.state import StateFolder

AT: Final = Position("member.rs.out", 3, 42)


def settings(state: Path | None, **more: object) -> Settings:
    return Settings.model_validate(
        {"bootstrap": "b:9092", "network": "n", "signing_key": "k", "state": state, **more}
    )


def die_at(state: Path, at: Position, slot: int = 0) -> None:
    """What a worker leaves that ended while it was deciding."""
    recall(settings(state, slot=slot)).mark.set(*at)


def test_what_ended_the_process_three_times_is_lethal(tmp_path: Path) -> None:
    for _ in range(3):
        assert recall(settings(tmp_path)).lethal == frozenset()
        die_at(tmp_path, AT)
    assert recall(settings(tmp_path)).lethal == {AT}


def test_a_worker_that_got_over_its_record_has_not_died_of_it(tmp_path: Path) -> None:
    for _ in range(5):
        past = recall(settings(tmp_path))
        past.mark.set(*AT)
        past.mark.clear()
    assert recall(settings(tmp_path)).lethal == frozenset()


def test_deaths_are_counted_over_the_workers_of_a_machine(tmp_path: Path) -> None:
    for slot in (0, 1, 0):
        die_at(tmp_path, AT, slot)
    assert recall(settings(tmp_path, slot=1)).lethal == frozenset()
    assert recall(settings(tmp_path, slot=0)).lethal == {AT}


def test_what_stands_before_a_later_death_was_got_over(tmp_path: Path) -> None:
    for _ in range(2):
        die_at(tmp_path, AT)
    die_at(tmp_path, Position(AT.topic, AT.partition, AT.offset + 1))
    die_at(tmp_path, AT)
    assert recall(settings(tmp_path)).lethal == frozenset()


def test_without_a_memory_nothing_is_lethal() -> None:
    assert recall(settings(None)) == NO_PAST


@pytest.mark.parametrize("held", ["{", '{"member.rs.out/3/42": true}', "[1]"])
def test_a_damaged_count_is_said(tmp_path: Path, held: str) -> None:
    (tmp_path / "deaths.json").write_text(held)
    with pytest.raises(SettingsError, match=r"deaths\.json: damaged"):
        recall(settings(tmp_path))


def test_a_state_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="file/state"):
        StateFolder(tmp_path / "file" / "state")


@given(
    st.builds(
        Position,
        st.from_regex(r"[a-z0-9._-]{1,249}", fullmatch=True),
        st.integers(0, 10_000),
        st.integers(0, 2**63 - 1),
    )
)
def test_a_mark_says_where_its_process_was(at: Position) -> None:
    mark = Mark()
    mark.set(*at)
    assert mark.read() == at
    mark.clear()
    assert mark.read() is None


def test_a_mark_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "slot-0.mark"
    program = (
        "import os, signal, sys; from pathlib import Path; from natcbus.hub.marks import Mark; "
        "Mark(Path(sys.argv[1])).set('member.rs.out', 3, 42); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert Mark(file).read() == AT


@pytest.mark.parametrize("torn", [b"", b"\x01", b"\x01member.rs.out/3/42", b"\x01nonsense\n"])
def test_half_a_mark_is_none(tmp_path: Path, torn: bytes) -> None:
    file = tmp_path / "slot-0.mark"
    file.write_bytes(torn)
    assert Mark(file).read() is None


def test_a_record_whose_consequences_cannot_be_stored_is_to_blame_and_a_broker_is_not() -> None:
    too_large = Departure(DeliveryError("desk.hu.spoc.feed", "MSG_SIZE_TOO_LARGE"))
    away = Departure(DeliveryError("desk.hu.spoc.feed", "KafkaTimeoutError"))
    stuck = Departure(StuckError("The oldest event is in flight", 50, 45))
    assert too_large.fault_of_record
    assert not away.fault_of_record
    assert not stuck.fault_of_record
