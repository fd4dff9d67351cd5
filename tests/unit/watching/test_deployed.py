"""What ships for operators: rules, their tests and their runbooks, and the dashboard."""

import json
import re
from typing import Any

import pytest
import yaml

from sora_studio.doctor.backups import OLD
from sora_studio.metrics import Instrument
from sora_studio.services.disk_space import FREE_FLOOR
from tests.support.promtool import promtool
from tests.support.source import ROOT

_FOLDER = ROOT / "deploy/prometheus"
_RULES: list[dict[str, Any]] = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
_TESTS: list[dict[str, Any]] = yaml.safe_load((_FOLDER / "alerts_test.yml").read_text())["tests"]
_DASHBOARD = json.loads((ROOT / "deploy/grafana/sora-studio.json").read_text())
_OPERATIONS = (ROOT / "docs/operations.md").read_text()
_METRIC = re.compile(r"\b(sora_studio_\w+?)(?:_bucket|_count|_sum)?\b(?=[{\[\s)/]|$)")
_GAUGES = set(
    re.findall(r'"((?:sora_studio_)?[a-z_]+)"', (ROOT / "sora_studio/services/metrics.py").read_text())
)


def test_every_rule_fires_when_it_should_and_only_then():
    """By Prometheus' own tool, over the series in alerts_test.yml."""
    done = promtool("test", "rules", str(_FOLDER / "alerts_test.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_both_tests():
    """One in which it is raised, and one in which it is not."""
    names = {rule["alert"] for rule in _RULES}
    assert len(names) >= 12
    assert {test["name"] for test in _TESTS} == names | {f"no {name}" for name in names}


def test_the_configuration_is_one():
    """With the file of rules beside it."""
    done = promtool("check", "config", str(_FOLDER / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_code_mean_the_same_limits():
    """A backup that the doctor calls old raises the alert, and so does a disk on which nothing is made."""
    said = {rule["alert"]: rule["expr"] for rule in _RULES}
    assert said["BackupOld"].endswith(f"> {OLD.total_seconds() / 3600:.0f} * 3600")
    assert said["DiskFull"].endswith(f"< {FREE_FLOOR}")


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule["alert"])
def test_a_rule_leads_to_what_there_is_to_do(rule: dict[str, Any]):
    """At night, by somebody who has not written it."""
    paper, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert paper == "docs/operations.md"
    assert f'<a id="{anchor}"></a>' in _OPERATIONS


def test_rules_and_dashboard_use_metrics_that_there_are():
    """A name that was mistyped would never say anything."""
    written = [rule["expr"] for rule in _RULES] + [
        target["expr"] for panel in _DASHBOARD["panels"] for target in panel["targets"]
    ]
    used = {name for expression in written for name in _METRIC.findall(expression)}
    there = {each.name for each in Instrument.every} | {
        name if name.startswith("sora_studio_") else f"sora_studio_{name}" for name in _GAUGES
    }
    assert used - there == set()
    assert len(used) > 20
