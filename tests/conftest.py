"""The brokers that tests share. Never import from here: shared code lives in ``tests.support``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from natcbus.operations.broker import EmbeddedBroker
from tests.support.command_line import CommandLine
from tests.support.kafka import Kafka, running_kafka

# A machine that others use makes any deadline fail some day; pytest's own limit ends what hangs.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


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


@pytest.fixture
def natcbus(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CommandLine:
    """The command line, in this process, with no context and in an empty directory."""
    for name in list(os.environ):
        if name.startswith("NATCBUS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys, monkeypatch)
