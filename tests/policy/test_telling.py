"""Who may be told what about a decision."""

from __future__ import annotations

import pytest

from natcbus.contract.types.core import Clearance, CountryRole, Header, Status, Tlp
from natcbus.routing.telling import Telling, may_be_told
from tests.support.building import (
    LAST_SEEN_IN_SERBIA,
    MISSING,
    a_desk,
    a_header,
    a_network,
    addressed,
)

NETWORK = a_network(
    a_desk("rs.spoc"),
    a_desk("rs.post"),
    a_desk("hu.spoc"),
    a_desk("hu.post", majors=frozenset({2})),
    a_desk("hu.shelter", "NGO_SHELTER"),
    a_desk("hu.dpo", "DPO"),
    a_desk("bg.audit", "AUDITOR"),
    a_desk("bg.spoc", clearance=Clearance.SECRET),
)


def told(desk: str, header: Header | None = None) -> Telling:
    message = header or a_header(addressing=addressed(roles=[CountryRole.HEADING]))
    return may_be_told(desk, MISSING, message, LAST_SEEN_IN_SERBIA, NETWORK)


def naming(*desks: str, tlp: Tlp = Tlp.AMBER) -> Header:
    return a_header(tlp=tlp, addressing=addressed(desks=desks))


@pytest.mark.parametrize("desk", ["rs.spoc", "hu.dpo", "bg.audit"])
def test_the_publisher_data_protection_and_audit_are_told_everything(desk: str) -> None:
    assert told(desk) is Telling.EVERYTHING
    assert told(desk, naming("hu.spoc", tlp=Tlp.RED)) is Telling.EVERYTHING


def test_a_desk_that_gets_it_knows_its_own_row() -> None:
    assert told("hu.spoc") is Telling.ITS_OWN_ROW


def test_a_colleague_of_the_publisher_is_a_desk_like_any() -> None:
    assert told("rs.post") is Telling.NOTHING


def test_a_desk_that_nothing_points_at_is_told_nothing() -> None:
    assert told("bg.spoc") is Telling.NOTHING
    assert told("no.desk") is Telling.NOTHING


def test_a_desk_that_cannot_read_it_yet_is_told_when_it_was_named() -> None:
    assert told("hu.post", naming("hu.post")) is Telling.ITS_OWN_ROW
    assert told("hu.post") is Telling.NOTHING


@pytest.mark.parametrize(
    ("desk", "header"),
    [
        ("hu.shelter", naming("hu.shelter")),
        ("hu.spoc", a_header(addressing=addressed(desks=["hu.spoc"], exclude=["hu"]))),
        ("hu.spoc", a_header(addressing=addressed(desks=["hu.spoc"]), conflicts=("hu.spoc",))),
        ("hu.spoc", a_header(addressing=addressed(desks=["hu.spoc"]), status=Status.EXERCISE)),
        (
            "hu.spoc",
            a_header(addressing=addressed(desks=["hu.spoc"]), clearance=Clearance.RESTRICTED),
        ),
        (
            "hu.post",
            a_header(addressing=addressed(desks=["hu.post"]), clearance=Clearance.RESTRICTED),
        ),
    ],
)
def test_any_other_refusal_is_silence_even_for_a_named_desk(desk: str, header: Header) -> None:
    assert told(desk, header) is Telling.NOTHING


def test_overseers_whom_the_case_concerns_are_told_nothing() -> None:
    for header in (
        a_header(addressing=addressed(desks=["hu.spoc"]), conflicts=("hu",)),
        a_header(addressing=addressed(desks=["hu.spoc"], exclude=["hu.dpo"])),
    ):
        assert told("hu.dpo", header) is Telling.NOTHING
        assert told("bg.audit", header) is Telling.EVERYTHING
