"""What a preview says is what the desks get, desk by desk and compartment by compartment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from natcbus.client import Publisher, RejectedError
from tests.support.bus import Bus, running_bus
from tests.support.kafka import running_kafka
from tests.support.mutations import Json, mutants, without
from tests.support.sending import Rows, received, wait_until_routed

EVENTS = 300
SENDERS = ("rs.spoc", "bg.cybercrime", "si.thb-police", "md.border-police", "ua.spoc")


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


def publishable(publisher: Publisher, event: Json) -> Json | None:
    """The event without what its preview objects to; None if nothing is left of it.

    Whatever the preview objects to, publishing refuses.
    """
    problems = publisher.preview(event).problems
    if not problems:
        return event
    with pytest.raises(RejectedError) as caught:
        publisher.publish(event)
    assert caught.value.problems == problems
    mended = without(event, [problem.pointer for problem in problems])
    return None if publisher.preview(mended).problems else mended


@pytest.mark.timeout(300)
def test_every_desk_gets_what_the_preview_said_and_nobody_else_anything(bus: Bus) -> None:
    promised: Rows = {}
    sent: dict[str, int] = {}
    for number, sender in enumerate(SENDERS):
        member = sender.split(".", maxsplit=1)[0]
        with Publisher(bus.context(member), world=bus.world) as publisher:
            made = (publishable(publisher, each) for each in mutants(number, bus.network, [sender]))
            chosen = (event for event in made if event is not None)
            for event in islice(chosen, EVENTS // len(SENDERS)):
                preview = publisher.preview(event)
                event["header"]["message_id"] = preview.event.header.message_id
                published = publisher.publish(event)
                for row in preview.decision.deliveries:
                    promised[(published.message_id, row.desk)] = (row.view.value, row.compartments)
                sent[member] = sent.get(member, 0) + 1
    wait_until_routed(bus, sent)

    assert sum(sent.values()) == EVENTS
    assert received(bus) == promised
