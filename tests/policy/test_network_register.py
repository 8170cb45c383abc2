"""What the example Network says of transfers, clearance, routes, border points and small counts."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import pytest

from natcbus.contract.types.core import Clearance
from natcbus.routing.network import Network, Tier
from natcbus.routing.transfers import covering
from tests.support.networks import example_network

LED: Final = {"SPOC_24_7", "POLICE_THB", "BORDER_POLICE", "CYBERCRIME", "PROSECUTION"}


@pytest.fixture(scope="module", name="network")
def _network() -> Network:
    return example_network()


def test_every_desk_of_a_member_may_get_what_any_member_sends_to_it(network: Network) -> None:
    """Who is left out of the register is left out on purpose: partners, guests, the canary."""
    sent_at = datetime(2027, 1, 1, tzinfo=UTC)
    states = [
        each for each in network.members.values() if each.tier is not Tier.PARTNER and each.country
    ]
    for sender in states:
        covered = covering(network.transfers[sender.code], "LED", sent_at)
        for desk in network.desks.values():
            receiver = network.members[desk.member]
            if receiver.tier is Tier.PARTNER or receiver.code in {sender.code, "canary"}:
                continue
            receivers = covered.get(desk.regime, ())
            assert any(desk.member in each for each in receivers), (sender.code, desk.id)


def test_a_trade_union_gets_nothing_that_police_collected(network: Network) -> None:
    covered = covering(network.transfers["mk"], "LED", datetime(2027, 1, 1, tzinfo=UTC))
    assert not any("primersindikat" in each for each in covered["GDPR"])


def test_police_desks_are_cleared_and_services_are_not(network: Network) -> None:
    for desk in network.desks.values():
        cleared = desk.organisation in LED or desk.organisation == "NATIONAL_COORDINATOR"
        assert (desk.clearance is not Clearance.NONE) is cleared, desk.id
        assert desk.majors == {1}
        assert not desk.suspended


def test_corridors_are_named_by_their_countries_and_run_over_borders(network: Network) -> None:
    assert {"TR-BG-RS-HU", "GR-MK-RS-HR-SI", "UA-MD-RO-BG", "AL-IT"} <= set(
        network.policy.corridors
    )
    for name, corridor in network.policy.corridors.items():
        stations = name.split("-")
        assert set(stations) == corridor.countries
        ferry = name == "AL-IT"
        for one, next_one in pairwise(stations):
            assert ferry or next_one in network.neighbours[one], name


def test_border_points_lie_between_neighbours_one_of_which_gives_the_code(
    network: Network,
) -> None:
    assert len(network.border_points) >= 60
    members = {each.country for each in network.members.values()}
    for code, point in network.border_points.items():
        one, other = point.between
        assert other in network.neighbours[one], code
        assert code[:2] in point.between, code
        assert point.between & members, code


def test_every_land_border_between_two_members_has_a_point(network: Network) -> None:
    known = {point.between for point in network.border_points.values()}
    members = {each.country for each in network.members.values() if each.country is not None}
    borders = {
        frozenset({country, neighbour})
        for country, neighbours in network.neighbours.items()
        for neighbour in neighbours
        if {country, neighbour} <= members
    }
    assert borders - known == set()


def test_counts_below_five_are_small(network: Network) -> None:
    assert network.policy.small_cell == 5
