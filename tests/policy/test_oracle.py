"""Who gets what, decided twice: by ``natcbus.routing``, and by an oracle written without it.

``NATCBUS_ORACLE_SEED`` draws other cases than those of every day.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

import pytest

from natcbus.contract.types.core import CountryRole
from natcbus.routing.decision import View, Withheld
from natcbus.routing.gates import Refusal
from natcbus.routing.network import Reach
from natcbus.routing.why_not import Outcome
from tests.support.oracle_book import read_audiences
from tests.support.oracle_comparison import compare
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
    for number, (question, within, asked) in enumerate(_cases(SEED)):
        compared = compare(question, within, asked)
        if compared.differences:
            pytest.fail(_disagreement(number, question, within, asked), pytrace=False)
        seen.update(compared.seen)
    with capsys.disabled():
        print(_table(seen, time.perf_counter() - began))  # noqa: T201 - read by people
    assert {code: seen[code] for code in CODES if seen[code] < LEAST} == {}


def test_every_code_of_routing_is_covered() -> None:
    gates = {f"denial {code.value}" for code in Refusal} - {"denial NOT_CANDIDATE"}
    withheld = {f"withheld {code.value}" for code in Withheld}
    views = {f"view {name.value}" for name in View}
    outcomes = {f"why-not {outcome.value}" for outcome in Outcome}
    roles = {f"delivery ROLE_{role.value}" for role in CountryRole} - {"delivery ROLE_UNKNOWN"}

    assert gates | withheld | views | outcomes | roles <= set(CODES)


def test_a_disagreement_is_told_with_little_around_it() -> None:
    """Routing is made to believe that border police get less for LOCATE_PERSON than is written."""
    honest = world({SMALL.name: SMALL.read_text("utf-8")}, read_audiences())

    def differs(question: Question, within: World) -> bool:
        return bool(compare(question, _believing_less(within), "rs.spoc").differences)

    author = Author(_chance(SEED), honest.book)
    question = next(each for each in iter(author.question, None) if differs(each, honest))

    smaller, within = smallest(question, honest, differs)

    assert len(list(within.book.parties())) <= 2  # the desk, and at most the one that sent it
    assert len(smaller.present) == 1
    assert "purpose: LOCATE_PERSON" in described(smaller, within)


def _believing_less(within: World) -> World:
    policy = within.network.policy
    row = {**policy.purposes["LOCATE_PERSON"], "BORDER_POLICE": Reach.NOTICE}
    purposes = {**policy.purposes, "LOCATE_PERSON": row}
    return replace(
        within, network=replace(within.network, policy=replace(policy, purposes=purposes))
    )


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, not secret


def _cases(seed: int) -> Iterator[tuple[Question, World, str]]:
    """Messages under Networks, with a desk to ask ``why_not`` about."""
    chance = _chance(seed)
    for within in islice(worlds(chance), NETWORKS):
        author = Author(chance, within.book)
        desks = [party.id for party in within.book.parties()]
        for _ in range(MESSAGES):
            yield author.question(), within, chance.choice([*desks, "rs.nobody"])


def _disagreement(number: int, question: Question, within: World, asked: str) -> str:
    def differs(smaller: Question, inside: World) -> bool:
        return bool(compare(smaller, inside, asked).differences)

    smaller, inside = smallest(question, within, differs)
    return "\n".join(
        [
            f"Case {number} of seed {SEED}, with nothing in it that could be left out:",
            described(smaller, inside),
            *compare(smaller, inside, asked).differences,
        ]
    )


def _table(seen: Counter[str], seconds: float) -> str:
    cases = NETWORKS * MESSAGES
    rows = [f"  {code:<40}{count:>9,}" for code, count in sorted(seen.items())]
    title = f"{cases:,} cases, seed {SEED}, {cases / seconds:,.0f} a second"
    return "\n".join(["", title, *rows])
