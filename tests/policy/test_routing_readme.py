"""What the README of routing shows is what the command says today."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import CommandLine
from tests.support.routing_readme import README, SITUATIONS, made, page


def test_the_readme_shows_what_the_code_says(natcbus: CommandLine) -> None:
    def run(event: Path, desk: str, network: Path) -> str:
        answer = natcbus("why-not", event, "--desk", desk, "--network", network)
        return answer.out + answer.err

    text = README.read_text("utf-8")
    again = "run python -m tests.support.routing_readme"
    assert page(text, made(run)).splitlines() == text.splitlines(), again


def test_there_are_ten_situations_about_as_many_rules() -> None:
    text = README.read_text("utf-8")
    codes = [
        *("NOT_CANDIDATE", "TLP_RED_NOT_NAMED", "TLP_SCOPE", "PURPOSE_MISMATCH"),
        *("H2_NO_PROVIDER_CONSENT", "CONFLICT_OF_INTEREST", "NO_TRANSFER_BASIS", "CLEARANCE"),
        *("SUSPENDED", "FIELD_MASKED_PII"),
    ]
    situations = text.split("\n### ")[1:]

    assert len(situations) == len(SITUATIONS) == len(codes)
    assert [code in shown for code, shown in zip(codes, situations, strict=True)] == [True] * 10
