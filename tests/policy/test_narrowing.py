"""The hub narrows a sender's decision and never widens it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from natcbus.contract.types.hub import DeliveryRow, NetworkRef, ReasonRow, Slip
from natcbus.routing.decision import ENGINE, Decision, Delivery, Denial, Reason, View, Withheld
from natcbus.routing.narrowing import intersect, owed_recalls, withheld

HU = Delivery("hu.spoc", ("identity", "recognition"), (Reason("ROLE_HEADING", ("HU",)),), View.FULL)
RO = Delivery("ro.spoc", ("identity",), (Reason("NAMED"),), View.REDUCED)
SI = Delivery("si.coordinator", (), (Reason("ROLE_HEADING", ("SI",)),), View.NOTICE)


def mine(*deliveries: Delivery, denials: Collection[Denial] = ()) -> Decision:
    return Decision(deliveries, tuple(denials), 1, bytes(32), ENGINE, bytes(32))


def slip(*rows: tuple[str, Collection[str]]) -> Slip:
    return Slip(
        signed_sha256=bytes(32),
        network=NetworkRef(version=1, digest=bytes(32)),
        engine=ENGINE,
        decision_digest=bytes(32),
        deliveries=tuple(
            DeliveryRow(desk=desk, compartments=tuple(names), because=(ReasonRow(code="NAMED"),))
            for desk, names in rows
        ),
    )


def test_what_both_decided_stays_as_it_is() -> None:
    same = slip(
        ("si.coordinator", ()), ("ro.spoc", ["identity"]), ("hu.spoc", ["recognition", "identity"])
    )

    assert intersect(mine(HU, RO, SI), same) == (HU, RO, SI)


def test_a_desk_that_only_one_decided_gets_nothing() -> None:
    assert intersect(mine(HU), slip(("ro.spoc", ["identity"]))) == ()
    assert intersect(mine(HU), slip()) == ()


def test_compartments_are_those_that_both_allow_and_the_view_follows() -> None:
    reduced, notice = intersect(
        mine(HU, RO), slip(("hu.spoc", ["identity", "circumstances"]), ("ro.spoc", ["recognition"]))
    )

    assert reduced == Delivery("hu.spoc", ("identity",), HU.because, View.REDUCED)
    assert notice == Delivery("ro.spoc", (), RO.because, View.NOTICE)


def test_a_desk_that_stands_twice_in_the_slip_gets_what_both_rows_allow() -> None:
    (row,) = intersect(
        mine(HU), slip(("hu.spoc", ["identity"]), ("hu.spoc", ["recognition", "identity"]))
    )

    assert row.compartments == ("identity",)


def test_desks_that_the_sender_meant_and_the_hub_denies_are_told_with_the_reason() -> None:
    hub = mine(HU, denials=[Denial("ro.spoc", "TLP_SCOPE"), Denial("bg.spoc", "OWN_DESK")])

    assert withheld(hub, slip(("ro.spoc", []), ("hu.spoc", []), ("gone.spoc", []))) == (
        Denial("gone.spoc", "NOT_CANDIDATE"),
        Denial("ro.spoc", "TLP_SCOPE"),
    )


def test_what_was_withheld_already_stays_explained() -> None:
    hu = replace(HU, withheld=(("source", Withheld.FIELD_MASKED_PII),))

    (row,) = intersect(mine(hu), slip(("hu.spoc", ["identity"])))

    assert row.withheld == (("source", "FIELD_MASKED_PII"),)


def test_earlier_recipients_that_get_nothing_now_are_owed_a_recall() -> None:
    had = frozenset({"identity"})
    prior = {"si.spoc": had, "hu.spoc": had, "gone.spoc": had, "ro.spoc": frozenset[str]()}
    now = mine(HU, denials=[Denial("si.spoc", "TLP_SCOPE")])

    assert owed_recalls(now, prior) == ("gone.spoc", "ro.spoc", "si.spoc")
    assert owed_recalls(mine(HU), {}) == ()
