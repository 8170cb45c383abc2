"""Who gets what, decided twice: by ``natcbus.routing``, and by an oracle written without it.

``NATCBUS_ORACLE_SEED`` draws other cases than those of every day.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest

from natcbus.routing.gates import Refusal
from natcbus.routing.loading import load_network
from tests.support.oracle import Verdict
from tests.support.oracle_book import read_audiences
from tests.support.oracle_comparison import Compared, compare, compare_about
from tests.support.oracle_gates import GATES
from tests.support.oracle_messages import Author
from tests.support.oracle_question import Question
from tests.support.oracle_shrinking import described, smallest
from tests.support.oracle_worlds import ROLES, SMALL, World, world, worlds

SEED: Final = int(os.environ.get("NATCBUS_ORACLE_SEED", "20260302"))
NETWORKS: Final = 200
MESSAGES: Final = 510
LEAST: Final = 100
"""How often each code must occur, so that agreeing about it means something."""

CODES: Final = (
    *(f"delivery {code}" for code in ("NAMED", "COMPETENCE", "PRIOR")),
    *(f"delivery ROLE_{role}" for role in ROLES),
    "delivery by a derived heading",
    *(f"view {name}" for name in ("full", "reduced", "notice")),
    *(
        f"withheld {code}"
        for code in ("AUDIENCE", "FIELD_MASKED_PII", "SMALL_CELL", "REACH", "PURPOSE_REACH")
    ),
    *(f"denial {code}" for code, _ in GATES),
    "owed recall",
    *(f"why-not {outcome}" for outcome in ("RECEIVES", "DENIED", "NOT_CANDIDATE", "NO_SUCH_DESK")),
)


@pytest.mark.timeout(900)
def test_routing_and_the_oracle_agree(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.perf_counter()
    seen: Counter[str] = Counter()
    for number, (question, within, desk) in enumerate(_cases(), start=1):
        compared = compare(question, within)
        asked = compare_about(desk, question, within, compared.verdict)
        if compared.differences or asked.differences:
            pytest.fail(_told(number, desk, question, within))
        seen.update(compared.seen)
        seen.update(asked.seen)
    with capsys.disabled():
        print(_table(seen, time.perf_counter() - began))  # noqa: T201 - read by people
    assert {code: seen[code] for code in CODES if seen[code] < LEAST} == {}


def test_the_oracle_has_a_gate_for_every_refusal() -> None:
    assert {code for code, _ in GATES} == {code.value for code in Refusal} - {"NOT_CANDIDATE"}


def test_a_disagreement_is_told_with_nothing_that_could_be_left_out() -> None:
    """The oracle reads that hu.border may locate persons; routing has loaded another Network."""
    small = SMALL.read_text("utf-8")
    honest = world({SMALL.name: small}, read_audiences())
    wrong = small.replace("BORDER_POLICE: F, HOTLINE: R", "BORDER_POLICE: R, HOTLINE: R")
    assert wrong != small
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    author = Author(chance, honest.book)

    def differs(question: Question, within: World) -> bool:
        lied_to = World(within.book, _believing(within, "LOCATE_PERSON", "BORDER_POLICE"))
        return bool(compare(question, lied_to).differences)

    question = next(each for each in iter(author.question, None) if differs(each, honest))
    found, within = smallest(question, honest, differs)

    assert [party.id for party in within.book.parties()] == [found.header.addressing.desks[0]]
