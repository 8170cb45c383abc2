"""The commands of a member's side and of the host, as processes against real Apache Kafka."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from natcbus.client import Publisher
from natcbus.client.receipts import receipts, wait_for_receipt
from natcbus.contract.types.hub import Outcome
from natcbus.operations.reachable import LOOPBACK, free_port
from natcbus.routing.topics import feed_topic, out_topic
from tests.support.bus import Bus, running_bus
from tests.support.command_line import REPOSITORY, STORY, Answer
from tests.support.kafka import Kafka
from tests.support.shapes_of_json import differences, documented_shapes

SHAPES = documented_shapes(REPOSITORY / "docs" / "cli.md")
CHILD = STORY / "missing-child.json"
Json = Any


@dataclass(frozen=True)
class Side:
    """The members' machine: ``natcbus`` with their contexts."""

    bus: Bus
    home: Path

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """One command, on its way."""
        kept = {name: value for name, value in os.environ.items() if "NATCBUS" not in name}
        return subprocess.Popen(
            [sys.executable, "-m", "natcbus.cli.main", *map(str, words)],
            env={**kept, "NATCBUS_HOME": str(self.home), "COLUMNS": "120"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str | Path, stdin: str = "") -> Answer:
        """One command, to its end."""
        with self.start(*words) as process:
            out, err = process.communicate(stdin)
        return Answer(process.returncode, out, err)

    def add_context(self, member: str, bootstrap: str, name: str = "", *, state: str = "") -> None:
        """A context as ``natcbus context add`` writes it."""
        context = self.bus.context(member)
        kept = self.home / state if state else context.state
        answer = self(
            *("context", "add", name or member, "--bootstrap", bootstrap, "--member", member),
            *("--network", context.network, "--keys", context.keys, "--state", kept),
            *("--public-keys", str(context.public_keys)),
        )
        assert answer.code == 0, answer.err


@pytest.fixture(scope="module")
def side(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("bus")
    with running_bus(kafka.bootstrap, folder) as bus:
        side = Side(bus, folder / "home")
        side.add_context("rs", bus.bootstrap)
        side.add_context("hu", bus.bootstrap)
        yield side


def shape_faults(section: str, shown: Json) -> list[str]:
    return list(differences(SHAPES[section], shown))


def lines(answer: Answer) -> list[Json]:
    assert answer.code == 0, answer.err
    return [json.loads(line) for line in answer.out.splitlines()]


def rows(deliveries: list[Json]) -> list[Json]:
    """What preview and trace both say of a delivery."""
    return [
        {key: each[key] for key in ("desk", "view", "compartments", "because")}
        for each in deliveries
    ]


def published(side: Side) -> str:
    """The id of an alert that the hub has routed."""
    answer = side("publish", CHILD, "--context", "rs", "--wait", "--json")
    assert answer.code == 0, answer.err
    message_id: str = answer.json["message_id"]
    return message_id


def test_what_is_previewed_is_published_received_and_traced(side: Side) -> None:
    preview = side("preview", CHILD, "--context", "rs", "--json").json
    sent = side("publish", "-", "--context", "rs", "--wait", "--json", stdin=CHILD.read_text())
    assert sent.code == 0, sent.err
    assert sent.json["state"] == "ROUTED"
    assert rows(sent.json["deliveries"]) == preview["deliveries"]
    message_id = sent.json["message_id"]

    traced = side("trace", message_id, "--context", "rs", "--json").json
    assert shape_faults("trace", traced) == []
    assert rows(traced["deliveries"]) == preview["deliveries"]
    assert traced["digest"] == traced["slip_digest"] == preview["digest"]
    assert [each["code"] for each in traced["denials"]] == ["OWN_DESK"]

    promised = {each["desk"]: each for each in preview["deliveries"]}
    for desk in ("hu.hotline", "hu.coordinator"):
        got = lines(side("subscribe", "--context", "hu", "--desk", desk, "--until-end", "--json"))
        [delivery] = [each for each in got if each["message_id"] == message_id]
        assert shape_faults("subscribe", delivery) == []
        assert delivery["view"] == promised[desk]["view"]
        assert sorted(delivery["sealed"]) == promised[desk]["compartments"]
        assert delivery["because"] == promised[desk]["because"]


def test_a_subscriber_goes_on_where_it_stopped_and_can_start_elsewhere(side: Side) -> None:
    published(side)
    message_id = published(side)
    at_desk = (
        "subscribe",
        "--context",
        "hu",
        "--desk",
        "hu.border-police",
        "--until-end",
        "--json",
    )
    everything = lines(side(*at_desk, "--from-start"))
    assert len(everything) >= 2
    assert everything[-1]["message_id"] == message_id
    assert lines(side(*at_desk)) == everything
    assert lines(side(*at_desk)) == []
    assert lines(side(*at_desk, "--last", "1")) == everything[-1:]
    assert lines(side(*at_desk, "--since", "1h")) == everything
    assert lines(side(*at_desk, "--since", "2999-01-01T00:00:00Z")) == []
    both = side(*at_desk, "--since", "1h", "--last", "1")
    assert (both.code, both.json["errors"][0]["code"]) == (2, "USAGE")


def test_without_waiting_it_is_durable_and_says_how_to_go_on(side: Side) -> None:
    sent = side("publish", CHILD, "--context", "rs", "--json").json
    assert shape_faults("publish", sent) == []
    assert sent["state"] == "SENT"
    shown = side("publish", CHILD, "--context", "rs").out
    assert "SENT" in shown
    assert "natcbus trace" in shown


def test_while_the_bus_is_away_it_is_queued_and_sent_first_when_it_is_back(side: Side) -> None:
    """The context is the same; only its brokers answer again."""
    side.add_context("rs", f"{LOOPBACK}:{free_port()}", "rs-away", state="away")
    queued = side("publish", CHILD, "--context", "rs-away", "--wait", "--json")
    assert (queued.code, shape_faults("publish", queued.json)) == (3, [])
    assert (queued.json["state"], queued.json["offset"]) == ("QUEUED", None)
    [error] = queued.json["errors"]
    assert error["code"] == "QUEUED"
    assert "will be sent, do not publish it again: no answer from" in error["text"]
    message_id = queued.json["message_id"]
    again = side("publish", CHILD, "--context", "rs-away", "--message-id", message_id, "--json")
    assert (again.code, again.json["message_id"]) == (3, message_id), "and it is queued once"

    listed = side("journal", "list", "--context", "rs-away", "--json").json
    assert shape_faults("journal list", listed) == []
    assert [each["message_id"] for each in listed["queued"]] == [message_id]
    waiting = side("journal", "drain", "--timeout", "0.1", "--context", "rs-away", "--json")
    assert (waiting.code, shape_faults("journal drain", waiting.json)) == (3, [])
    assert waiting.json["messages"] == [{"message_id": message_id, "state": "QUEUED"}]

    side.add_context("rs", side.bus.bootstrap, "rs-back", state="away")
    drained = side("journal", "drain", "--context", "rs-back", "--json")
    assert (drained.code, shape_faults("journal drain", drained.json)) == (0, [])
    assert drained.json["messages"] == [{"message_id": message_id, "state": "SENT"}]
    assert side("journal", "list", "--context", "rs-back").out == "Nothing is queued.\n"
    assert wait_for_receipt(side.bus.context("rs"), message_id, 20) is not None


def test_people_are_told_that_it_is_queued_and_what_became_of_it(side: Side) -> None:
    side.add_context("rs", f"{LOOPBACK}:{free_port()}", "rs-off", state="off")
    queued = side("publish", CHILD, "--context", "rs-off")
    assert queued.code == 3
    assert queued.out.startswith("QUEUED ")
    assert "do not publish it again" in queued.err
    assert queued.out.split()[1] in side("journal", "list", "--context", "rs-off").out
    side.add_context("rs", side.bus.bootstrap, "rs-on", state="off")
    sent = side("publish", CHILD, "--context", "rs-on")
    assert sent.code == 0
    assert "queued earlier: 1 was sent first" in sent.err


def test_a_second_publisher_is_told_which_process_publishes(side: Side) -> None:
    with Publisher(side.bus.context("rs"), world=side.bus.world):
        second = side("publish", CHILD, "--context", "rs", "--json")
        listed = side("journal", "list", "--context", "rs")
    assert (second.code, second.json["errors"][0]["code"]) == (3, "STATE_IN_USE")
    assert f"process {os.getpid()} on " in second.json["errors"][0]["text"]
    assert listed.code == 0, "reading is free"


def test_people_read_who_got_it_and_what_the_desk_sees(side: Side) -> None:
    message_id = published(side)
    traced = side("trace", message_id, "--context", "rs").out
    assert "ROUTED" in traced
    assert "hu.hotline" in traced
    assert "This desk sent the message itself." in traced
    seen = side(
        "subscribe", "--context", "hu", "--desk", "hu.hotline", "--last", "1", "--until-end"
    )
    assert "birthmark" in seen.out
    assert "Jasmina" not in seen.out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("publish", STORY / "red-to-nobody.json", "--context", "hu"), 1, "NOBODY"),
        (("publish", CHILD, "--context", "hu"), 1, "FOREIGN_ORIGIN"),
        (("publish", "-", "--context", "rs"), 2, "MALFORMED_JSON"),
        (("publish", CHILD, "--context", "nobody"), 2, "NO_CONTEXT"),
        (("trace", "0190-not-there", "--context", "rs"), 1, "NO_RECEIPT"),
        (("subscribe", "--context", "rs", "--desk", "hu.spoc"), 2, "NO_PRIVATE_KEY"),
        (("quarantine", "show", "99999", "--context", "rs"), 1, "NOT_HELD"),
    ],
    ids=lambda value: str(value) if isinstance(value, int | str) else None,
)
def test_what_cannot_be_done_is_said_with_its_own_exit_code(
    side: Side, words: tuple[str | Path, ...], code: int, error: str
) -> None:
    answer = side(*words, "--json")
    assert answer.code == code
    assert answer.json["errors"][0]["code"] == error


