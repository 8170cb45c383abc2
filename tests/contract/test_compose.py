"""docker-compose.yml was never run here: it is held against every file that was."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from natcbus.client.world import read_network
from natcbus.hub.settings import PREFIX, Settings
from natcbus.hub.slot import GRACE_SECONDS, LOOK_SECONDS
from natcbus.operations.canary.message import READS, SENDS
from natcbus.operations.topology import Profile
from tests.support.deployment import (
    CONTAINER_ENV,
    HUB_ENV,
    NOT_BROKER,
    REPOSITORY,
    SERVER_PROPERTIES,
    assignments,
    broker_settings,
    hub_settings,
    kafka_settings,
)
from tests.support.kafka import FASTER, Kafka, Ports, place

COMPOSE = REPOSITORY / "docker-compose.yml"
DOCKERFILE = REPOSITORY / "infra" / "hub" / "Dockerfile"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def test_it_is_a_compose_file() -> None:
    command = [Path(sys.executable).with_name("check-jsonschema")]
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, *schema, COMPOSE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs_kafka_its_topics_and_the_hub_in_this_order(services: dict[str, Any]) -> None:
    assert services.keys() >= {"kafka", "topology", "hub"}
    assert services["topology"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert services["hub"]["depends_on"] == {
        "topology": {"condition": "service_completed_successfully"}
    }
    assert services["topology"]["restart"] == "no"


def test_kafka_is_the_version_that_the_tests_run(services: dict[str, Any]) -> None:
    pom = (REPOSITORY / "infra" / "kafka" / "pom.xml").read_text("utf-8")
    version = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom)
    assert version is not None
    assert services["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_kafka_has_its_settings_from_the_files_that_the_tests_start_kafka_from(
    services: dict[str, Any],
) -> None:
    kafka = services["kafka"]
    assert "environment" not in kafka
    assert [REPOSITORY / file for file in kafka["env_file"]] == [CONTAINER_ENV]
    mounted = dict(volume.split(":")[:2] for volume in kafka["volumes"])
    own = str(SERVER_PROPERTIES.relative_to(REPOSITORY))
    assert mounted[f"./{own}"] == "/mnt/shared/config/server.properties"


def test_the_tests_replace_places_and_add_only_what_makes_them_faster(
    kafka: Kafka, tmp_path: Path
) -> None:
    running = assignments(kafka.folder / "server.properties")
    agreed = kafka_settings()
    places = place(tmp_path, Ports(1, 2, 3)).keys()
    assert places <= agreed.keys()
    assert running.keys() == agreed.keys() | FASTER.keys()
    same = agreed.keys() - places - FASTER.keys()
    assert {name: running[name] for name in same} == {name: agreed[name] for name in same}


def test_what_the_container_adds_are_places_alone(tmp_path: Path) -> None:
    environment = assignments(CONTAINER_ENV)
    places = place(tmp_path, Ports(1, 2, 3)).keys()
    assert broker_settings(environment).keys() == places
    assert environment.keys() - NOT_BROKER == {
        f"KAFKA_{name.replace('.', '_').upper()}" for name in places
    }


def test_the_hub_has_its_settings_from_the_file_that_the_tests_start_hubs_from(
    services: dict[str, Any],
) -> None:
    assert "environment" not in services["hub"]
    assert [REPOSITORY / file for file in services["hub"]["env_file"]] == [HUB_ENV]


def test_every_setting_of_the_hub_is_one_that_it_knows() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    assert hub_settings().keys() <= known


def test_the_hub_takes_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in hub_settings().items():
        monkeypatch.setenv(name, value)
    settings = Settings()  # type: ignore[call-arg]  # the environment holds the rest
    assert settings.profile == "single"
    assert settings.bootstrap == "kafka:9092"


def test_the_hub_is_given_every_file_that_its_settings_name(services: dict[str, Any]) -> None:
    hub = services["hub"]
    targets = [volume.rsplit(":", 2)[1] for volume in hub["volumes"]]
    targets += [f"/run/secrets/{name}" for name in hub["secrets"]]
    settings = hub_settings()
    for name in ("NETWORK", "KEYS", "SIGNING_KEY", "STATE"):
        assert settings[f"{PREFIX}{name}"] in targets


def test_what_must_outlive_a_container_is_on_a_volume_that_its_user_owns(
    services: dict[str, Any],
) -> None:
    state = hub_settings()[f"{PREFIX}STATE"]
    assert f"hub-state:{state}" in services["hub"]["volumes"]
    # A named volume takes its owner from the folder of the image that it is put over.
    made = re.search(
        r"install -d -o natcbus -g natcbus -m 0700 (.+)", DOCKERFILE.read_text("utf-8")
    )
    assert made is not None
    assert state in made[1].split()


def test_a_container_is_given_the_time_that_its_hub_takes_to_stop(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hub_settings().items():
        monkeypatch.setenv(name, value)
    settings = Settings()  # type: ignore[call-arg]  # the environment holds the rest
    given = int(services["hub"]["stop_grace_period"].removesuffix("s"))
    assert given > settings.stop_within + GRACE_SECONDS + LOOK_SECONDS


def test_the_topics_are_made_by_the_command_that_operators_use(services: dict[str, Any]) -> None:
    command = services["topology"]["command"]
    assert command[:2] == ["topology", "apply"]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert options["--profile"] == Profile.SINGLE
    assert options["--bootstrap"] == hub_settings()[f"{PREFIX}BOOTSTRAP"]


def test_the_healthy_hub_and_its_figures_are_where_its_settings_put_them(
    services: dict[str, Any],
) -> None:
    port = hub_settings()[f"{PREFIX}HEALTH_PORT"]
    assert f"127.0.0.1:{port}/ready" in " ".join(services["hub"]["healthcheck"]["test"])
    prometheus = yaml.safe_load(
        (REPOSITORY / "infra" / "prometheus" / "prometheus.yml").read_text("utf-8")
    )
    jobs = {job["job_name"]: job["static_configs"] for job in prometheus["scrape_configs"]}
    _, _, workers = services["hub"]["command"]
    every = [f"127.0.0.1:{int(port) + number}" for number in range(1 + int(workers))]
    assert jobs["natcbus-hub"] == [{"targets": every}]
    canary = services["canary"]
    at = canary["command"][canary["command"].index("--port") + 1]
    assert f"127.0.0.1:{at}/ready" in " ".join(canary["healthcheck"]["test"])
    assert jobs["natcbus-canary"] == [{"targets": [f"127.0.0.1:{at}"]}]
    assert canary["network_mode"] == "service:hub"


def test_the_canary_is_given_what_its_context_names(services: dict[str, Any]) -> None:
    canary = services["canary"]
    named = canary["environment"]
    split = [volume.removesuffix(":ro").rsplit(":", 1) for volume in canary["volumes"]]
    places = {target: source for source, target in split}
    folder = REPOSITORY / places[f"{named['NATCBUS_HOME']}/contexts"]
    context = tomllib.loads((folder / f"{named['NATCBUS_CONTEXT']}.toml").read_text("utf-8"))
    assert context["bootstrap"] == hub_settings()[f"{PREFIX}BOOTSTRAP"]
    assert {context[name] for name in ("network", "public_keys", "keys", "state")} <= places.keys()
    assert {SENDS, READS} <= read_network(REPOSITORY / "infra" / "network").desks.keys()


def test_every_container_is_confined(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        user, _, group = service["user"].partition(":")
        assert int(user) > 0, name
        assert int(group) > 0, name
        assert not service.get("privileged"), name


def test_nothing_is_published_beyond_this_machine(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service.get("network_mode") != "host", name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name


def test_whatever_goes_on_is_asked_whether_it_is_well(services: dict[str, Any]) -> None:
    lasting = {name for name, service in services.items() if service["restart"] != "no"}
    assert {name for name in lasting if "healthcheck" in services[name]} == lasting


def test_every_file_and_folder_that_is_mounted_from_here_is_here(services: dict[str, Any]) -> None:
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).exists(), source


def test_the_image_is_built_in_stages_and_ends_without_root_or_tools() -> None:
    stages = re.split(r"(?m)^FROM ", DOCKERFILE.read_text("utf-8"))[1:]
    assert len(stages) == 2
    last = stages[-1]
    assert re.search(r"(?m)^USER 10001:10001$", last)
    assert "pip install" not in last
    assert "COPY --from=build" in last


def test_the_image_installs_what_is_pinned_by_hash() -> None:
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        if "pip install" in line:
            assert "--require-hashes" in line or "--no-deps wheels/" in line
