"""`sora-studio provider list | check`, against a real server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sora_studio.cli.main import cli
from sora_studio.config import ConfigError
from tests.support.sandbox import RunningSandbox, running_sandbox

KEY = "sk-of-the-operator"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), api_key=KEY, faults=True) as running:
        running.fault(job="instant")
        yield running


@pytest.fixture
def say(tmp_path: Path):
    """Return what runs a command in an empty data directory."""

    def run(*arguments: str, key: str = KEY) -> Result:
        environ = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": "", "SORA_STUDIO_PROVIDERS": ""}
        return CliRunner().invoke(cli, ["provider", *arguments, "--data-dir", str(tmp_path)], env=environ)

    return run


def test_a_server_that_works_is_probed_without_spending(say, sandbox: RunningSandbox):
    result = say("check", "videos-api", "--url", sandbox.base_url)

    assert result.exit_code == 0, result.output
    assert "✓ reachable; models: sora-2, sora-2-pro" in result.output
    assert "✓ an unknown video is not found" in result.output
    assert "✓ a list: 0 videos shown" in result.output
    assert "videos-api can be used." in result.output
    assert sandbox.ledger() == []


def test_one_video_is_made_followed_and_deleted(say, sandbox: RunningSandbox):
    result = say("check", "videos-api", "--url", sandbox.base_url, "--spend")

    assert result.exit_code == 0, result.output
    assert "bytes of MP4" in result.output
    assert "✓ it is deleted there" in result.output
    assert len(sandbox.ledger()) == 1
    assert sandbox.client(KEY).videos.list().data == []


def test_one_look_in_vain_is_no_end(say, sandbox: RunningSandbox):
    """It has been paid for, and the studio would look again, too."""
    sandbox.fault(retrieve="404", times=3)  # the first look is for a video that nobody has
    sandbox.fault(content="409", times=1)
    try:
        result = say("check", "videos-api", "--url", sandbox.base_url, "--spend")
    finally:
        sandbox.clear("retrieve")
        sandbox.clear("content")

    assert result.exit_code == 0, result.output
    assert "· its status could not be read: A fault was asked for: 404." in result.output
    assert "· its file did not arrive: A fault was asked for: 409." in result.output
    assert "bytes of MP4" in result.output
    assert "✓ it is deleted there" in result.output


def test_a_wrong_key(say, sandbox: RunningSandbox):
    result = say("check", "videos-api", "--url", sandbox.base_url, key="sk-wrong")

    assert result.exit_code == 1
    assert "✗ the key or the address is refused" in result.output
    assert "sk-wrong" not in result.output


@pytest.mark.parametrize(
    ("name", "words"), [("vllm-omni", "does not answer as it should"), ("openai", "24 September 2026")]
)
def test_what_cannot_be_used(say, name: str, words: str):
    result = say("check", name, "--url", "http://127.0.0.1:1/v1")

    assert result.exit_code == 1
    assert words in result.output
    assert f"{name} cannot be used." in result.output


@pytest.mark.parametrize("arguments", [("nobody",), ("nobody", "--url", "http://127.0.0.1:1/v1")])
def test_a_name_that_nobody_has(say, tmp_path: Path, arguments: tuple[str, ...]):
    (tmp_path / "instance").touch()
    assert say("check", *arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [("list",), ("check", "sandbox")])
def test_a_directory_that_is_no_studios(say, tmp_path: Path, arguments: tuple[str, ...]):
    """A slip in its name is said, and no list of defaults is shown for it."""
    result = say(*arguments)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith(f"No studio has ever used {tmp_path}")
    assert result.output == ""


def test_a_sandbox_that_never_ran(say, tmp_path: Path):
    (tmp_path / "instance").touch()
    assert "has not been started yet" in say("check", "sandbox").output


def test_providers_of_the_file_are_listed_and_checked(say, sandbox: RunningSandbox, tmp_path: Path):
    (tmp_path / "providers.toml").write_text(
        f"""
        [films]
        preset = "litellm"
        base_url = "{sandbox.base_url}"
        api_key_env = "OPENAI_API_KEY"
        models = ["sora-2"]
        [openai]
        """
    )

    listed, checked = say("list"), say("check", "films")

    assert f"films  films (preset litellm)  {sandbox.base_url}  sora-2\n" in listed.output
    assert "OpenAI ended its Videos API" in listed.output
    assert KEY not in listed.output
    assert checked.exit_code == 0, checked.output
    assert 'operations.add = ["list"] would use it' in checked.output


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        ("litellm", "· no list (litellm.BadRequestError: LLM Provider NOT provided."),
        ("vllm-omni", "· videos are asked for in multipart, without a model's name"),
    ],
)
def test_servers_of_other_dialects(say, tmp_path: Path, dialect: str, told: str):
    with running_sandbox(tmp_path / dialect, dialect=dialect, faults=True) as running:
        running.fault(job="instant")
        result = say("check", dialect, "--url", running.base_url, "--spend")

    assert result.exit_code == 0, result.output
    assert told in result.output
    assert "bytes of MP4" in result.output
    assert "✗" not in result.output
