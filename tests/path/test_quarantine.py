"""What a person can do with a record that the hub put aside: send it again, or return it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from natcbus.client import contexts
from natcbus.client.receipts import receipts, returned
from natcbus.contract.types.hub import Action, Outcome, Receipt, Source, Step
from natcbus.operations import treating
from natcbus.operations.quarantine import Held, State, held_record, held_records
from natcbus.operations.topic_reading import Stored, stored_records
from natcbus.operations.topology import OUT_MAX_BYTES
from natcbus.operations.treating import Order, treat
from natcbus.routing.topics import QUARANTINE, out_topic
from tests.support.authors import composed, forged
from tests.support.bus import Bus, running_bus
from tests.support.command_line import REPOSITORY, CommandLine
from tests.support.kafka import running_kafka
from tests.support.shapes_of_json import differences, documented_shapes

SHAPES = documented_shapes(REPOSITORY / "docs" / "cli.md")
Json = Any


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@dataclass(frozen=True)
class Host:
    """The command line of the host."""

    bus: Bus
    natcbus: CommandLine

    def __call__(self, *words: str, code: int = 0) -> Json:
        answer = self.natcbus("quarantine", *words, "--bootstrap", self.bus.bootstrap, "--json")
        assert answer.code == code, answer.out + answer.err
        section = "quarantine resend, quarantine return"
        if "errors" in answer.json and "run" in answer.json:
            assert list(differences(SHAPES[section], answer.json)) == []
        return answer.json

    def held(self, number: int) -> Held:
        return held_record(self.bus.bootstrap, number)[0]


@pytest.fixture
def host(bus: Bus, natcbus: CommandLine) -> Host:
    return Host(bus, natcbus)


def put_aside(bus: Bus, *values: bytes, key: bytes | None = b"a key") -> list[Held]:
    """The records of these values, which ``rs`` wrote, once the hub has put them aside."""
    before = len(held_records(bus.bootstrap))
    producer = KafkaProducer(bootstrap_servers=bus.bootstrap)
    written = [producer.send(out_topic("rs"), value, key).get(10) for value in values]
    producer.close()
    places = {(each.partition, each.offset) for each in written}
    wait_for_receipts(bus, places)
    held = [each for each in held_records(bus.bootstrap) if (each.partition, each.offset) in places]
    assert len(held) == len(values)
    assert len(held_records(bus.bootstrap)) == before + len(values)
    return held


def wait_for_receipts(bus: Bus, places: set[tuple[int, int]]) -> list[Receipt]:
    """The receipts of the records at these places of ``rs``, once they are all there."""
    found: dict[tuple[int, int], Receipt] = {}
    for receipt in receipts(bus.context("rs"), until_end=False):
        source = receipt.decision.source
        if (source.partition, source.offset) in places:
            found[source.partition, source.offset] = receipt
        if len(found) == len(places):
            break
    return list(found.values())


def stored_at(bus: Bus, place: Json) -> Stored:
    """The record at a place, as JSON names it."""
    start = place["offset"]
    for record in stored_records(bus.bootstrap, [place["topic"]], start=start):
        if (record.partition, record.offset) == (place["partition"], start):
            return record
    raise AssertionError(place)


def test_it_is_sent_again_unchanged_and_stays_where_it_is(bus: Bus, host: Host) -> None:
    [held] = put_aside(bus, b"garbage", key=b"rs.of-no-case")
    answer = host("resend", str(held.number), "--reason", "the hub was repaired", "--by", "Iva")
    [row] = answer["records"]
    assert (row["number"], row["state"]) == (held.number, "RESENT")
    again = stored_at(bus, row["placed"])
    assert (again.topic, again.partition) == (held.topic, held.partition)
    assert again.offset > held.offset
    assert (again.key, again.value, again.headers) == (b"rs.of-no-case", b"garbage", ())
    [receipt] = wait_for_receipts(bus, {(again.partition, again.offset)})
    assert receipt.decision.outcome is Outcome.QUARANTINED
    # The old record is there, and what the hub put aside again has a number of its own.
    assert host.held(held.number).state is State.RESENT
    [twin] = [each for each in held_records(bus.bootstrap) if each.offset == again.offset]
    assert (twin.state, twin.sha256) == (State.HELD, held.sha256)


def test_it_is_on_record_who_did_what_when_and_why_before_and_after(bus: Bus, host: Host) -> None:
    [held] = put_aside(bus, b"audited")
    run = host("resend", str(held.number), "--reason", "a new key", "--by", "Iva")["run"]
    begun, done = host.held(held.number).treatments
    assert (begun.step, done.step) == (Step.BEGUN, Step.DONE)
    for each in (begun, done):
        assert (each.run, each.by, each.reason) == (run, "Iva", "a new key")
        assert (each.number, each.record_sha256) == (held.number, held.sha256)
        assert (each.source.partition, each.source.offset) == (held.partition, held.offset)
    assert held.at <= begun.at <= done.at
    assert begun.placed is None
    assert done.placed is not None
    shown = host("show", str(held.number))
    assert list(differences(SHAPES["quarantine show"], shown)) == []
    assert [each["step"] for each in shown["treatments"]] == ["BEGUN", "DONE"]


def test_the_sender_is_told_that_it_was_returned_by_whom_and_why(
    bus: Bus, host: Host, natcbus: CommandLine
) -> None:
    contexts.save(bus.context("rs"))
    message = composed(bus)
    [held] = put_aside(bus, forged(message.value), key=message.thread_id.encode())
    assert trace(natcbus, message.message_id)["returned"] is None
    host("return", str(held.number), "--reason", "Signed twice: publish anew.", "--by", "Iva")
    assert host.held(held.number).state is State.RETURNED
    told = trace(natcbus, message.message_id)
    assert list(differences(SHAPES["trace"], told)) == []
    assert told["outcome"] == "QUARANTINED"
    assert told["returned"].items() >= {
        ("by", "Iva"),
        ("reason", "Signed twice: publish anew."),
        ("code", "BAD_SIGNATURE"),
    }
    assert (
        "by Iva: Signed twice: publish anew."
        in natcbus("trace", message.message_id, "--context", "rs").out
    )
    assert next(returned(bus.context("rs"), source_of(held))).record_sha256 == held.sha256


def trace(natcbus: CommandLine, message_id: str) -> Json:
    return natcbus("trace", message_id, "--context", "rs", "--json").json


def source_of(held: Held) -> Source:
    return Source(topic=held.topic, partition=held.partition, offset=held.offset)


def test_it_is_shown_as_far_as_it_can_be_read(bus: Bus, host: Host, natcbus: CommandLine) -> None:
    message = composed(bus)
    [whole, cut] = put_aside(bus, forged(message.value), message.value[:300])
    read = host("show", str(whole.number))["dissection"]
    assert read["difference"] is None
    values = {each["path"]: each["text"] for each in read["values"]}
    assert values["/signed/header/message_id"] == message.message_id
    read = host("show", str(cut.number))["dissection"]
    assert read["difference"]["path"].startswith("/signed/")
    assert read["values"][0]["text"] == message.message_id
    printed = natcbus("quarantine", "show", str(cut.number), "--bootstrap", bus.bootstrap).out
    assert "/signed/header/message_id" in printed
    assert f"found {read['difference']['found']}" in printed


def test_all_of_one_reason_are_those_that_are_held_when_it_begins(bus: Bus, host: Host) -> None:
    many = put_aside(bus, *(b"\x00\x00\x00\x00\x07" + bytes([each]) for each in range(5)))
    assert {each.code for each in many} == {"UNKNOWN_SCHEMA"}
    numbers = [each.number for each in many]
    words = ("resend", "--code", "UNKNOWN_SCHEMA", "--reason", "the schema is known now")
    end = len(list(stored_records(bus.bootstrap, [QUARANTINE])))
    planned = host(*words, "--dry-run")
    assert [each["number"] for each in planned["records"]] == numbers
    assert {each["state"] for each in planned["records"]} == {"HELD"}
    assert len(list(stored_records(bus.bootstrap, [QUARANTINE]))) == end
    # Each is put aside again at once, for the same reason: none of those is taken too.
    done = host(*words)
    assert [each["number"] for each in done["records"]] == numbers
    assert {each["state"] for each in done["records"]} == {"RESENT"}
    again = {(each["placed"]["partition"], each["placed"]["offset"]) for each in done["records"]}
    wait_for_receipts(bus, again)
    twins = host("resend", "--code", "UNKNOWN_SCHEMA", "--reason", "which?", "--dry-run")
    assert {(each["partition"], each["offset"]) for each in twins["records"]} == again


def test_what_was_done_is_not_done_again(bus: Bus, host: Host) -> None:
    first, second = put_aside(bus, b"first", b"second")
    host("return", str(first.number), "--reason", "no message")
    refused = host("resend", str(first.number), str(second.number), "--reason", "both", code=1)
    assert [each["code"] for each in refused["errors"]] == ["NOT_HELD_ANY_MORE"]
    assert host.held(second.number).treatments == ()
    listed = {each["number"]: each["state"] for each in host("list")["held"]}
    assert (listed[first.number], listed[second.number]) == ("RETURNED", "HELD")


def test_a_record_that_cannot_be_sent_stays_held_and_the_others_go_on(bus: Bus, host: Host) -> None:
    large, small = put_aside(bus, b"l" * 100_000, b"s")
    with closing(KafkaAdminClient(bootstrap_servers=bus.bootstrap)) as admin:
        limit_out_topic(admin, "50000")
        answer = host("resend", str(large.number), str(small.number), "--reason", "try", code=1)
        limit_out_topic(admin, str(OUT_MAX_BYTES))
    assert [each["state"] for each in answer["records"]] == ["HELD", "RESENT"]
    [error] = answer["errors"]
    assert error["code"] == "RESEND_FAILED"
    assert str(large.number) in error["text"]
    begun, failed = host.held(large.number).treatments
    assert (begun.step, failed.step) == (Step.BEGUN, Step.FAILED)
    assert failed.failure == "MessageSizeTooLargeError"
    assert host("resend", str(large.number), "--reason", "try again")["records"][0]["placed"]


def limit_out_topic(admin: KafkaAdminClient, most: str) -> None:
    wanted = {"max.message.bytes": most}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, out_topic("rs"), wanted)])


def test_an_attempt_that_was_cut_short_leaves_the_record_held_and_is_shown(
    bus: Bus, host: Host, natcbus: CommandLine
) -> None:
    """The process dies between the two notes, whatever it had done by then."""
    [held] = put_aside(bus, b"cut short")
    order = Order.new(Action.RESEND, "Iva", "a try")
    running = treat(bus.bootstrap, [held], order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(treating, "speaker", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(running)
    assert host.held(held.number).state is State.HELD
    assert host.held(held.number).unfinished is not None
    shown = natcbus("quarantine", "list", "--bootstrap", bus.bootstrap).out
    assert "unfinished" in shown
    host("resend", str(held.number), "--reason", "once more")
    assert host.held(held.number).state is State.RESENT


def interrupted(topic: str) -> str:
    raise KeyboardInterrupt(topic)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("resend", "99999", "--reason", "r"), 1, "NOT_HELD"),
        (("resend", "--reason", "r"), 2, "USAGE"),
        (("resend", "1", "--code", "NOT_FRAMED", "--reason", "r"), 2, "USAGE"),
        (("resend", "1"), 2, "USAGE"),
        (("return", "1", "--reason", "  "), 2, "NO_REASON"),
        (("return", "1", "--reason", "r" * 513), 2, "NO_REASON"),
        (("return", "1", "--reason", "r", "--by", ""), 2, "NO_NAME"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    host: Host, words: tuple[str, ...], code: int, error: str
) -> None:
    assert [each["code"] for each in host(*words, code=code)["errors"]] == [error]


def test_a_key_that_is_certified_late_lets_the_alert_through(bus: Bus, host: Host) -> None:
    """What re-sending is for: the cause lay with the host, and the message is as it was signed."""
    public = bus.folder / "public" / "rs.json"
    kept = public.read_bytes()
    public.unlink()
    bus.hub.terminate()
    bus.hub.start().wait_ready()
    message = composed(bus)
    [held] = put_aside(bus, message.value, key=message.thread_id.encode())
    assert held.code == "UNKNOWN_KEY"
    public.write_bytes(kept)
    bus.hub.terminate()
    bus.hub.start().wait_ready()

    host("resend", "--code", "UNKNOWN_KEY", "--reason", "the key of rs is certified")
    desk = message.decision.deliveries[0].desk
    with bus.subscriber(desk, until_end=False) as subscriber:
        delivery = next(each for each in subscriber if each.message_id == message.message_id)
    assert delivery.thread_id == message.thread_id
    assert delivery.sealed
