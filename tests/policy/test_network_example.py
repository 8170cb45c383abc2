"""The example Network: what it holds, and that its published schema says the same as the loader."""

from __future__ import annotations

import json
import random
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.countries import COUNTRIES
from natcbus.contract.types.core import Clearance
from natcbus.routing.describing import describe_desks, describe_members, describe_policy, in_words
from natcbus.routing.errors import NetworkError
from natcbus.routing.loading import load_network
from natcbus.routing.network import Desk, Network, Reach, Tier
from natcbus.routing.published import network_schema, schema_text
from natcbus.routing.transfers import covering
from natcbus.routing.vocabulary import ORGANISATION_TYPES, PURPOSES, STATUSES
from tests.support.networks import (
    EXAMPLE,
    SMALL,
    SMALL_AUDIENCES,
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
    assert [each.code for each in members if each.country is None] == ["icmpd"]


def test_two_observers_are_on_the_route_and_two_partners_beside_it(network: Network) -> None:
    tiers = Counter(member.tier for member in network.members.values())
    assert tiers == {Tier.MEMBER: 13, Tier.OBSERVER: 2, Tier.PARTNER: 2}
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


@pytest.mark.parametrize("desk", desks(), ids=lambda desk: desk.id)
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


def test_every_desk_of_a_member_may_get_what_any_member_sends_to_it(network: Network) -> None:
    """Who is left out of the register of transfers is left out on purpose: partners and guests."""
    sent_at = datetime(2027, 1, 1, tzinfo=UTC)
    states = [
        each for each in network.members.values() if each.tier is not Tier.PARTNER and each.country
    ]
    for sender in states:
        covered = covering(network.transfers[sender.code], "LED", sent_at)
        for desk in network.desks.values():
            receiver = network.members[desk.member]
            if receiver.tier is Tier.PARTNER or receiver == sender:
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


def test_the_published_schema_is_the_one_that_the_loader_gives() -> None:
    published = (EXAMPLE / "schema" / "network.schema.json").read_text("utf-8")
    assert published == schema_text(load_catalogue().types)
    Draft202012Validator.check_schema(json.loads(published))


@pytest.mark.parametrize(("file", "text"), sorted(example_files().items()))
def test_the_published_schema_accepts_the_example(file: str, text: str) -> None:
    validator = Draft202012Validator(json.loads(schema_text(load_catalogue().types)))
    assert not list(validator.iter_errors(as_editors_read(yaml.safe_load(text))))
    head = text.splitlines()[0]
    assert head.startswith("# yaml-language-server: $schema=")
    schema = (EXAMPLE / file).parent / head.partition("=")[2]
    assert schema.resolve().is_file()


def as_editors_read(value: object) -> object:
    """YAML 1.2 has no dates: an editor sees the text."""
    if isinstance(value, dict):
        return {key: as_editors_read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_editors_read(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


ODD: Final[list[object]] = [
    *(None, True, 0, 1, -1, 3.5, "", "X", "F", "ALL", "MEMBER", "RS", "rs", "rs.spoc", "P3D"),
    *("missing_person", "IMMEDIATE", "SPOC_24_7", "24/7", "x" * 700, "two\nlines", " ", []),
    *({}, ["RS"], ["X"], ["SPOC_24_7", "SPOC_24_7"], {"X": 1}, {"reach": "F"}, {"en": "Name"}),
]
# What several files say together, and which topics there are.
ONLY_THE_LOADER_SEES: Final = {
    *("MISSING_SECTION", "MISSING_EVENT_TYPE", "MISSING_PURPOSE", "MISSING_TLP_LEVEL"),
    *("MISSING_TIER", "MISSING_URGENCY", "UNKNOWN_TOPIC", "DUPLICATE_KEY"),
    *("FOREIGN_DESK", "COUNTRY_TAKEN", "OWN_NEIGHBOUR", "ONE_WAY_ADJACENCY"),
    *("UNREACHABLE_ORGANISATION_TYPE", "UNREACHABLE_DESK"),
    *("GROUP_IS_MEMBER", "UNKNOWN_MEMBER", "UNKNOWN_PARTY", "DUPLICATE_NAME"),
}


def places_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The paths of everything inside ``value``."""
    inside: list[tuple[object, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    below = [place for key, each in inside for place in places_in(each, (*path, key))]
    return [path, *below] if path else below


@st.composite
def changed_file(draw: st.DrawFn) -> tuple[str, object]:
    """A file of the small network with one change somewhere."""
    name = draw(st.sampled_from(sorted(SMALL)))
    whole = deepcopy(yaml.safe_load(SMALL[name]))
    *path, last = draw(st.sampled_from(places_in(whole)))
    holder = whole
    for key in path:
        holder = holder[key]
    match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
        case "replace":
            holder[last] = deepcopy(draw(st.sampled_from(ODD)))
        case "remove":
            del holder[last]
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(["odd", "RS", "OTHERWISE", "hu.spoc"]))] = holder.pop(last)
        case _ if isinstance(holder, dict):
            holder["odd"] = deepcopy(draw(st.sampled_from(ODD)))
        case _:
            holder.append(deepcopy(draw(st.sampled_from(ODD))))
    return name, whole


@settings(max_examples=400, deadline=None)
@given(changed_file())
def test_schema_and_loader_agree_on_what_a_file_may_say(changed: tuple[str, object]) -> None:
    name, whole = changed
    try:
        load_network({**SMALL, name: yaml.safe_dump(whole)}, SMALL_AUDIENCES)
    except NetworkError as error:
        codes = {problem.code for problem in error.problems}
    else:
        codes = set()
    validator = Draft202012Validator(network_schema(SMALL_AUDIENCES))
    accepted = validator.is_valid(as_editors_read(whole))
    if accepted:
        assert codes <= ONLY_THE_LOADER_SEES
    else:
        assert codes


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
    assert ("TRKPU", "Kapıkule", "BG, TR", "yes") in policy["Border points"]  # noqa: RUF001 - Turkish
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
