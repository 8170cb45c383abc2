"""What docs/cli.md promises of ``--json`` is what the commands print."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from natcbus.cli.main import app
from tests.support.command_line import NETWORK, REPOSITORY, STORY, CommandLine
from tests.support.shapes_of_json import differences, documented_shapes

PAGE = REPOSITORY / "docs" / "cli.md"
SHAPES = documented_shapes(PAGE)
CHILD = STORY / "missing-child.json"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("validate", ("validate", CHILD)),
        ("validate", ("validate", STORY / "red-to-nobody.json")),
        ("preview", ("preview", CHILD)),
        ("preview", ("preview", STORY / "red-to-nobody.json")),
        ("why-not", ("why-not", CHILD, "--desk", "si.spoc")),
        ("why-not", ("why-not", CHILD, "--desk", "hu.spoc")),
        ("why-not", ("why-not", CHILD, "--desk", "rs.spoc")),
        ("why-not", ("why-not", CHILD, "--desk", "hu.spok")),
        ("network check", ("network", "check", NETWORK)),
        ("network show", ("network", "show")),
        ("network show --policy", ("network", "show", "--policy")),
        ("schema show", ("schema", "show")),
        ("schema show TYPE", ("schema", "show", "missing_person")),
        ("schema check", ("schema", "check")),
        ("keys init", ("keys", "init", "rs", "hub", "--public", "public")),
        ("keys init", ("keys", "init", "--secretariat", "--public", "public")),
        ("context list", ("context", "list")),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_printed_json_has_the_documented_shape(
    natcbus: CommandLine, section: str, words: tuple[str | Path, ...]
) -> None:
    answer = natcbus(*words, "--json")
    assert list(differences(SHAPES[section], answer.json)) == []


def test_a_context_is_added_chosen_listed_and_shown(natcbus: CommandLine) -> None:
    added = natcbus(
        *("context", "add", "rs", "--bootstrap", "127.0.0.1:1", "--member", "rs", "--json"),
        *("--network", NETWORK, "--keys", "keys"),
    )
    assert list(differences(SHAPES["context add"], added.json)) == []
    assert natcbus("context", "show", "--json").code == 2
    used = natcbus("context", "use", "rs", "--json")
    assert list(differences(SHAPES["context use"], used.json)) == []
    listed = natcbus("context", "list", "--json").json
    assert list(differences(SHAPES["context list"], listed)) == []
    assert listed["current"] == "rs"
    assert natcbus("context", "show", "--json").json == listed["contexts"][0]


def test_a_network_is_signed_and_simulated_with_documented_answers(
    natcbus: CommandLine, tmp_path: Path
) -> None:
    network = tmp_path / "network"
    shutil.copytree(NETWORK, network)
    natcbus("keys", "init", "hub", "--secretariat", "--network", network)
    key = Path(".natcbus/keys/secretariat-1/secretariat-1.sign.pem")
    signed = natcbus("network", "sign", network, "--key", key, "--json")
    assert list(differences(SHAPES["network sign"], signed.json)) == []
    # Border police may not investigate any more, and neighbours may read the case.
    rewrite(network / "policy" / "purposes.yaml", "    BORDER_POLICE: F\n    CYBER", "    CYBER")
    rewrite(network / "policy" / "roles.yaml", "ADJACENT: {reach: R", "ADJACENT: {reach: F")
    words = ("network", "simulate", network, "--against", NETWORK, "--story", "150", "--json")
    simulated = natcbus(*words)
    assert {effect: bool(count) for effect, count in simulated.json["totals"].items()} == {
        "gained": False,
        "lost": True,
        "wider": True,
        "narrower": False,
    }
    assert list(differences(SHAPES["network simulate"], simulated.json)) == []


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_errors_have_the_documented_shape_whatever_failed(
    natcbus: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "broken.yaml").write_text("members: [", "utf-8")
    error = {"pointer": "", "code": "", "text": ""}
    located = error | {"file": "", "line": None, "fix": None}
    for words, shape in (
        (("preview", "nothing.json"), error),
        (("schema", "show", "nothing"), error),
        (("example",), error),
        (("network", "check", tmp_path), located),
    ):
        answer = natcbus(*words, "--json")
        assert answer.code in {1, 2}
        assert list(differences({"errors": [shape]}, answer.json)) == []


def test_the_page_names_every_command_and_no_other() -> None:
    table = PAGE.read_text("utf-8").split("## Exit codes")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    documented: set[str] = set()
    for row in rows:
        first, *more = re.findall(r"`([^`]+)`", row) or [""]
        words = re.match(r"[a-z-]+( [a-z]+)?\b", first)
        documented |= {words[0]} if words else set()
        # `context list`, `use`, ... share a row.
        documented |= {f"{first.split()[0]} {name}" for name in more}
    assert documented == set(every_command())


def every_command() -> Iterator[str]:
    """The commands, those of groups with the group's name before them."""
    tree: Any = get_command(app)
    for name, command in tree.commands.items():
        inner = getattr(command, "commands", None)
        yield from [name] if inner is None else [f"{name} {each}" for each in inner]


def test_json_that_is_shown_is_json_for_other_tools_too(natcbus: CommandLine) -> None:
    printed = natcbus("example", "missing_person", "--json").out
    assert json.loads(printed)["type"] == "missing_person"
    assert "Ђурђица" in printed
