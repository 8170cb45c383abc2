"""What a changed Network would do to messages: gained, lost, wider, narrower, and why."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from natcbus.contract.types.core import Addressing, CountryRole, Header
from natcbus.operations.simulating import Comparison, Effect, Message, Simulation, simulate
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.decide import decide
from natcbus.routing.network import Desk, Network, Reach
from tests.support.building import (
    LAST_SEEN_IN_SERBIA,
    MISSING,
    POLICY,
    SEALED,
    a_desk,
    a_header,
    a_network,
)
from tests.support.strategies import Case, cases, networks

SENDER = a_desk("rs.spoc")
POST = a_desk("hu.border-police", "BORDER_POLICE")
LINE = a_desk("hu.hotline", "HOTLINE")


def a_message(name: str = "m1", header: Header | None = None) -> Message:
    return Message(
        name=name,
        type=MISSING,
        header=header if header is not None else a_header(),
        open=LAST_SEEN_IN_SERBIA,
        present=SEALED,
    )


def named(*desks: str) -> Header:
    return replace(a_header(), addressing=Addressing(desks=desks, only=True))


def to_heading() -> Header:
    return replace(a_header(), addressing=Addressing(roles=(CountryRole.HEADING,)))


def effects(found: Simulation, desk: str) -> dict[str, int]:
    for each in found.desks:
        if each.desk == desk:
            return {effect.value: change.count for effect, change in each.effects.items()}
    return {}


def without_purpose(desk: Desk, purpose: str) -> Desk:
    return replace(desk, purposes=desk.purposes - {purpose})


# The four effects.


def test_under_the_same_network_nothing_changes() -> None:
    network = a_network(SENDER, POST)
    found = simulate([a_message(header=named(POST.id))], network, network)
    assert found.desks == ()
    assert not found.somebody_gains
    assert (found.messages, found.before, found.after) == (1, 1, 1)


def test_a_desk_that_is_no_longer_accredited_loses_its_deliveries_and_is_told_why() -> None:
    in_use = a_network(SENDER, POST, LINE)
    changed = a_network(SENDER, without_purpose(POST, "LOCATE_PERSON"), LINE)
    message = a_message(header=named(POST.id, LINE.id))
    found = simulate([message], changed, in_use)
    (desk,) = found.desks
    assert (desk.desk, desk.before, desk.after) == (POST.id, 1, 0)
    lost = desk.effects[Effect.LOST]
    assert lost.count == 1
    assert [why.code for why in lost.reasons] == ["PURPOSE_MISMATCH"]
    assert "LOCATE_PERSON" in lost.reasons[0].text
    assert [why.code for why in lost.because] == ["NAMED"]
    assert lost.compartments == {"circumstances": 1, "identity": 1, "recognition": 1}
    assert lost.example == message
    assert not found.somebody_gains


def test_a_desk_that_is_accredited_gains_and_what_kept_it_away_is_said() -> None:
    in_use = a_network(SENDER, without_purpose(POST, "LOCATE_PERSON"), LINE)
    changed = a_network(SENDER, POST, LINE)
    found = simulate([a_message(header=named(POST.id, LINE.id))], changed, in_use)
    gained = found.desks[0].effects[Effect.GAINED]
    assert [why.code for why in gained.reasons] == ["PURPOSE_MISMATCH"]
    assert [why.code for why in gained.because] == ["NAMED"]
    assert found.totals[Effect.GAINED] == 1
    assert found.somebody_gains


def purposes(reach: Reach) -> Network:
    row = {**POLICY.purposes["LOCATE_PERSON"], "HOTLINE": reach}
    rows = {**POLICY.purposes, "LOCATE_PERSON": row}
    return a_network(SENDER, LINE, policy=replace(POLICY, purposes=rows))


def test_a_narrower_purpose_closes_compartments() -> None:
    message = a_message(header=named(LINE.id))
    found = simulate([message], purposes(Reach.REDUCED), purposes(Reach.FULL))
    narrower = found.desks[0].effects[Effect.NARROWER]
    assert effects(found, LINE.id) == {"narrower": 1}
    assert narrower.compartments == {"circumstances": 1}
    assert [why.code for why in narrower.reasons] == ["PURPOSE_REACH"]
    assert not found.somebody_gains


def test_a_wider_purpose_opens_compartments_and_that_is_a_gain() -> None:
    message = a_message(header=named(LINE.id))
    found = simulate([message], purposes(Reach.FULL), purposes(Reach.REDUCED))
    wider = found.desks[0].effects[Effect.WIDER]
    assert effects(found, LINE.id) == {"wider": 1}
    assert [why.code for why in wider.reasons] == ["PURPOSE_REACH"]
    assert found.somebody_gains


def test_a_desk_that_is_not_there_any_more() -> None:
    in_use, changed = a_network(SENDER, POST, LINE), a_network(SENDER, LINE)
    found = simulate([a_message(header=to_heading())], changed, in_use)
    lost = found.desks[0].effects[Effect.LOST]
    assert [why.code for why in lost.reasons] == ["NO_SUCH_DESK"]


def test_a_message_that_the_changed_network_refuses_is_lost_to_everybody() -> None:
    in_use, changed = a_network(SENDER, POST, LINE), a_network(SENDER, LINE)
    message = a_message(header=named(POST.id, LINE.id))
    found = simulate([message], changed, in_use)
    assert effects(found, LINE.id) == {"lost": 1}
    assert [each.code for each in found.refused] == ["UNKNOWN_DESK"]
    assert found.refused[0].example == message
    (lost,) = (each.effects[Effect.LOST] for each in found.desks if each.desk == LINE.id)
    assert [why.code for why in lost.reasons] == ["MESSAGE_REFUSED"]
    back = simulate([message], in_use, changed)
    assert [each.code for each in back.accepted] == ["UNKNOWN_DESK"]
    assert back.somebody_gains


def test_a_message_that_nobody_would_get_any_more_says_which_gate_refused() -> None:
    in_use = a_network(SENDER, POST)
    changed = a_network(SENDER, without_purpose(POST, "LOCATE_PERSON"))
    found = simulate([a_message(header=named(POST.id))], changed, in_use)
    lost = found.desks[0].effects[Effect.LOST]
    assert [why.code for why in lost.reasons] == ["PURPOSE_MISMATCH"]
    assert [each.code for each in found.refused] == ["NOBODY"]


def test_earlier_recipients_are_decided_as_they_are_on_the_bus() -> None:
    in_use = a_network(SENDER, POST, LINE)
    changed = a_network(SENDER, without_purpose(POST, "LOCATE_PERSON"), LINE)
    header = replace(a_header(), addressing=Addressing(desks=(LINE.id,)))
    message = replace(a_message(header=header), prior={POST.id: frozenset({"identity"})})
    found = simulate([message], changed, in_use)
    assert [why.code for why in found.desks[0].effects[Effect.LOST].because] == ["PRIOR"]


# Counting.


def test_reasons_are_counted_and_the_most_frequent_comes_first() -> None:
    in_use, changed = a_network(SENDER, POST), a_network(SENDER)
    messages = [
        a_message("a", named(POST.id)),
        a_message("b", to_heading()),
        a_message("c", to_heading()),
    ]
    found = simulate(messages, changed, in_use)
    lost = found.desks[0].effects[Effect.LOST]
    assert [(why.code, why.count) for why in lost.because] == [("ROLE_HEADING", 2), ("NAMED", 1)]
    assert lost.example.name == "a"
    assert found.types == {MISSING: 3}


def test_messages_are_taken_one_by_one_and_the_answer_is_there_at_any_time() -> None:
    network = a_network(SENDER, POST)
    comparison = Comparison(network, network)
    for number in range(1, 4):
        comparison.add(a_message(header=named(POST.id)))
        assert comparison.simulation.messages == number


@given(cases(), networks())
def test_every_delivery_is_kept_gained_or_lost(case: Case, changed: Network) -> None:
    found = simulate([_of(case)], changed, case.network)
    totals = found.totals
    assert found.before - totals[Effect.LOST] + totals[Effect.GAINED] == found.after
    back = simulate([_of(case)], case.network, changed)
    assert (back.before, back.after) == (found.after, found.before)
    assert back.totals[Effect.GAINED] == totals[Effect.LOST]
    assert back.totals[Effect.WIDER] == totals[Effect.NARROWER]


@given(cases())
def test_a_simulation_counts_what_decide_decides(case: Case) -> None:
    message = _of(case)
    found = simulate([message], case.network, case.network)
    asked = (message.type, message.header, message.open)
    refused = addressing_problems(*asked, case.network)
    decision = decide(*asked, message.present, case.network, message.prior)
    assert found.before == (0 if refused else len(decision.deliveries))
    assert found.desks == ()


def _of(case: Case) -> Message:
    return Message("m", MISSING, case.header, case.open_part, frozenset(case.present), case.prior)
