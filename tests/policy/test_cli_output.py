"""What people and shells see of the commands that need neither a broker nor a key."""

from __future__ import annotations

import copy
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.cli.visible import escaped, visible
from tests.support.command_line import NETWORK, REPOSITORY, STORY, CommandLine

CHILD = STORY / "missing-child.json"
TYPES = ("joint_action_day", "missing_person", "recruitment_ad")
Json = dict[str, Any]


def child(**header: object) -> Json:
    """The demo's first event with another header."""
    event: Json = json.loads(CHILD.read_text("utf-8"))
    event["header"] |= header
    return event


def addressed(**addressing: object) -> str:
    return json.dumps(child(addressing=addressing))


@pytest.mark.parametrize("event_type", TYPES)
def test_an_example_is_valid_and_reaches_somebody_on_the_example_network(
    natcbus: CommandLine, event_type: str
) -> None:
    event = natcbus("example", event_type).out
    assert natcbus("validate", "-", "--network", NETWORK, stdin=event).code == 0
    preview = natcbus("preview", "-", "--network", NETWORK, "--json", stdin=event)
    assert preview.code == 0
    assert preview.json["deliveries"]


@pytest.mark.parametrize("event", sorted(STORY.glob("*.json")), ids=lambda file: file.stem)
def test_every_event_of_the_story_is_valid_and_one_reaches_nobody(
    natcbus: CommandLine, event: Path
) -> None:
    answer = natcbus("validate", event, "--network", NETWORK, "--json")
    codes = [error["code"] for error in answer.json["errors"]]
    assert codes == (["NOBODY"] if event.stem == "red-to-nobody" else [])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("example", "missing_person"), 0),
        (("example", "missing_persn"), 1),
        (("validate", CHILD), 0),
        (("validate", STORY / "red-to-nobody.json"), 1),
        (("validate", "no-such-file.json"), 2),
        (("preview", STORY / "red-to-nobody.json"), 1),
        (("why-not", CHILD, "--desk", "si.spoc"), 0),
        (("why-not", CHILD, "--desk", "si.spock"), 1),
        (("network", "check", NETWORK), 0),
        (("network", "check", "."), 2),
        (("network", "show", "rs.spoc"), 0),
        (("network", "show", "rs.nobody"), 1),
        (("schema", "show", "missing_person"), 0),
        (("schema", "show", "nothing"), 1),
        (("schema", "check"), 0),
        (("preview",), 2),
        (("no-such-command",), 2),
        (("preview", CHILD, "--no-such-option"), 2),
        (("--help",), 0),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_exit_code_says_what_happened(
    natcbus: CommandLine, words: tuple[str | Path, ...], code: int
) -> None:
    answer = natcbus(*words)
    assert answer.code == code
    assert code == 0 or answer.err.strip()


def test_a_broken_event_is_answered_with_every_problem_by_pointer_code_and_text(
    natcbus: CommandLine,
) -> None:
    event = child(purpose="UNKNOWN")
    event["header"]["colour"] = "red"
    event["open"]["age_band"] = "TEENAGER"
    answer = natcbus("validate", "-", "--network", NETWORK, stdin=json.dumps(event))
    assert answer.code == 2
    assert "/header/colour: UNKNOWN_FIELD: " in answer.err
    assert "/open/age_band: UNKNOWN_SYMBOL: " in answer.err


def test_text_that_is_not_json_is_named_with_its_line(natcbus: CommandLine) -> None:
    answer = natcbus("validate", "-", "--network", NETWORK, stdin='{"type":\n oops}')
    assert answer.code == 2
    assert "MALFORMED_JSON" in answer.err
    assert "line 2" in answer.err


@pytest.mark.parametrize(
    ("event", "pointer", "code"),
    [
        (addressed(), "/header/addressing", "EMPTY_ADDRESSING"),
        (addressed(desks=["hu.spok"]), "/header/addressing/desks/0", "UNKNOWN_DESK"),
        (addressed(topics=["KNITTING"]), "/header/addressing/topics/0", "UNKNOWN_TOPIC"),
    ],
    ids=["nobody", "desk", "topic"],
)
def test_an_address_that_does_not_resolve_is_refused_and_never_means_everybody(
    natcbus: CommandLine, event: str, pointer: str, code: str
) -> None:
    answer = natcbus("preview", "-", "--network", NETWORK, "--json", stdin=event)
    assert answer.code == 1
    assert answer.json["deliveries"] == []
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.json["errors"]]


def test_a_preview_of_a_broken_event_has_the_same_shape_and_delivers_nothing(
    natcbus: CommandLine,
) -> None:
    whole = natcbus("preview", CHILD, "--network", NETWORK, "--json").json
    broken = natcbus("preview", "-", "--network", NETWORK, "--json", stdin="{}").json
    assert list(broken) == list(whole)
    assert (broken["deliveries"], broken["denials"], broken["digest"]) == ([], [], None)
    assert broken["errors"]


def test_a_preview_says_for_each_desk_the_view_what_it_may_open_and_why(
    natcbus: CommandLine,
) -> None:
    shown = natcbus("preview", CHILD, "--network", NETWORK).out
    assert "hu.spoc" in shown
    assert "border" in shown
    preview = natcbus("preview", CHILD, "--network", NETWORK, "--json").json
    hotline = next(each for each in preview["deliveries"] if each["desk"] == "hu.hotline")
    assert hotline["view"] == "reduced"
    assert hotline["compartments"] == ["recognition"]
    assert hotline["because"] == [
        {"code": "ROLE_HEADING", "text": "The person may be heading for Hungary (HU)."}
    ]


