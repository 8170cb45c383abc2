"""What a changed Network would do to messages: gained, lost, wider, narrower, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natcbus.contract.types.core import Addressing, CountryRole, Header
from natcbus.operations.errors import NobodyReachedError
from natcbus.operations.made_up_messages import made_up_messages
from natcbus.operations.message_sources import Unreadable, messages_in
from natcbus.operations.simulating import Comparison, Effect, Message, Simulation, simulate
from natcbus.routing.addressing import addressing_problems
from natcbus.routing.decide import decide
from natcbus.routing.network import Desk, Network, Policy, Reach
from tests.support.building import (
    LAST_SEEN_IN_SERBIA,
    MISSING,
    POLICY,
    SEALED,
    a_desk,
    a_header,
    a_network,
)
from tests.support.command_line import NETWORK, STORY, CommandLine
from tests.support.networks import example_network
from tests.support.strategies import Case, cases, networks

EXAMPLE = example_network()
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

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


# Made-up messages.


def test_made_up_messages_are_the_same_for_the_same_seed() -> None:
    first = list(made_up_messages(EXAMPLE, 40, NOW, seed=7))
    assert first == list(made_up_messages(EXAMPLE, 40, NOW, seed=7))
    assert first != list(made_up_messages(EXAMPLE, 40, NOW, seed=8))
    assert len({message.name for message in first}) == len(first)


def test_each_made_up_message_would_be_accepted_and_reach_somebody() -> None:
    network = EXAMPLE
    for message in made_up_messages(network, 150, NOW, seed=3):
        asked = (message.type, message.header, message.open)
        assert addressing_problems(*asked, network) == []
        assert decide(*asked, message.present, network).deliveries


def test_they_vary_in_everything_that_deciding_looks_at() -> None:
    network = EXAMPLE
    messages = list(made_up_messages(EXAMPLE, 400, NOW, seed=1))
    assert {message.type for message in messages} == set(network.audiences)
    senders = {message.header.from_ for message in messages}
    assert len({desk.partition(".")[0] for desk in senders}) >= 12
    roles = {role for message in messages for role in message.header.addressing.roles}
    assert len(roles) >= 9
    assert len({message.header.purpose for message in messages}) >= 5
    assert len({message.header.handling.tlp for message in messages}) == 5
    reached = {
        delivery.desk
        for message in messages
        for delivery in decide(
            message.type, message.header, message.open, message.present, network
        ).deliveries
    }
    assert len(reached) >= 0.8 * len(network.desks)


@given(st.integers(0, 2**32))
def test_any_seed_makes_messages(seed: int) -> None:
    assert len(list(made_up_messages(EXAMPLE, 3, NOW, seed))) == 3


NOBODY_COMPETENT: dict[str, frozenset[str]] = {each: frozenset() for each in EXAMPLE.audiences}
NOBODY_ADMITTED: dict[str, dict[str, Reach]] = {each: {} for each in EXAMPLE.policy.purposes}


@pytest.mark.parametrize(
    "policy",
    [
        replace(EXAMPLE.policy, competence=NOBODY_COMPETENT),
        replace(EXAMPLE.policy, purposes=NOBODY_ADMITTED),
    ],
    ids=["nobody-competent", "nobody-admitted"],
)
def test_where_nobody_is_reached_no_message_is_made_up(policy: Policy) -> None:
    with pytest.raises(NobodyReachedError):
        next(made_up_messages(replace(EXAMPLE, policy=policy), 1, NOW))


# Messages in files.


def events(*names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        yield json.loads((STORY / f"{name}.json").read_text("utf-8"))


def read(path: Path) -> list[Message | Unreadable]:
    return list(messages_in(path, EXAMPLE, NOW))


def test_a_file_holds_one_event_or_one_on_each_line(tmp_path: Path) -> None:
    (one,) = read(STORY / "missing-child.json")
    assert isinstance(one, Message)
    assert one.name == str(STORY / "missing-child.json")
    lines = tmp_path / "events.jsonl"
    dumped = [json.dumps(each) for each in events("missing-child", "action-day")]
    lines.write_text("\n".join([dumped[0], "", dumped[1]]) + "\n", "utf-8")
    found = read(lines)
    assert [each.name for each in found] == [f"{lines}:1", f"{lines}:3"]
    assert [each.type for each in found if isinstance(each, Message)] == [
        "missing_person",
        "joint_action_day",
    ]


def test_an_event_that_states_its_id_is_found_by_it(tmp_path: Path) -> None:
    message_id = "019a0000-0000-7000-8000-000000000001"
    (event,) = events("missing-child")
    event["header"]["message_id"] = message_id
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event, indent=1), "utf-8")
    assert [each.name for each in read(file)] == [message_id]


def test_what_cannot_be_read_is_named_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    lines = tmp_path / "events.jsonl"
    (event,) = events("missing-child")
    wrong = {**event, "open": {**event["open"], "age_band": "OLD"}}
    content = [json.dumps(event), "{", json.dumps(wrong), json.dumps(event)]
    lines.write_text("\n".join(content), "utf-8")
    found = read(lines)
    assert [type(each).__name__ for each in found] == [
        "Message",
        "Unreadable",
        "Unreadable",
        "Message",
    ]
    problems = [(e.name, e.problem.code) for e in found if isinstance(e, Unreadable)]
    assert problems == [(f"{lines}:2", "MALFORMED_JSON"), (f"{lines}:3", "UNKNOWN_SYMBOL")]


def test_a_directory_is_read_whole() -> None:
    assert len(read(STORY)) == len(list(STORY.glob("*.json")))


# The command.


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The example network, in which Moldova's border police lose LOCATE_PERSON."""
    folder = copied(NETWORK, tmp_path / "changed")
    file = folder / "members" / "md.yaml"
    before, desk, after = file.read_text("utf-8").partition("md.border-police:")
    after = after.replace("purposes: [LOCATE_PERSON, ", "purposes: [", 1)
    file.write_text(before + desk + after, "utf-8")
    raised = (folder / "network.yaml").read_text("utf-8").replace("version: 1", "version: 2", 1)
    (folder / "network.yaml").write_text(raised, "utf-8")
    return folder


