"""What docs/cli.md promises of ``--json`` is what the commands print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
        ("schema show", ("schema", "show")),
        ("schema show TYPE", ("schema", "show", "missing_person")),
        ("schema check", ("schema", "check")),
        ("keys init", ("keys", "init", "rs", "hub", "--public", "public")),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_printed_json_has_the_documented_shape(
    natcbus: CommandLine, section: str, words: tuple[str | Path, ...]
) -> None:
    answer = natcbus(*words, "--json")
    assert list(differences(SHAPES[section], answer.json)) == []


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


def test_the_page_names_every_command_and_no_other(natcbus: CommandLine) -> None:
    table = PAGE.read_text("utf-8").split("## Exit codes")[0]
    assert_in_help = natcbus("--help").out
    for line in table.splitlines():
        if line.startswith("| `"):
            command = line.split("`")[1].split()[0]
            assert command in assert_in_help, command


def test_json_that_is_shown_is_json_for_other_tools_too(natcbus: CommandLine) -> None:
    printed = natcbus("example", "missing_person", "--json").out
    assert json.loads(printed)["type"] == "missing_person"
    assert "Ђурђица" in printed
