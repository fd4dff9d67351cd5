"""What is counted: nothing until somebody asks, and never more labels than a metric may have."""

import json
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from sora_studio import log, metrics
from sora_studio.metrics import Gauge, Instrument
from tests.support.source import ROOT

_LOADED = """
import sys
import sora_studio.bootstrap, sora_studio.web.server, sora_studio.api.app
from sora_studio import metrics
metrics.JOBS.count("sandbox", "m", "completed")
metrics.HTTP.observe(1.0, "/api/videos", "GET", "200")
print(metrics.JOBS.on, "prometheus_client" in sys.modules, "sentry_sdk" in sys.modules)
"""


def test_nobody_watches_and_nothing_is_counted_or_loaded():
    """Neither library costs anything where nobody asked for it."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "False"]


def test_whatever_comes_labels_are_bounded():
    """A provider may list any number of models, and a stranger may ask for any address."""
    metrics.start()
    for number in range(10_000):
        metrics.RENDERS.observe(1.0, "litellm", f"model-{number}")
        metrics.JOBS.count("litellm", f"model-{number}", "completed")
    families = read(metrics.exposition([]))
    renders = {tuple(sorted(each.labels.items())) for each in families["sora_studio_render_seconds"].samples}
    assert len({dict(labels)["model"] for labels in renders}) <= 22  # a test before may have had its own
    jobs = [each for each in families["sora_studio_jobs"].samples if each.labels["provider"] == "litellm"]
    assert len(jobs) <= 51
    assert sum(each.value for each in jobs) == 10_000
    assert next(each.value for each in jobs if each.labels["model"] == "other") >= 9_950


def test_a_stranger_who_asks_for_everything_hides_no_failure():
    """Names are folded; what became of it never is."""
    registry = CollectorRegistry()
    requests = metrics._histogram("test_seconds", "T.", *metrics.HTTP.labels)
    Instrument.every.remove(requests)
    requests.begin(registry)
    for number in range(1_000):
        requests.observe(0.1, f"/nowhere/{number}", "GET", "404")
    requests.observe(0.1, "/api/late", "POST", "500")
    families = read(generate_latest(registry))
    seen = [each.labels for each in families["sora_studio_test_seconds"].samples if "le" not in each.labels]
    assert {"route": "other", "method": "POST", "status": "500"} in seen
    assert len(seen) < 100


def test_what_cannot_be_counted_is_told_once_and_stops_nobody(capsys: pytest.CaptureFixture[str]):
    """A paid job has been written down when it is counted."""
    metrics.start()
    log.configure("json")
    for _ in range(3):
        metrics.JOBS.count("one label instead of three")
    with metrics.SUBMITS.timed():
        pass
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(each["event"], each["metric"]) for each in told] == [
        ("metric_failed", "sora_studio_jobs_total"),
        ("metric_failed", "sora_studio_submit_duration_seconds"),
    ]


def test_no_label_could_be_a_person_or_a_video():
    """Each is a word of the studio's own, or the name of what an operator has configured."""
    known = {
        *("route", "method", "status", "handler", "provider", "model", "outcome", "operation", "result"),
        *("direction", "task", "level", "kind"),
    }
    assert {label for each in Instrument.every for label in each.labels} == known


def test_a_gauge_of_which_nothing_is_known_is_not_there():
    families = read(
        metrics.exposition([Gauge("sora_studio_a", "A."), Gauge("sora_studio_b", "B.", (), {(): 2})])
    )
    assert "sora_studio_a" not in families
    assert families["sora_studio_b"].samples[0].value == 2


def read(text: bytes):
    return {family.name: family for family in text_string_to_metric_families(text.decode())}
