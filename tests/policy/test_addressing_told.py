"""What a sender is told about a message that points wrongly: what is the matter, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from natcbus.contract.types.core import Addressing, CountryRole, Header, Purpose, Urgency
from natcbus.routing.addressing import addressing_problems, nobody_problem
from natcbus.routing.decide import decide
from natcbus.routing.network import Network
from tests.support.building import (
    AUDIENCE,
    LAST_SEEN_IN_SERBIA,
    MISSING,
    POLICY,
    SEALED,
    a_desk,
    a_header,
    a_network,
    addressed,
)

NETWORK = a_network(
    a_desk("rs.spoc"),
    a_desk("rs.border-police", "BORDER_POLICE"),
    a_desk("hu.spoc", topics=["CHILDREN", "CHILDREN_ONLINE"]),
    a_desk("techco.safety", "PARTNER_TECH"),
)
BY_NAME = addressed(desks=["hu.spoc"])


def told(
    addressing: Addressing = BY_NAME,
    *,
    header: Header | None = None,
    open_part: Mapping[str, object] = LAST_SEEN_IN_SERBIA,
    network: Network = NETWORK,
) -> list[str]:
    message = replace(header or a_header(), addressing=addressing)
    return [each.text for each in addressing_problems(MISSING, message, open_part, network)]


@pytest.mark.parametrize(
    ("addressing", "text"),
    [
        (
            addressed(),
            "points at nobody, which never means everybody: name desks, country roles or topics",
        ),
        (
            addressed(topics=["CHILDREN"], only=True),
            "`only` keeps the named desks alone and none is named: name one, or set it to false",
        ),
        (
            addressed(desks=["zz.qqqqqqqqq"]),
            "there is no desk zz.qqqqqqqqq: `natcbus network show` lists the desks",
        ),
        (
            addressed(desks=["hu.spoc"], roles=[CountryRole.TRANSIT]),
            (
                "the policy gives TRANSIT no reach for missing_person, urgency IMMEDIATE: remove "
                "it (usable roles: ADJACENT, CORRIDOR, HEADING, LAST_SEEN, NATIONALITY, ORIGIN, "
                "RESIDENCE)"
            ),
        ),
        (
            addressed(desks=["hu.spoc"], countries=[("HU", CountryRole.HEADING)]),
            "HEADING is not in addressing.roles, so HU yields nobody: add it",
        ),
        (
            addressed(desks=["hu.spoc"], corridors=["TR-BG-RS-HU"]),
            "CORRIDOR is not in addressing.roles, so the corridors yield nobody: add it",
        ),
        (
            addressed(topics=["CHILDREN", "ZZZZZ"]),
            "no desk works on ZZZZZ: `natcbus network show` lists the topics",
        ),
        (
            addressed(topics=["CHILDREM"]),
            "no desk works on CHILDREM: did you mean CHILDREN?",
        ),
    ],
)
def test_what_is_the_matter_and_what_to_do(addressing: Addressing, text: str) -> None:
    assert told(addressing) == [text]


def test_a_route_that_is_unknown() -> None:
    def of_route(name: str) -> str:
        roles = [CountryRole.CORRIDOR]
        return told(addressed(roles=roles, corridors=["RO-HU", name]))[0]

    assert of_route("TR-BG-RS-HR") == (
        "this network has no corridor TR-BG-RS-HR: did you mean TR-BG-RS-HU?"
    )
    assert of_route("ZZZZZ") == (
        "this network has no corridor ZZZZZ: `natcbus network show` lists them"
    )


def test_a_border_point_that_is_unknown() -> None:
    def of_point(code: str) -> list[str]:
        return told(open_part={"last_seen": {"country": "RS", "border_point": code}})

    assert of_point("RSHRX") == ["this network knows no border point RSHRX: did you mean RSHRG?"]
    assert of_point("ZZZZZ") == [
        "this network knows no border point ZZZZZ: leave it out where the network has none"
    ]


def test_a_role_that_no_country_plays_names_the_fields_to_fill() -> None:
    pointers = ("/likely_heading/*/country", "/route/*/country")
    routes = {**AUDIENCE.country_roles, "HEADING": pointers}
    network = replace(NETWORK, audiences={MISSING: replace(AUDIENCE, country_roles=routes)})
    heading = addressed(roles=[CountryRole.HEADING])

    assert told(heading, open_part={}, network=network) == [
        (
            "no country plays the role HEADING: fill /open/likely_heading/*/country or "
            "/open/route/*/country, add a country with the role HEADING to addressing.countries, "
            "or remove the role"
        )
    ]


def test_a_role_that_no_field_can_tell_is_filled_in_addressing_alone() -> None:
    residence = addressed(roles=[CountryRole.RESIDENCE])
    said = [
        (
            "no country plays the role RESIDENCE: add a country with the role RESIDENCE to "
            "addressing.countries, or remove the role"
        )
    ]

    assert told(residence) == said
    assert told(residence, network=replace(NETWORK, audiences={})) == said


def test_a_role_of_an_event_type_without_a_matrix_has_no_usable_role_beside_it() -> None:
    network = replace(NETWORK, policy=replace(POLICY, roles={}))

    assert told(addressed(roles=[CountryRole.HEADING]), network=network) == [
        (
            "the policy gives HEADING no reach for missing_person, urgency IMMEDIATE: remove it "
            "(usable roles: none)"
        )
    ]


def test_topics_where_the_matrix_has_none() -> None:
    header = a_header(urgency=Urgency.EXPECTED)

    assert told(addressed(topics=["CHILDREN"]), header=header) == [
        "the policy does not let topics choose desks for missing_person: remove them"
    ]


def test_who_may_not_publish_is_told_whom_to_ask() -> None:
    assert told(header=a_header(from_="techco.safety")) == [
        "techco is PARTNER and may not publish missing_person: ask the secretariat for the right"
    ]


def test_a_purpose_that_the_policy_does_not_know_is_answered_with_those_it_knows() -> None:
    assert told(header=a_header(purpose=Purpose.RESEARCH_STATISTICS)) == [
        (
            "the network's policy knows no purpose RESEARCH_STATISTICS: choose one of "
            "LOCATE_PERSON, PROTECT_VICTIM"
        )
    ]


def test_a_message_that_no_desk_would_get() -> None:
    to_nobody = decide(MISSING, a_header(), LAST_SEEN_IN_SERBIA, SEALED, NETWORK)
    roles = [CountryRole.LAST_SEEN]
    header = a_header(addressing=addressed(roles=roles, exclude=["rs.border-police"]))
    all_refused = decide(MISSING, header, LAST_SEEN_IN_SERBIA, SEALED, NETWORK)

    problems = [nobody_problem(to_nobody), nobody_problem(all_refused)]

    assert [problem.text for problem in problems if problem is not None] == [
        "no desk would get this message: name a desk, or add a country role or a topic",
        (
            "no desk would get this message, each candidate is refused "
            "(EXCLUDED_BY_SENDER 1, OWN_DESK 1): `natcbus preview` says why"
        ),
    ]
