"""The demo: a newcomer watches alerts arrive, and nothing is left when it is over."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import REPOSITORY
from tests.support.kafka import Kafka
from tests.support.process_tree import descendants, left_after
from tests.support.shapes_of_json import differences, documented_shapes

NATCBUS = (sys.executable, "-m", "natcbus.cli.main")
SHAPES = documented_shapes(REPOSITORY / "docs" / "cli.md")["demo"]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
Json = dict[str, Any]


def environment(home: Path, **more: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if "NATCBUS" not in name}
    return {**kept, "NATCBUS_HOME": str(home), "TMPDIR": str(home), **more}


@contextmanager
def playing(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process, at full speed, telling what it does as JSON lines."""
    with subprocess.Popen(
        [*NATCBUS, "demo", "--pace", "0", "--json", *options],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told_until(process: subprocess.Popen[str], event: str, text: str = "") -> list[Json]:
    """What the demo says up to the first such event."""
    assert process.stdout is not None
    told: list[Json] = []
    for line in process.stdout:
        told.append(json.loads(line))
        if told[-1]["event"] == event and text in told[-1].get("text", text):
            return told
    assert process.stderr is not None
    raise AssertionError(f"the demo ended: {told[-1:]} {process.stderr.read()}")


def of_kind(told: list[Json], event: str) -> list[Json]:
    return [each for each in told if each["event"] == event]


def another_terminal(home: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        [*NATCBUS, *words],
        env=environment(home),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_story_is_played_the_bus_stays_and_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    with playing(tmp_path, "--keep") as demo:
        told = told_until(demo, "kept")
        started = descendants(demo.pid)
        assert len(started) >= 2
        for each in told:
            assert list(differences(SHAPES[each["event"]], each)) == []

        assert [each["number"] for each in of_kind(told, "chapter")] == [1, 2, 3, 4, 5]
        refused = of_kind(told, "refused")
        assert [each["errors"][0]["code"] for each in refused] == ["NOBODY"]
        opened = {(each["message_id"], each["desk"]) for each in of_kind(told, "delivery")}
        awaited = {
            (each["message_id"], desk)
            for each in of_kind(told, "routed")
            for desk in set(each["deliveries"]) & set(each["watched"])
        }
        assert opened == awaited
        views = {each["view"] for each in of_kind(told, "delivery")}
        assert views >= {"full", "reduced"}
        [summary] = of_kind(told, "summary")
        assert summary["alerts"] == len(of_kind(told, "published")) == 5
        assert summary["opened"] == len(opened)
        assert 0 < summary["median_ms"] < 5_000

        example = another_terminal(tmp_path, "example", "missing_person")
        sent = json.loads(
            another_terminal(
                tmp_path, "publish", "-", "--context", "demo-rs", "--wait", "--json", stdin=example
            )
        )
        assert sent["state"] == "ROUTED"
        seen = another_terminal(
            tmp_path,
            *("subscribe", "--context", "demo-hu", "--desk", "hu.spoc"),
            *("--last", "1", "--until-end", "--json"),
        )
        assert json.loads(seen)["message_id"] == sent["message_id"]
        trace = ("trace", sent["message_id"], "--context", "demo-rs", "--json")
        assert json.loads(another_terminal(tmp_path, *trace))["outcome"] == "ROUTED"

        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0
        assert demo.stderr is not None
        assert demo.stderr.read() == ""
    assert left_after(started, within_s=5) == set()
    assert list((tmp_path / "contexts").iterdir()) == []
    assert list(tmp_path.glob("natcbus-*")) == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_it_ends_while_it_starts_no_process_is_left(
    tmp_path: Path, end: signal.Signals
) -> None:
    with playing(tmp_path) as demo:
        told_until(demo, "progress", "the hub is starting")
        started = descendants(demo.pid)
        assert len(started) >= 2
        demo.send_signal(end)
        assert demo.wait(20) == (-9 if end is signal.SIGKILL else 130)
    assert left_after(started, within_s=5) == set()
    if end is not signal.SIGKILL:
        assert list(tmp_path.glob("natcbus-*")) == []


def test_on_a_terminal_it_is_a_table_in_colour_that_fits(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        [*NATCBUS, "demo", "--pace", "0"],
        env=environment(tmp_path, TERM="xterm-256color"),
        stdout=theirs,
        stderr=theirs,
    ) as demo:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 65536):
                shown += block
        except OSError:
            pass  # Linux says EIO, not end of file, when the other side has gone.
        os.close(ours)
    assert demo.returncode == 0
    written = shown.decode()
    assert "\x1b[" in written
    text = ESCAPE.sub("", written).replace("\r", "\n")
    assert max(map(len, text.splitlines())) <= 80
    for words in ("1/5  A child is missing", "not for it: circumstances", "Try next:", "median"):
        assert words in text


def test_any_kafka_will_do_and_a_log_gets_plain_lines(kafka: Kafka, tmp_path: Path) -> None:
    done = subprocess.run(
        [*NATCBUS, "demo", "--pace", "0", "--bootstrap", kafka.bootstrap],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "[5/5]" in done.stdout
    assert "in-memory" not in done.stdout
    assert done.stderr == ""


def test_without_a_broker_program_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [*NATCBUS, "demo", "--json"],
        env=environment(tmp_path, NATCBUS_BROKER_BIN="/no/such/program"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    error = json.loads(done.stdout[done.stdout.index("{\n") :])["errors"][0]
    assert error["code"] == "BROKER_MISSING"
    assert "--bootstrap" in error["text"]
