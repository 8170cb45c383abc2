"""What wakes somebody: the alerts, judged by Prometheus itself, and the figures they stand on."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from natcbus.hub.metrics import Live, Metrics
from natcbus.hub.records import NetworkInUse
from natcbus.hub.supervisor import SupervisorFigures
from natcbus.operations.canary.figures import CanaryFigures
from tests.support.deployment import REPOSITORY

PROMTOOL: Final = REPOSITORY / ".prometheus" / "promtool"
FOLDER: Final = REPOSITORY / "infra" / "prometheus"
RULES: Final = FOLDER / "rules.yml"
RULES_TEST: Final = FOLDER / "rules_test.yml"
DASHBOARD: Final = REPOSITORY / "infra" / "grafana" / "dashboard.json"
FIGURE: Final = re.compile(r"\bnatcbus_[a-z_]+")


@pytest.mark.parametrize(
    ("what", "file"),
    [
        (["check", "rules"], RULES),
        (["check", "config"], FOLDER / "prometheus.yml"),
        (["test", "rules"], RULES_TEST),
    ],
)
def test_prometheus_takes_its_files_and_the_alerts_fire_when_they_should(
    what: list[str], file: Path
) -> None:
    assert PROMTOOL.exists(), "`make promtool` fetches it"
    done = subprocess.run(
        [PROMTOOL, *what, file], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_in_which_it_fires() -> None:
    fires = {
        name
        for test in yaml.safe_load(RULES_TEST.read_text("utf-8"))["tests"]
        for asked in test["promql_expr_test"]
        if asked["exp_samples"]
        for name in re.findall(r'alertname="(\w+)"', asked["expr"] + str(asked["exp_samples"]))
    }
    assert {rule["alert"] for rule in rules()} == fires


def test_every_alert_says_what_to_do_and_how_urgent_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        (summary,) = rule["annotations"].values()
        assert len(re.findall(r"[.;:] |`", summary)) >= 1, rule["alert"]
        assert len(summary) <= 300, rule["alert"]


def test_every_figure_that_is_asked_for_is_one_that_somebody_shows() -> None:
    shown = exposed()
    for file in (RULES, RULES_TEST, DASHBOARD):
        asked = set(FIGURE.findall(file.read_text("utf-8")))
        assert asked, file
        assert asked - shown == set(), file


def test_every_figure_is_on_the_dashboard() -> None:
    text = DASHBOARD.read_text("utf-8")
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in exposed()}
    assert {name for name in families if name not in text} == set()


def test_the_dashboard_is_where_grafana_looks_and_asks_the_prometheus_that_it_knows() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    source = provisioned("datasources/prometheus.yml")["datasources"][0]
    asking = [panel for panel in panels if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in asking} == {source["uid"]}
    assert len({panel["id"] for panel in panels}) == len(panels)
    (provider,) = provisioned("dashboards/natcbus.yml")["providers"]
    compose = (REPOSITORY / "docker-compose.yml").read_text("utf-8")
    assert f":{provider['options']['path']}/natcbus.json:ro" in compose


def rules() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        yield from group["rules"]


def provisioned(name: str) -> Any:  # noqa: ANN401 - YAML
    file = REPOSITORY / "infra" / "grafana" / "provisioning" / name
    return yaml.safe_load(file.read_text("utf-8"))


def exposed() -> set[str]:
    """The names of all series that the hub and the canary show."""
    worker = Metrics()
    worker.expect(["member.si.out"])
    worker.watch(
        lambda: Live({}, {}, 0.0, NetworkInUse(1, datetime(2036, 1, 1, tzinfo=UTC)), ready=True)
    )
    canary = CanaryFigures()
    canary.ends({"desk.si.spoc.feed": 1})
    pages = [worker.text(), SupervisorFigures(2, lambda: True).text(), canary.text()]
    families = [each for page in pages for each in text_string_to_metric_families(page.decode())]
    named = {sample.name for family in families for sample in family.samples}
    typed = {
        name
        for family in families
        for name in (
            {"counter": [f"{family.name}_total"], "histogram": [f"{family.name}_bucket"]}.get(
                family.type, [family.name]
            )
        )
    }
    return {name for name in named | typed if not name.endswith("_created")}