def test_the_order_of_addresses_does_not_change_the_digest(natcbus: CommandLine) -> None:
    there = addressed(desks=["hu.spoc", "si.spoc"])
    back = addressed(desks=["si.spoc", "hu.spoc"])
    digests = {
        natcbus("preview", "-", "--network", NETWORK, "--json", stdin=each).json["digest"]
        for each in (there, back)
    }
    assert len(digests) == 1


def test_why_not_names_the_rule_who_may_change_it_and_how(natcbus: CommandLine) -> None:
    day = STORY / "action-day.json"
    answer = natcbus("why-not", day, "--desk", "ro.spoc", "--network", NETWORK, "--json").json
    assert answer["outcome"] == "NOT_CANDIDATE"
    assert {"R01", "R03"} <= {each["rule"] for each in answer["objections"]}
    assert {"pointer": "/header/addressing/desks", "add": "ro.spoc"} in answer["addresses"]


def test_a_mistyped_desk_is_answered_with_the_nearest(natcbus: CommandLine) -> None:
    answer = natcbus("why-not", CHILD, "--desk", "hu.border-polize", "--network", NETWORK)
    assert "hu.border-police" in answer.err


def test_a_wrong_network_is_named_with_file_line_and_fix(
    natcbus: CommandLine, tmp_path: Path
) -> None:
    for file in NETWORK.rglob("*.yaml"):
        copied = tmp_path / "network" / file.relative_to(NETWORK)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(file.read_text("utf-8").replace("RS: [BA,", "RS: [BA, FR,"), "utf-8")
    answer = natcbus("network", "check", tmp_path / "network", "--json")
    assert answer.code == 2
    error = answer.json["errors"][0]
    wrong = (tmp_path / "network" / "adjacency.yaml").read_text("utf-8").splitlines()
    assert "FR" in wrong[error["line"] - 1]
    assert error["file"].endswith("adjacency.yaml")
    assert error["fix"]


def test_the_example_network_is_used_when_none_is_named_and_that_is_said(
    natcbus: CommandLine,
) -> None:
    named = natcbus("preview", CHILD, "--network", NETWORK, "--json")
    unnamed = natcbus("preview", CHILD, "--json")
    assert named.json == unnamed.json
    assert "example network" in unnamed.err
    assert not named.err


def test_with_json_even_a_mistyped_command_line_is_answered_with_json(natcbus: CommandLine) -> None:
    answer = natcbus("preview", CHILD, "--nonsense", "--json")
    assert answer.code == 2
    assert answer.json["errors"][0]["code"] == "USAGE"
    assert not answer.err


HOSTILE = "hu.spoc\x1b[2J\u202eevil\x9b31m"


def test_text_from_an_alert_cannot_steer_the_terminal(natcbus: CommandLine) -> None:
    event = copy.deepcopy(child())
    event["header"]["addressing"] = {"desks": [HOSTILE]}
    event["header"][HOSTILE] = 1
    answer = natcbus("validate", "-", "--network", NETWORK, stdin=json.dumps(event))
    assert not set("\x1b\u202e\x9b") & set(answer.out + answer.err)
    assert r"\x1b[2J<U+202E>evil\x9b31m" in answer.err
    as_json = natcbus("validate", "-", "--network", NETWORK, "--json", stdin=json.dumps(event))
    assert not set("\x1b\u202e\x9b") & set(as_json.out)
    assert any("[2J\u202eevil" in error["pointer"] for error in as_json.json["errors"])


@given(st.text() | st.text(alphabet="\x1b\r\n\u202e\u2066\x9b\ud800\U000e0041a"))
def test_what_is_shown_has_no_control_character_and_json_still_means_the_same(text: str) -> None:
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in visible(text))
    assert not set("\u202e\u2066\u200f") & set(visible(text))
    written = escaped(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(written) == {"text": text}
    assert not set("\x1b\u202e\x9b") & set(written)
    written.encode()


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_a_table_is_wider_than_the_terminal(
    natcbus: CommandLine, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for words in (("network", "show", "rs"), ("network", "show", "policy"), ("schema", "show")):
        shown = natcbus(*words).out.splitlines()
        assert max(map(len, shown)) <= width


def in_a_terminal(*words: str) -> str:
    """What a command prints when its output is a terminal."""
    ours, theirs = pty.openpty()
    child_process = subprocess.Popen(
        [sys.executable, "-m", "natcbus.cli.main", *words],
        stdout=theirs,
        stderr=theirs,
        cwd=REPOSITORY,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 65536):
            shown += block
    except OSError:
        pass  # Linux says EIO, not end of file, when the other side has gone.
    finally:
        os.close(ours)
        child_process.wait()
    return shown.decode()


def test_colour_only_on_a_terminal(natcbus: CommandLine) -> None:
    assert "\x1b[" in in_a_terminal("preview", str(CHILD))
    assert "\x1b[" not in natcbus("preview", CHILD).out


def test_a_reader_that_leaves_early_hears_no_complaint() -> None:
    command = [sys.executable, "-m", "natcbus.cli.main", "schema", "show", "missing_person"]
    with subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
