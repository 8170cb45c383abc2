"""Runs command lines in this process and reads what they print."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from natcbus.cli.main import run

REPOSITORY: Final = Path(__file__).resolve().parents[2]
NETWORK: Final = REPOSITORY / "infra" / "network"
STORY: Final = REPOSITORY / "infra" / "demo"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests look inside
        """The one JSON document on standard output."""
        return json.loads(self.out)


class CommandLine:
    """``natcbus ...``, without a process of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *words: str | Path, stdin: str = "") -> Answer:
        """Run one command line."""
        feed = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        self._patch.setattr(sys, "stdin", feed)
        code = run([str(word) for word in words])
        printed = self._capsys.readouterr()
        return Answer(code, printed.out, printed.err)