def test_garbage_is_held_raw_with_its_reason_and_the_next_message_flows(side: Side) -> None:
    garbage = b"this is no message \x1b[2J"
    with_rs = side.bus.context("rs")
    producer = KafkaProducer(bootstrap_servers=side.bus.bootstrap)
    written = producer.send(out_topic("rs"), garbage).get(10)
    producer.close()
    for receipt in receipts(with_rs, until_end=False):
        if receipt.decision.source.offset == written.offset and (
            receipt.decision.source.partition == written.partition
        ):
            assert receipt.decision.outcome is Outcome.QUARANTINED
            break
    published(side)

    listed = side("quarantine", "list", "--context", "rs", "--json").json
    assert shape_faults("quarantine list", listed) == []
    [held] = [
        each
        for each in listed["held"]
        if (each["topic"], each["partition"], each["offset"])
        == (out_topic("rs"), written.partition, written.offset)
    ]
    shown = side("quarantine", "show", str(held["number"]), "--context", "rs", "--json").json
    assert shape_faults("quarantine show", shown) == []
    assert base64.b64decode(shown["value_base64"]) == garbage
    assert shown["code"] == held["code"] == "NOT_FRAMED"
    assert "\x1b" not in side("quarantine", "list", "--context", "rs").out


def test_a_new_desk_is_planned_then_applied_and_then_there_is_nothing_to_do(side: Side) -> None:
    network = side.bus.folder / "grown"
    network.mkdir()
    for file in side.bus.network_folder.rglob("*.yaml"):
        copied = network / file.relative_to(side.bus.network_folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(
            file.read_text("utf-8").replace("hu.hotline:", "hu.hotline-two:"), "utf-8"
        )
    with_network = ("--context", "rs", "--network", network, "--json")
    new = feed_topic("hu.hotline-two")

    plan = side("topology", "plan", *with_network)
    assert plan.code == 1
    assert shape_faults("topology plan", plan.json) == []
    assert [each["topic"] for each in plan.json["create"]] == [new]
    assert feed_topic("hu.hotline") in plan.json["unknown"]

    applied = side("topology", "apply", *with_network)
    assert applied.code == 0
    assert shape_faults("topology apply", applied.json) == []
    assert applied.json["created"] == [new]
    assert side("topology", "plan", *with_network).code == 0


def test_without_a_broker_every_command_says_so_in_time_and_leaves_with_3(side: Side) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    side.add_context("rs", nobody, "away", state="nobody")
    began = time.monotonic()
    commands = [
        side.start(*words, "--context", "away", "--json")
        for words in (
            ("publish", CHILD),
            ("subscribe", "--desk", "rs.spoc", "--from-start"),
            ("trace", "0190-not-there"),
            ("topology", "plan"),
            ("quarantine", "list"),
        )
    ]
    for process in commands:
        with process:
            out, err = process.communicate()
        assert process.returncode == 3, err
        [error] = json.loads(out)["errors"]
        assert nobody in error["text"]
        assert not err
    assert time.monotonic() - began < 40


def test_a_hub_without_settings_says_what_it_lacks(side: Side) -> None:
    answer = side("hub", "--json")
    assert answer.code == 2
    missing = " ".join(error["text"] for error in answer.json["errors"])
    assert "NATCBUS_HUB_BOOTSTRAP" in missing
    assert "NATCBUS_HUB_SIGNING_KEY" in missing
