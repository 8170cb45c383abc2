"""The settings that docker-compose.yml uses, read for the tests: one source for both.

`kafka_settings` and `hub_settings` are what tests start their broker and their hubs from; a test
replaces places (addresses, folders, keys) and says why where it replaces anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SERVER_PROPERTIES: Final = REPOSITORY / "infra" / "kafka" / "server.properties"
CONTAINER_ENV: Final = REPOSITORY / "infra" / "kafka" / "container.env"
HUB_ENV: Final = REPOSITORY / "infra" / "hub" / "hub.env"

# Read by Kafka's scripts and by its storage tool: no settings of the broker.
NOT_BROKER: Final = frozenset({"CLUSTER_ID", "KAFKA_HEAP_OPTS"})


def assignments(file: Path) -> dict[str, str]:
    """Read ``name=value`` lines; empty lines and those that begin with ``#`` say nothing."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def broker_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Turn the image's variables into broker settings as the image does."""
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name not in NOT_BROKER
    }


def kafka_settings() -> dict[str, str]:
    """Return every broker setting of the Kafka in docker-compose.yml."""
    return {**assignments(SERVER_PROPERTIES), **broker_settings(assignments(CONTAINER_ENV))}


def hub_settings() -> dict[str, str]:
    """Return the environment of the hub in docker-compose.yml."""
    return assignments(HUB_ENV)
