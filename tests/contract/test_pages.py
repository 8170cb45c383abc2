"""The pages that people read say what the contract says."""

from __future__ import annotations

from pathlib import Path

from natcbus.contract.pages import pages

EVENTS = Path(__file__).parents[2] / "docs" / "events"


def test_the_pages_are_in_step_with_the_contract() -> None:
    assert {entry.name for entry in EVENTS.iterdir()} == pages().keys()
    for name, text in pages().items():
        assert (EVENTS / name).read_text("utf-8") == text, "run python -m natcbus.contract.pages"
