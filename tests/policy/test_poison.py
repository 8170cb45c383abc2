"""Every recipe of the fault tests' poison, through the router alone: refused, and why."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Final

import pytest

from natcbus.contract.types.hub import Outcome
from natcbus.hub.router import HubRouter
from tests.support.messages import Letter, a_letter, balkans, header_of, inbound
from tests.support.poison import AGAIN, RECIPES, Larder, Poison, Recipe, poisons
from tests.support.rulings import ruled

SIDES: Final = balkans()
SEED: Final = 20261
EACH: Final = 40


def letters(sender: str, count: int, first: int) -> Iterator[Letter]:
    member = sender.split(".", maxsplit=1)[0]
    for number in range(first, first + count):
        message_id = f"0195f3a0-0000-7000-8000-{number:012}"
        thread_id = f"{member}.{message_id}"
        header = header_of(from_=sender, message_id=message_id, thread_id=thread_id)
        yield a_letter(SIDES, header)


@cache
def kitchen() -> tuple[Larder, HubRouter]:
    """What ``rs`` has in store, and a hub that has routed part of it."""
    fresh, routed = list(letters("rs.spoc", 6, 100)), list(letters("rs.spoc", 3, 200))
    foreign = [each.value for each in letters("hu.spoc", 3, 300)]
    router = HubRouter(SIDES.world)
    for number, letter in enumerate(routed):
        ruling = ruled(SIDES, letter.record(offset=number), router=router)
        assert ruling.decision.outcome is Outcome.ROUTED
        router.acknowledged(ruling.record, ruling.routed)
    sent = [each.value for each in routed]
    unsent = [each.value for each in fresh]
    return Larder("rs", SIDES.signer("rs"), unsent, sent, foreign), router


@pytest.mark.parametrize(
    ("recipe", "may"),
    [(recipe, may) for recipe, may, _ in RECIPES],
    ids=[recipe.__name__ for recipe, _, _ in RECIPES],
)
def test_what_no_member_should_write_reaches_nobody_and_is_told_why(
    recipe: Recipe, may: frozenset[Outcome]
) -> None:
    larder, router = kitchen()
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    for number in range(EACH):
        value = recipe(chance, larder)
        ruling = ruled(SIDES, inbound(value, offset=1000 + number), router=router)
        assert ruling.decision.outcome in may, (number, ruling.decision)
        assert not ruling.feeds
        assert bool(ruling.codes) is (may != AGAIN)


def test_a_seed_makes_the_same_choices() -> None:
    larder, _ = kitchen()

    def made(seed: int) -> list[Poison]:
        return list(islice(poisons(seed, [larder], {"rs": [b"rs.a"]}), 50))

    assert made(1) == made(1)
    assert made(1) != made(2)
