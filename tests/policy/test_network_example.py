"""The example Network: what it holds, and how its tables reach people."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Final

import pytest
import yaml

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.countries import COUNTRIES
from natcbus.operations.canary.message import READS, SENDS
from natcbus.routing.loading import load_network
from natcbus.routing.network import Desk, Network, Reach, Tier
from natcbus.routing.vocabulary import ORGANISATION_TYPES, PURPOSES, STATUSES
from tests.support.networks import (
    example_files,
    example_network,
    shuffled,
)

REGION: Final = {"AL", "BA", "BG", "HR", "HU", "XK", "MD", "ME", "MK", "RO", "RS", "SI"}
BORDERS: Final = """
    AL ME XK MK GR; BA HR RS ME; BG RO RS MK GR TR; HR SI HU RS BA ME; HU AT SK UA RO RS HR SI;
    XK AL ME MK RS; MD RO UA; ME HR BA RS XK AL; MK XK RS BG GR AL; RO UA MD BG RS HU;
    RS HU RO BG MK XK ME BA HR; SI IT AT HU HR; TR GR BG; UA PL SK HU RO MD
"""
AUTHORITIES: Final = {
    "NATIONAL_COORDINATOR",
    "SPOC_24_7",
    "POLICE_THB",
    "BORDER_POLICE",
    "CYBERCRIME",
    "PROSECUTION",
    "LABOUR_INSPECTION",
    "NRM_CONTACT",
    "ASYLUM_RECEPTION",
    "CONSULAR",
}
SERVICES: Final = {"HOTLINE", "HEALTH", "MOBILE_TEAM", "NGO_SHELTER", "SOCIAL_SERVICE"}
LED: Final = {"SPOC_24_7", "POLICE_THB", "BORDER_POLICE", "CYBERCRIME", "PROSECUTION"}
CANARY: Final = "canary"
FULL, REDUCED, NOTICE = Reach.FULL, Reach.REDUCED, Reach.NOTICE


@pytest.fixture(scope="module", name="network")
def _network() -> Network:
    return example_network()


@cache
def desks() -> list[Desk]:
    return list(example_network().desks.values())


def test_it_says_that_it_is_an_example_and_no_claim(network: Network) -> None:
    assert network.example
    assert "no claim about who is a member" in network.about


def test_the_states_of_the_region_are_members(network: Network) -> None:
    members = [each for each in network.members.values() if each.tier is Tier.MEMBER]
    assert {each.country for each in members if each.country is not None} == REGION
    assert {each.code for each in members if each.country is None} == {"icmpd", CANARY}


def test_two_observers_are_on_the_route_and_two_partners_beside_it(network: Network) -> None:
    tiers = Counter(member.tier for member in network.members.values())
    assert tiers == {Tier.MEMBER: 14, Tier.OBSERVER: 2, Tier.PARTNER: 2}
    observers = [each for each in network.members.values() if each.tier is Tier.OBSERVER]
    assert {each.country for each in observers} == {"TR", "UA"}


def test_a_members_code_is_its_country_and_kosovo_has_its_note(network: Network) -> None:
    for member in network.members.values():
        assert member.country is None or member.code == member.country.lower()
    assert set(network.designations) == {"XK"}
    assert "UNSCR 1244/1999" in network.designations["XK"]


def test_there_are_about_seventy_desks(network: Network) -> None:
    assert 65 <= len(network.desks) <= 80


def test_each_state_of_the_region_has_a_single_point_of_contact_and_border_police(
    network: Network,
) -> None:
    for country in REGION:
        kinds = {desk.organisation for desk in network.desks_by_country[country]}
        assert {"SPOC_24_7", "BORDER_POLICE", "NATIONAL_COORDINATOR"} <= kinds
        code = country.lower()
        assert network.desks[f"{code}.spoc"].organisation == "SPOC_24_7"
        assert network.desks[f"{code}.border-police"].organisation == "BORDER_POLICE"


def test_the_canarys_desks_are_enrolled_for_system_alone_and_nobody_else_is() -> None:
    """So nothing else reaches them, and no person ever sees a canary."""
    enrolled = [desk for desk in desks() if "SYSTEM" in desk.statuses]
    assert {desk.id for desk in enrolled} == {SENDS, READS}
    assert all(desk.statuses == {"SYSTEM"} and not desk.competences for desk in enrolled)


@pytest.mark.parametrize(
    "desk", [each for each in desks() if each.member != CANARY], ids=lambda desk: desk.id
)
def test_every_desk_says_what_routing_and_people_need(desk: Desk) -> None:
    assert desk.id.partition(".")[0] == desk.member
    assert desk.organisation in ORGANISATION_TYPES
    assert desk.competences
    assert desk.purposes
    assert desk.purposes <= PURPOSES
    assert "ACTUAL" in desk.statuses
    assert desk.statuses <= STATUSES
    assert "en" in desk.languages
    assert desk.regime == ("LED" if desk.organisation in LED else "GDPR")
    assert desk.organisation != "SPOC_24_7" or desk.hours == "24/7"


def test_services_are_not_enrolled_for_exercises(network: Network) -> None:
    services = [desk for desk in network.desks.values() if desk.organisation in SERVICES]
    assert services
    assert all(desk.statuses == {"ACTUAL"} for desk in services)


def test_a_desk_is_accredited_for_nothing_that_its_type_is_not_admitted_to(
    network: Network,
) -> None:
    for desk in network.desks.values():
        for purpose in desk.purposes:
            assert desk.organisation in network.policy.purposes[purpose], (desk.id, purpose)


def test_every_topic_has_a_desk(network: Network) -> None:
    assert set(network.desks_by_topic) == set(network.topics)


def test_the_desks_of_the_contracts_examples_exist(network: Network) -> None:
    wanted = {"rs.spoc", "bg.cybercrime"}
    wanted |= {f"{member}.thb-police" for member in ("si", "hr", "hu", "rs")}
    assert wanted <= network.desks.keys()


def test_neighbours_are_those_of_the_map_and_each_names_the_other(network: Network) -> None:
    for row in BORDERS.split(";"):
        country, *borders = row.split()
        assert network.neighbours[country] == set(borders)
    for country, neighbours in network.neighbours.items():
        assert country in COUNTRIES
        assert country not in neighbours
        assert all(country in network.neighbours[neighbour] for neighbour in neighbours)


def test_a_missing_person_reaches_countries_as_the_matrix_says(network: Network) -> None:
    immediate, otherwise = network.policy.roles["missing_person"]
    assert immediate.urgencies == frozenset({"IMMEDIATE"})
    assert {role: cell.reach for role, cell in immediate.roles.items()} == {
        "LAST_SEEN": FULL,
        "HEADING": FULL,
        "NATIONALITY": FULL,
        "ORIGIN": REDUCED,
        "TRANSIT": REDUCED,
        "DESTINATION": FULL,
        "RECRUITMENT": REDUCED,
        "RESIDENCE": FULL,
        "HOLDING_EVIDENCE": REDUCED,
        "ADJACENT": REDUCED,
        "CORRIDOR": REDUCED,
    }
    assert immediate.roles["ADJACENT"].to == frozenset({"SPOC_24_7", "BORDER_POLICE"})
    assert {role: cell.reach for role, cell in otherwise.roles.items()} == {
        "LAST_SEEN": FULL,
        "HEADING": FULL,
        "NATIONALITY": REDUCED,
        "ORIGIN": REDUCED,
        "DESTINATION": REDUCED,
        "RESIDENCE": REDUCED,
        "CORRIDOR": NOTICE,
    }


def test_a_missing_person_reaches_no_shelter_that_is_not_named(network: Network) -> None:
    for row in network.policy.roles["missing_person"]:
        for cell in row.roles.values():
            assert cell.to is not None
            assert not cell.to & {"NGO_SHELTER", "MOBILE_TEAM", "SOCIAL_SERVICE"}


def test_an_advertisement_reaches_origin_and_destination_fully(network: Network) -> None:
    (row,) = network.policy.roles["recruitment_ad"]
    assert {role: cell.reach for role, cell in row.roles.items()} == {
        "ORIGIN": FULL,
        "TRANSIT": REDUCED,
        "DESTINATION": FULL,
        "RECRUITMENT": FULL,
        "POSTING": REDUCED,
        "HOLDING_EVIDENCE": REDUCED,
        "CORRIDOR": NOTICE,
    }


def test_a_joint_action_day_reaches_no_country_by_its_role(network: Network) -> None:
    (row,) = network.policy.roles["joint_action_day"]
    assert row.roles == {}
    assert row.topics is not None
    assert row.topics.reach is NOTICE


def test_purposes_admit_whom_the_field_admits(network: Network) -> None:
    purposes = network.policy.purposes
    assert purposes["LOCATE_PERSON"] == {
        "SPOC_24_7": FULL,
        "BORDER_POLICE": FULL,
        "POLICE_THB": FULL,
        "HOTLINE": REDUCED,
        "NATIONAL_COORDINATOR": NOTICE,
    }
    assert "BORDER_POLICE" not in purposes["PROTECT_VICTIM"]
    assert "NGO_SHELTER" not in purposes["INVESTIGATE"]
    assert set(purposes["LABOUR_INSPECTION"]) == {
        "LABOUR_INSPECTION",
        "POLICE_THB",
        "NATIONAL_COORDINATOR",
    }
    assert purposes["PREVENT"]["TRADE_UNION"] is REDUCED
    assert set(purposes["RESEARCH_STATISTICS"].values()) == {NOTICE}


def test_the_traffic_light_protocol_says_who_gets_it_without_being_named(network: Network) -> None:
    tlp = {level: dict(scope.tiers) for level, scope in network.policy.tlp.items()}
    everybody = dict.fromkeys((Tier.MEMBER, Tier.OBSERVER, Tier.GUEST))
    assert tlp == {
        "RED": {},
        "AMBER_STRICT": {Tier.MEMBER: AUTHORITIES},
        "AMBER": {
            Tier.MEMBER: AUTHORITIES | SERVICES,
            Tier.OBSERVER: AUTHORITIES,
            Tier.GUEST: AUTHORITIES,
        },
        "GREEN": everybody,
        "CLEAR": {**everybody, Tier.PARTNER: None},
    }


def test_partners_publish_advertisements_alone(network: Network) -> None:
    publishes = network.policy.publishes
    assert publishes[Tier.PARTNER] == {"recruitment_ad"}
    assert publishes[Tier.MEMBER] == set(load_catalogue().types)


def test_an_immediate_alert_is_due_in_a_minute_a_quarter_of_an_hour_and_eight_hours(
    network: Network,
) -> None:
    immediate = network.policy.clocks["missing_person"][0]
    assert {clock.name: clock.after for clock in immediate.clocks} == {
        "delivered": timedelta(minutes=1),
        "read": timedelta(minutes=15),
        "substantive": timedelta(hours=8),
    }


def test_audience_tables_speak_of_known_organisation_types(network: Network) -> None:
    for audience in network.audiences.values():
        assert set(audience.compartments) <= ORGANISATION_TYPES


def test_without_one_desk_everything_else_is_the_same(network: Network) -> None:
    files = example_files()
    rows = yaml.safe_load(files["members/rs.yaml"])
    del rows["members"]["rs"]["desks"]["rs.hotline"]
    files["members/rs.yaml"] = yaml.safe_dump(rows)
    fewer = load_network(files, load_catalogue().audiences)
    assert network.desks.keys() - fewer.desks.keys() == {"rs.hotline"}
    assert all(network.desks[desk] == fewer.desks[desk] for desk in fewer.desks)
    assert fewer.policy == network.policy
    assert fewer.digest != network.digest


def test_its_yaml_in_another_order_gives_the_same_network(network: Network) -> None:
    for seed in range(5):
        chance = random.Random(seed)  # noqa: S311 - an order, not a secret
        files = [
            (name, yaml.safe_dump(shuffled(yaml.safe_load(text), chance), sort_keys=False))
            for name, text in example_files().items()
        ]
        again = load_network(
            dict(chance.sample(files, len(files))), dict(reversed(list(network.audiences.items())))
        )
        assert again == network
