"""``natcbus network simulate``: what the secretariat sees before a change takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import NETWORK, STORY, CommandLine


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The example network, in which Moldova's border police lose LOCATE_PERSON."""
    folder = copied(NETWORK, tmp_path / "changed")
    file = folder / "members" / "md.yaml"
    before, desk, after = file.read_text("utf-8").partition("md.border-police:")
    after = after.replace("purposes: [LOCATE_PERSON, ", "purposes: [", 1)
    file.write_text(before + desk + after, "utf-8")
    raised = (folder / "network.yaml").read_text("utf-8").replace("version: 1", "version: 2", 1)
    (folder / "network.yaml").write_text(raised, "utf-8")
    return folder


def copied(source: Path, target: Path) -> Path:
    for file in source.rglob("*"):
        if file.is_file():
            there = target / file.relative_to(source)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(file.read_bytes())
    return target


def test_moldovas_border_police_lose_locate_person(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--story", "300")
    shown = natcbus(*words)
    assert shown.code == 0
    assert "md.border-police" in shown.out
    assert "not accredited for the purpose LOCATE_PERSON. PURPOSE_MISMATCH" in shown.out
    assert "Nobody gains." in shown.out
    answer = natcbus(*words, "--json").json
    assert [desk["desk"] for desk in answer["desks"]] == ["md.border-police"]
    (desk,) = answer["desks"]
    assert desk["lost"]["count"] == answer["totals"]["lost"] > 0
    assert [why["code"] for why in desk["lost"]["reasons"]] == ["PURPOSE_MISMATCH"]
    assert desk["lost"]["example"]["purpose"] == "LOCATE_PERSON"
    assert answer["deliveries"]["before"] - desk["lost"]["count"] == answer["deliveries"]["after"]


def test_the_command_leaves_with_one_when_somebody_gains(
    natcbus: CommandLine, changed: Path
) -> None:
    words = ("network", "simulate", NETWORK, "--against", changed, "--story", "100")
    shown = natcbus(*words)
    assert shown.code == 1
    assert "Somebody gains." in shown.out
    assert "until now it was refused:" in shown.out
    answer = natcbus(*words, "--json")
    assert answer.code == 1
    assert answer.json["somebody_gains"] is True


def test_a_story_is_the_same_today_and_again_today(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--story", "60", "--json")
    first = natcbus(*words).json
    assert first == natcbus(*words).json
    assert first["story"] == {"messages": 60, "seed": 1}
    assert first["totals"] != natcbus(*words, "--seed", "2").json["totals"]


def test_events_in_files_are_simulated(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--messages", STORY)
    answer = natcbus(*words, "--json").json
    assert answer["messages"] == len(list(STORY.glob("*.json")))
    assert answer["story"] is None
    assert answer["sources"] == [str(STORY)]
    assert answer["totals"] == {"gained": 0, "lost": 0, "wider": 0, "narrower": 0}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--messages", "nothing.jsonl"), 2),
        (("--messages", "empty"), 2),
        (("--messages", "broken.json"), 2),
        (("--messages", STORY, "--story", "5"), 2),
        (("--against", "nowhere"), 2),
        (("--against", "topic"), 2),
    ],
)
def test_what_cannot_be_simulated_is_said(
    natcbus: CommandLine, tmp_path: Path, words: tuple[str | Path, ...], code: int
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{", "utf-8")
    answer = natcbus("network", "simulate", NETWORK, "--against", NETWORK, *words, "--json")
    assert answer.code == code
    assert answer.json["errors"]


@pytest.mark.parametrize("columns", ["80", "120"])
def test_what_is_shown_fits_the_screen(
    natcbus: CommandLine, changed: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = natcbus("network", "simulate", changed, "--against", NETWORK, "--story", "50")
    table = [line for line in shown.out.splitlines() if line.startswith("md.border-police  ")]
    assert all(len(line) <= int(columns) for line in table)
    assert table
