"""The brokers that tests share. Never import from here: shared code lives in ``tests.support``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natcbus.operations.broker import EmbeddedBroker
from tests.support.kafka import Kafka, running_kafka


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """Real Apache Kafka; tests use fresh names, and one that kills it starts it again."""
    with running_kafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker of the demo: no access control, no retention, no guarantees."""
    with EmbeddedBroker() as broker:
        yield broker
