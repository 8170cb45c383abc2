"""What an engine decided once, it decides today: another behaviour is another engine."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from natcbus.contract.types.core import CountryRole
from natcbus.contract.types.hub import DeliveryRow, ReasonRow
from natcbus.routing.decision import ENGINE, View, Withheld
from natcbus.routing.digests import decision_digest
from natcbus.routing.gates import Refusal
from tests.support.golden_decisions import Golden, golden_engines, path_of, read_golden, replayed


@cache
def golden(engine: int) -> Golden:
    return read_golden(engine)


def test_the_engine_of_today_has_its_golden_decisions() -> None:
    assert ENGINE in golden_engines(), "run python -m tests.support.golden_decisions"
    assert [path_of(engine).is_file() for engine in range(1, ENGINE + 1)] == [True] * ENGINE


def test_the_engine_of_today_decides_as_it_did() -> None:
    """Where this fails, behaviour changed: raise ENGINE, and publish its golden decisions."""
    today = golden(ENGINE)

    for number, case in enumerate(today.cases):
        decided = replayed(case, today.network)
        assert decided == {key: case[key] for key in decided}, f"case {number}"


@pytest.mark.parametrize("engine", golden_engines())
def test_the_digest_of_every_decision_ever_published_can_be_computed_again(engine: int) -> None:
    then = golden(engine)

    assert then.engine == engine
    for case in then.cases:
        rows = [
            DeliveryRow(
                desk=row["desk"],
                compartments=tuple(row["compartments"]),
                because=tuple(ReasonRow(code=code) for code, _ in row["because"]),
            )
            for row in case["deliveries"]
        ]
        digest = decision_digest(rows, then.network.version, then.network.digest, engine)
        assert digest.hex() == case["digest"]


def test_the_golden_decisions_show_every_code() -> None:
    cases = golden(ENGINE).cases
    seen = Counter(
        code
        for case in cases
        for row in case["deliveries"]
        for code in (
            row["view"],
            *(code for code, _ in row["because"]),
            *(code for _, code in row["withheld"]),
        )
    ) + Counter(code for case in cases for _, code in case["denials"])

    roles = {f"ROLE_{role}" for role in CountryRole if role is not CountryRole.UNKNOWN}
    refusals = {refusal.value for refusal in Refusal if refusal is not Refusal.NOT_CANDIDATE}
    wanted = {*View, *Withheld, *refusals, *roles, "NAMED", "COMPETENCE", "PRIOR"}
    assert {code for code in wanted if seen[code] < 5} == set()
    assert 150 <= len(cases) <= 300
