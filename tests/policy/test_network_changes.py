"""A change of the Network changes what it says, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from itertools import islice

import yaml

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.golden import EXAMPLE_DEFAULTS
from natcbus.contract.reading import Event, read_event
from natcbus.routing.decide import decide
from natcbus.routing.decision import Decision
from natcbus.routing.loading import load_network
from tests.support.mutations import mutants
from tests.support.networks import example_files, example_network, shuffled

EVENTS = 300
GONE = "hr.labour"


@cache
def events() -> tuple[Event, ...]:
    """Mutants of the examples, none sent by the desk that goes and none naming it."""
    written = (
        event
        for event in mutants(7, example_network())
        if event["header"]["from"] != GONE and GONE not in event["header"]["addressing"]["desks"]
    )
    catalogue = load_catalogue()
    return tuple(
        read_event(event, catalogue, EXAMPLE_DEFAULTS) for event in islice(written, EVENTS)
    )


def decisions(files: Mapping[str, str]) -> list[Decision]:
    network = load_network(files, load_catalogue().audiences)
    return [
        decide(each.type.name, each.header, each.open, each.sealed, network) for each in events()
    ]


def test_a_desk_that_goes_takes_its_own_rows_along_and_no_other() -> None:
    files = dict(example_files())
    croatia = yaml.safe_load(files["members/hr.yaml"])
    del croatia["members"]["hr"]["desks"][GONE]
    before = decisions(files)
    after = decisions(files | {"members/hr.yaml": yaml.safe_dump(croatia, allow_unicode=True)})

    assert any(row.desk == GONE for each in before for row in each.deliveries)
    assert any(row.desk == GONE for each in before for row in each.denials)
    for old, new in zip(before, after, strict=True):
        assert [row for row in old.deliveries if row.desk != GONE] == list(new.deliveries)
        assert [row for row in old.denials if row.desk != GONE] == list(new.denials)


def test_the_order_of_the_yaml_means_nothing() -> None:
    chance = random.Random(5)  # noqa: S311 - repeatable, not secret
    reordered = {
        name: yaml.safe_dump(
            shuffled(yaml.safe_load(text), chance), allow_unicode=True, sort_keys=False
        )
        for name, text in reversed(list(example_files().items()))
    }
    assert [each.digest for each in decisions(reordered)] == [
        each.digest for each in decisions(example_files())
    ]
