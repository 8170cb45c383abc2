"""The decision as a whole: who gets what, who is refused, and its digest."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

from natcbus.contract.types.core import CountryRole, Header, Purpose, Status, Tlp
from natcbus.contract.types.hub import DeliveryRow, ReasonRow
from natcbus.routing.decide import decide
from natcbus.routing.decision import ENGINE, Decision, Delivery, Denial, Reason, View
from natcbus.routing.digests import decision_digest
from tests.support.building import (
    LAST_SEEN_IN_SERBIA,
    MISSING,
    SEALED,
    a_desk,
    a_header,
    a_network,
    addressed,
)

DESKS = (
    a_desk("rs.spoc"),
    a_desk("rs.border-police", "BORDER_POLICE"),
    a_desk("rs.coordinator", "NATIONAL_COORDINATOR"),
    a_desk("hu.spoc"),
    a_desk("hu.border-police", "BORDER_POLICE"),
    a_desk("hu.hotline", "HOTLINE"),
    a_desk("hu.shelter", "NGO_SHELTER"),
    a_desk("bg.border-police", "BORDER_POLICE"),
    a_desk("bg.training", "BORDER_POLICE", statuses=["EXERCISE"]),
    a_desk("techco.safety", "PARTNER_TECH"),
)
NETWORK = a_network(*DESKS)
A_CHILD_NEAR_THE_BORDER = a_header(
    addressing=addressed(
        desks=["techco.safety"],
        roles=[CountryRole.LAST_SEEN, CountryRole.HEADING, CountryRole.ADJACENT],
    )
)


def decided(header: Header = A_CHILD_NEAR_THE_BORDER) -> Decision:
    return decide(MISSING, header, LAST_SEEN_IN_SERBIA, SEALED, NETWORK)


def test_each_desk_gets_what_its_reasons_and_its_organisation_allow() -> None:
    assert tuple(replace(row, withheld=()) for row in decided().deliveries) == (
        Delivery(
            "bg.border-police",
            ("identity", "recognition"),
            (Reason("ROLE_ADJACENT", ("RS",)),),
            View.REDUCED,
        ),
        Delivery(
            "hu.border-police",
            ("circumstances", "identity", "recognition"),
            (Reason("ROLE_ADJACENT", ("RS",)), Reason("ROLE_HEADING", ("HU",))),
            View.REDUCED,
        ),
        Delivery("hu.hotline", ("recognition",), (Reason("ROLE_HEADING", ("HU",)),), View.REDUCED),
        Delivery(
            "hu.spoc",
            ("circumstances", "identity", "recognition"),
            (Reason("ROLE_ADJACENT", ("RS",)), Reason("ROLE_HEADING", ("HU",))),
            View.REDUCED,
        ),
        Delivery(
            "rs.border-police",
            ("circumstances", "identity", "recognition"),
            (Reason("ROLE_LAST_SEEN", ("RS",)),),
            View.REDUCED,
        ),
        Delivery("rs.coordinator", (), (Reason("ROLE_LAST_SEEN", ("RS",)),), View.NOTICE),
        Delivery("techco.safety", ("recognition",), (Reason("NAMED"),), View.REDUCED),
    )


def test_what_a_desk_does_not_open_is_told_with_the_first_rule_that_keeps_it_back() -> None:
    withheld = {row.desk: dict(row.withheld) for row in decided().deliveries}

    assert withheld["bg.border-police"] == {"circumstances": "REACH", "source": "AUDIENCE"}
    assert withheld["hu.spoc"] == {"source": "FIELD_MASKED_PII"}
    assert withheld["hu.hotline"] == {
        "circumstances": "PURPOSE_REACH",
        "identity": "AUDIENCE",
        "source": "AUDIENCE",
    }
    assert all(
        {name for name, _ in row.withheld} == SEALED - set(row.compartments)
        for row in decided().deliveries
    )


def test_what_is_withheld_explains_and_is_no_part_of_the_digest() -> None:
    decision = decided()
    silent = [replace(row, withheld=()) for row in decision.deliveries]

    assert decision_digest(silent, 1, bytes(32), ENGINE) == decision.digest


def test_candidates_that_fail_a_gate_are_denied_and_nobody_else_is_listed() -> None:
    assert decided().denials == (
        Denial("bg.training", "STATUS_ISOLATION"),
        Denial("hu.shelter", "PURPOSE_MISMATCH"),
        Denial("rs.spoc", "OWN_DESK"),
    )


def test_a_named_desk_can_open_everything_its_organisation_may() -> None:
    (delivery,) = decided(a_header(addressing=addressed(desks=["hu.spoc"]))).deliveries

    assert delivery.compartments == tuple(sorted(SEALED))
    assert delivery.view is View.FULL


def test_the_purpose_narrows_what_even_a_named_desk_opens() -> None:
    (delivery,) = decided(a_header(addressing=addressed(desks=["hu.hotline"]))).deliveries

    assert delivery.compartments == ("recognition",)


def test_empty_addressing_decides_nobody() -> None:
    decision = decided(a_header(addressing=addressed()))

    assert (decision.deliveries, decision.denials) == ((), ())


def test_an_unknown_event_type_reaches_nobody_not_even_a_named_desk() -> None:
    decision = decide("weather", A_CHILD_NEAR_THE_BORDER, LAST_SEEN_IN_SERBIA, SEALED, NETWORK)

    assert decision.deliveries == ()
    assert decision.denials == (Denial("techco.safety", "COMPETENCE"),)


def test_an_exercise_reaches_only_the_desks_that_are_enrolled() -> None:
    drill = decided(replace(A_CHILD_NEAR_THE_BORDER, status=Status.EXERCISE))

    assert [row.desk for row in drill.deliveries] == ["bg.training"]


def test_an_earlier_recipient_that_no_longer_passes_is_denied() -> None:
    header = a_header(tlp=Tlp.RED, addressing=addressed(desks=["hu.spoc"]))

    decision = decide(
        MISSING,
        header,
        LAST_SEEN_IN_SERBIA,
        SEALED,
        NETWORK,
        {"hu.border-police": frozenset({"identity"})},
    )

    assert [row.desk for row in decision.deliveries] == ["hu.spoc"]
    assert decision.denials == (Denial("hu.border-police", "TLP_RED_NOT_NAMED"),)


def test_another_purpose_reaches_other_desks() -> None:
    decision = decided(replace(A_CHILD_NEAR_THE_BORDER, purpose=Purpose.PROTECT_VICTIM))

    assert [row.desk for row in decision.deliveries] == ["hu.shelter"]


def test_the_decision_says_under_which_network_and_engine_it_was_taken() -> None:
    network = a_network(*DESKS, version=7, digest=b"\x07" * 32)
    decision = decide(MISSING, A_CHILD_NEAR_THE_BORDER, LAST_SEEN_IN_SERBIA, SEALED, network)

    assert (decision.network_version, decision.network_digest, decision.engine) == (
        7,
        b"\x07" * 32,
        ENGINE,
    )
    assert decision.digest == decision_digest(decision.deliveries, 7, b"\x07" * 32, ENGINE)
    assert decision.digest != decided().digest


def test_the_digest_is_that_of_the_documented_bytes() -> None:
    def text(value: str) -> bytes:
        return struct.pack(">I", len(value)) + value.encode()

    rows = [
        Delivery("rs.spoc", (), (Reason("NAMED"),), View.NOTICE),
        Delivery(
            "hu.spoc", ("identity", "recognition"), (Reason("NAMED"), Reason("PRIOR")), View.FULL
        ),
    ]
    expected = (
        text("natcbus/1/decision")
        + struct.pack(">II", 1, 42)
        + struct.pack(">I", 32)
        + bytes(range(32))
        + struct.pack(">I", 2)
        + text("hu.spoc")
        + struct.pack(">I", 2)
        + text("identity")
        + text("recognition")
        + struct.pack(">I", 2)
        + text("NAMED")
        + text("PRIOR")
        + text("rs.spoc")
        + struct.pack(">I", 0)
        + struct.pack(">I", 1)
        + text("NAMED")
    )

    digest = decision_digest(rows, 42, bytes(range(32)), 1)

    assert digest == hashlib.sha256(expected).digest()
    assert digest.hex() == "25e10c5d80e42ee2652bcaaec2c682b24e072a120e4b76cf19d6b75043fb83c6"


def test_a_slip_row_and_a_delivery_have_the_same_digest() -> None:
    row = DeliveryRow(
        desk="hu.spoc",
        compartments=("recognition", "identity"),
        because=(ReasonRow(code="PRIOR"), ReasonRow(code="NAMED", about=("x",))),
    )
    delivery = Delivery(
        "hu.spoc", ("identity", "recognition"), (Reason("NAMED"), Reason("PRIOR")), View.FULL
    )

    assert decision_digest([row], 1, bytes(32), 1) == decision_digest([delivery], 1, bytes(32), 1)


def test_lists_that_are_cut_elsewhere_have_another_digest() -> None:
    one = Delivery("hu.spoc", ("ab", "c"), (Reason("NAMED"),), View.FULL)
    other = Delivery("hu.spoc", ("a", "bc"), (Reason("NAMED"),), View.FULL)

    assert decision_digest([one], 1, bytes(32), 1) != decision_digest([other], 1, bytes(32), 1)
