"""The Network as tables, for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from natcbus.routing.describing import describe_desks, describe_members, describe_policy, in_words
from natcbus.routing.network import Network
from tests.support.networks import example_network


@pytest.fixture(scope="module", name="network")
def _network() -> Network:
    return example_network()


def test_its_tables_can_be_shown(network: Network) -> None:
    tables = [describe_members(network), describe_desks(network), *describe_policy(network)]
    for table in tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert ("xk", "Kosovo", "MEMBER", "XK", "4") in describe_members(network).rows
    assert [row[0] for row in describe_desks(network, "icmpd").rows] == [
        "icmpd.dpo",
        "icmpd.secretariat",
    ]
    policy = {table.title: table.rows for table in describe_policy(network)}
    assert ("RED", "", "nobody") in policy["Traffic Light Protocol"]
    assert ("missing_person", "IMMEDIATE", "read", "15 min") in policy["Clocks"]
    assert ("eu", "bg, hr, hu, ro, si") in policy["Groups"]
    assert ("RSHRG", "Horgoš", "HU, RS", "no") in policy["Border points"]
    assert ("MKTBN", "Tabanovce", "MK, RS", "yes") in policy["Border points"]
    union = next(row for row in policy["Transfers"] if row[0] == "Law of the Union")
    assert union[1:] == ("eu", "eu, icmpd", "GDPR, LED", "ADEQUACY", "no end", "yes")


def test_who_is_suspended_is_shown_as_such(network: Network) -> None:
    members = {**network.members, "rs": replace(network.members["rs"], suspended=True)}
    desks_ = {**network.desks, "hu.spoc": replace(network.desks["hu.spoc"], suspended=True)}
    shown = replace(network, members=members, desks=desks_)

    assert ("rs", "Serbia", "MEMBER, suspended", "RS", "8") in describe_members(shown).rows
    assert describe_desks(shown, "hu").rows[-2][5] == "none, suspended"


def test_durations_are_said_in_words() -> None:
    assert in_words(timedelta(days=1, hours=12)) == "1 d 12 h"
    assert in_words(timedelta(seconds=90)) == "1 min 30 s"
