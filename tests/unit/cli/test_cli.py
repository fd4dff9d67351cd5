"""The command line says what it means, and makes nothing where there is nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from sora_studio.cli.main import cli
from sora_studio.config import ConfigError, load, load_providers
from sora_studio.config.build import VERSION, commit

_RUNNER = CliRunner()


def _commands(program: Typer, *before: str) -> Iterator[tuple[str, ...]]:
    yield before
    for command in program.registered_commands:
        callback = command.callback
        yield (*before, command.name or (callback.__name__ if callback else ""))
    for group in program.registered_groups:
        if group.typer_instance and group.name:
            yield from _commands(group.typer_instance, *before, group.name)


@pytest.mark.parametrize("words", [*_commands(cli)], ids=" ".join)
def test_help_is_plain_and_whole(words: tuple[str, ...]):
    """No type behind a switch, no parentheses around a default, no sentence that ends in dots."""
    said = _RUNNER.invoke(cli, [*words, "--help"], env={"COLUMNS": "80"})
    assert said.exit_code == 0
    for oddity in ("<bool>", "(./", "...", "│", "[default: ("):
        assert oddity not in said.output.replace("[ARGS]...", "")


@pytest.mark.parametrize(
    "words",
    [["scrub"], ["reconcile"], ["import", "--owner=ada@example.org"], ["migrate"]],
    ids=lambda words: words[0],
)
def test_a_directory_that_no_studio_ever_used_is_refused_and_left_alone(tmp_path: Path, words: list[str]):
    wrong = tmp_path / "wrong"
    done = _RUNNER.invoke(cli, [*words, f"--data-dir={wrong}"], env={"DATABASE_URL": ""})
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == f"No studio has ever used {wrong}: name the right one with --data-dir."
    assert not wrong.exists()


@pytest.mark.parametrize("words", [["version"], ["--version"]], ids=" ".join)
def test_the_version_is_said_with_its_build(words: list[str]):
    said = _RUNNER.invoke(cli, words)
    assert (said.exit_code, said.output) == (0, f"sora-studio {VERSION} ({commit()})\n")


def test_the_doctor_makes_nothing_where_no_studio_was(tmp_path: Path):
    wrong = tmp_path / "wrong"
    done = _RUNNER.invoke(cli, ["doctor", "--json", f"--data-dir={wrong}"], env={"DATABASE_URL": ""})
    assert done.exit_code == 1
    found = {each["check"]: each["level"] for each in json.loads(done.output)}
    assert (found["settings"], found["data_dir"]) == ("ok", "problem")
    assert not wrong.exists()


def test_two_ways_to_name_a_provider_are_told_apart(tmp_path: Path):
    """A file that is named need not exist."""
    both = {"OPENAI_BASE_URL": "http://a.example/v1", "SORA_STUDIO_PROVIDERS": "/no/such.toml"}
    with pytest.raises(
        ConfigError, match=r"^OPENAI_BASE_URL is set, and SORA_STUDIO_PROVIDERS names /no/such\.toml: "
    ):
        load_providers(load(both, data_dir=tmp_path), both)
    (tmp_path / "providers.toml").write_text("")
    with pytest.raises(ConfigError, match=r"^OPENAI_BASE_URL is set, and there is .*providers\.toml: "):
        load_providers(load({"OPENAI_BASE_URL": "http://a.example/v1"}, data_dir=tmp_path))
