"""`sora-studio provider list | check`, against a real server."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sora_studio.cli.main import cli
from sora_studio.config import ConfigError
from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.scripted import ScriptedServer, says, scripted_server

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
    assert "· it does not say what it is; the studio treats it as videos-api" in result.output
    assert "✓ an unknown video is not found" in result.output
    assert "· 4 s of sora-2 at 1280x720 would be asked for, at $0.40" in result.output
    assert "✓ a list: 0 videos shown" in result.output
    assert "videos-api can be used." in result.output
    assert sandbox.ledger() == []


def test_one_video_is_made_followed_and_deleted(say, sandbox: RunningSandbox):
    result = say("check", "videos-api", "--url", sandbox.base_url, "--spend")

    assert result.exit_code == 0, result.output
    assert "bytes of MP4" in result.output
    assert "✓ it is deleted there" in result.output
    assert len(sandbox.ledger()) == 1
    with sandbox.client(KEY) as client:
        assert client.videos.list().data == []


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
    assert "✗ the key is refused" in result.output
    assert "sk-wrong" not in result.output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vllm-omni", "it does not answer as it should: The provider cannot be reached."),
        ("openai", "24 September 2026"),
    ],
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

    listed, checked = say("list"), say("check")

    assert f"films  films (preset litellm)  {sandbox.base_url}  sora-2\n" in listed.output
    assert "OpenAI ended its Videos API" in listed.output
    assert KEY not in listed.output
    assert checked.exit_code == 0, checked.output
    assert 'operations.add = ["list"] would use it' in checked.output


@pytest.fixture
async def server():
    async with scripted_server() as scripted:
        yield scripted


async def checked(server: ScriptedServer, say, *arguments: str) -> tuple[int, str]:
    """Check a scripted server without a preset."""
    result = await asyncio.to_thread(say, "check", *arguments, "--url", server.base_url)
    return result.exit_code, result.output


async def test_a_server_that_answers_404_to_everything_cannot_be_used(server, say):
    """As FastAPI does at a wrong address: an unknown video is nothing special there."""
    for path in ("/v1/models", "/v1/videos", "/v1/videos/video_" + "0" * 48):
        server.at("GET", path, says({"detail": "Not Found"}, 404))
    code, output = await checked(server, say)

    assert "✗ an unknown video is answered as any unknown address is: Not Found" in output
    assert "sora-2, sora-2-pro: a guess of the studio's" in output
    assert "✗ nothing here answers as the Videos API does" in output
    assert code == 1


async def test_a_gateway_that_cannot_route_an_unknown_video_is_not_condemned(server, say):
    server.at("GET", "/health/liveliness", says("I'm alive!"))
    server.at("GET", "/v1/models", says({"object": "list", "data": [{"id": "wan"}]}))
    refused = {"error": {"message": "litellm.APIConnectionError: api.openai.com", "code": "500"}}
    server.at("GET", "/v1/videos/video_" + "0" * 48, says(refused, 500))
    code, output = await checked(server, say)

    assert "✓ it is LiteLLM" in output
    assert "· an unknown video cannot be routed by a gateway, which proves nothing: litellm." in output
    assert "at an unknown price" in output
    assert code == 0
    assert {request.method for request in server.requests} == {"GET"}


async def test_litellm_without_a_database_calls_a_wrong_key_a_bad_request(server, say):
    server.at("GET", "/health/liveliness", says("I'm alive!"))
    refused = {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}
    server.at("GET", "/v1/models", says(refused, 400))
    code, output = await checked(server, say)

    assert "✗ the key is refused: No connected db." in output
    assert code == 1


async def test_a_preset_that_somebody_named_is_compared_with_what_is_there(server, say):
    server.at("GET", "/v1/models", says({"data": [{"id": "wan", "owned_by": "fastvideo"}]}))
    _, output = await checked(server, say, "sglang")

    assert "· it looks like FastVideo, and is treated as sglang, as its table says" in output


async def test_what_is_found_at_an_address_is_listed(server, say, tmp_path: Path):
    server.at("GET", "/v1/models", says({"data": [{"id": "wan", "owned_by": "fastvideo"}]}))
    (tmp_path / "providers.toml").write_text(
        f'[box]\nbase_url = "{server.base_url}"\n[away]\nbase_url = "http://127.0.0.1:1/v1"'
    )
    result = await asyncio.to_thread(say, "list")

    away = "away  away (not known: The provider cannot be reached.)  http://127.0.0.1:1/v1  models not known"
    assert result.output.splitlines() == [f"box  box (found: FastVideo)  {server.base_url}  wan", away]


async def test_any_server_is_listed_with_its_own_models(server, say, tmp_path: Path):
    server.at("GET", "/v1/models", says({"data": [{"id": "wan-from-somebody"}]}))
    (tmp_path / "providers.toml").write_text(f'[box]\nbase_url = "{server.base_url}"')
    result = await asyncio.to_thread(say, "list")

    assert result.output == f"box  box (any server)  {server.base_url}  wan-from-somebody\n"


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
