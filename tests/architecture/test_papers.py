"""The papers are in step with the code: every setting, command and route is written down."""

import re

import pytest
from pydantic.fields import FieldInfo
from typer import Typer

from sora_studio.api.app import create_api
from sora_studio.cli.main import cli
from sora_studio.config import SECRETS, Settings
from sora_studio.domain.activity import ActivityKind
from tests.support.source import ROOT

_CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
_API = (ROOT / "docs/api.md").read_text()


@pytest.mark.parametrize("field", Settings.model_fields.values(), ids=lambda field: field.alias)
def test_every_setting_is_written_down(field: FieldInfo):
    """Name, default and description stand in docs/configuration.md as they stand in the code."""
    default = "unset" if field.default is None else f"`{field.default}`"

    assert f"| `{field.alias}` | {default} | {field.description} |" in _CONFIGURATION


def test_no_setting_is_written_down_that_does_not_exist():
    """A setting that has gone is gone from the papers, too."""
    written = set(re.findall(r"(?m)^\| `([A-Z0-9_]+)` \|", _CONFIGURATION))

    assert written == {field.alias for field in Settings.model_fields.values()}


def test_the_secrets_that_may_come_from_files_are_written_down():
    """Operators need to know which of them have a NAME_FILE."""
    section = _CONFIGURATION.split("### Secrets from files")[1].split("\n## ")[0]

    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", section)) - {"NAME_FILE"} == SECRETS


def test_every_command_is_written_down():
    """`sora-studio --help` and the papers list the same commands."""
    commands = {*_commands(cli)} | {
        f"{group.name} {name}"
        for group in cli.registered_groups
        if group.typer_instance
        for name in _commands(group.typer_instance)
    }

    assert set(re.findall(r"(?m)^\| `sora-studio ([a-z -]+)` \|", _CONFIGURATION)) == commands


def test_every_route_is_written_down():
    """docs/api.md lists exactly the routes of the API."""
    paths: dict[str, dict[str, object]] = create_api().openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    written = re.findall(r"(?m)^\| `((?:GET|POST|PATCH|PUT|DELETE) [^`]+)` \|", _API)

    assert set(written) == routes


def test_every_kind_of_activity_is_written_down():
    """Programs that read a video's history need to know what may stand there."""
    paragraph = _API.split("A line's `kind` is")[1].split("\n\n")[0]

    assert set(re.findall(r"`(\w+)`", paragraph)) == set(ActivityKind)


def _commands(program: Typer) -> list[str]:
    """Return the names of a program's own commands."""
    named = [(each.name, each.callback) for each in program.registered_commands]
    return [name or callback.__name__ for name, callback in named if callback]