def copied(source: Path, target: Path) -> Path:
    for file in source.rglob("*"):
        if file.is_file():
            there = target / file.relative_to(source)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(file.read_bytes())
    return target


def test_moldovas_border_police_lose_locate_person(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--story", "300")
    shown = natcbus(*words)
    assert shown.code == 0
    assert "md.border-police" in shown.out
    assert "not accredited for the purpose LOCATE_PERSON. PURPOSE_MISMATCH" in shown.out
    assert "Nobody gains." in shown.out
    answer = natcbus(*words, "--json").json
    assert [desk["desk"] for desk in answer["desks"]] == ["md.border-police"]
    (desk,) = answer["desks"]
    assert desk["lost"]["count"] == answer["totals"]["lost"] > 0
    assert [why["code"] for why in desk["lost"]["reasons"]] == ["PURPOSE_MISMATCH"]
    assert desk["lost"]["example"]["purpose"] == "LOCATE_PERSON"
    assert answer["deliveries"]["before"] - desk["lost"]["count"] == answer["deliveries"]["after"]


def test_the_command_leaves_with_one_when_somebody_gains(
    natcbus: CommandLine, changed: Path
) -> None:
    words = ("network", "simulate", NETWORK, "--against", changed, "--story", "100")
    shown = natcbus(*words)
    assert shown.code == 1
    assert "Somebody gains." in shown.out
    assert "until now it was refused:" in shown.out
    answer = natcbus(*words, "--json")
    assert answer.code == 1
    assert answer.json["somebody_gains"] is True


def test_a_story_is_the_same_today_and_again_today(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--story", "60", "--json")
    first = natcbus(*words).json
    assert first == natcbus(*words).json
    assert first["story"] == {"messages": 60, "seed": 1}
    assert first["totals"] != natcbus(*words, "--seed", "2").json["totals"]


def test_events_in_files_are_simulated(natcbus: CommandLine, changed: Path) -> None:
    words = ("network", "simulate", changed, "--against", NETWORK, "--messages", STORY)
    answer = natcbus(*words, "--json").json
    assert answer["messages"] == len(list(STORY.glob("*.json")))
    assert answer["story"] is None
    assert answer["sources"] == [str(STORY)]
    assert answer["totals"] == {"gained": 0, "lost": 0, "wider": 0, "narrower": 0}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--messages", "nothing.jsonl"), 2),
        (("--messages", "empty"), 2),
        (("--messages", "broken.json"), 2),
        (("--messages", STORY, "--story", "5"), 2),
        (("--against", "nowhere"), 2),
        (("--against", "topic"), 2),
    ],
)
def test_what_cannot_be_simulated_is_said(
    natcbus: CommandLine, tmp_path: Path, words: tuple[str | Path, ...], code: int
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{", "utf-8")
    answer = natcbus("network", "simulate", NETWORK, "--against", NETWORK, *words, "--json")
    assert answer.code == code
    assert answer.json["errors"]


@pytest.mark.parametrize("columns", ["80", "120"])
def test_what_is_shown_fits_the_screen(
    natcbus: CommandLine, changed: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = natcbus("network", "simulate", changed, "--against", NETWORK, "--story", "50")
    table = [line for line in shown.out.splitlines() if line.startswith("md.border-police  ")]
    assert all(len(line) <= int(columns) for line in table)
    assert table
