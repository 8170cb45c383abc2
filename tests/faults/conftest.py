"""A bus that a module of these tests has to itself, and what writes to it and reads it by hand.

Never import from here: shared code lives in ``tests.support``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.bus import Bus, running_bus
from tests.support.by_hand import Decided, Writing, writing_to
from tests.support.kafka import running_kafka


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """Real Kafka and the hub, which nobody else breaks."""
    with (
        running_kafka() as kafka,
        running_bus(kafka.bootstrap, tmp_path_factory.mktemp("bus")) as bus,
    ):
        yield bus


@pytest.fixture
def writing(bus: Bus) -> Iterator[Writing]:
    """What the test writes to the members' topics."""
    with writing_to(bus) as found:
        yield found


@pytest.fixture
def decided(bus: Bus) -> Iterator[Decided]:
    """What the hub decided."""
    with closing(Decided(bus)) as found:
        yield found
