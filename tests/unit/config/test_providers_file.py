"""providers.toml is read with its secrets hidden, and what is wrong in it is said all at once."""

from decimal import Decimal
from pathlib import Path

import pytest

from sora_studio.config import ConfigError, ProviderSettings, load, load_providers

WHOLE = """
[litellm]
base_url = "http://litellm:4000/v1/"
api_key_env = "LITELLM_KEY"
key_header = "x-litellm-api-key"
headers = { x-team = "hidden-team" }
label = "The gateway"
operations = { add = ["list"], remove = ["reference"] }
busy = [503]
media_hosts = ["minio.internal"]
rate_limit = { per_second = 2, jobs = 3 }
body = "json"
retired = ""

[[litellm.models]]
id = "veo-3.1"
hint = "Sharp."
sizes = ["1280x720"]
seconds = "4-8"
price_per_second = 0.1
prices = { "1920x1080" = "0.123456" }

[gpu-box]
preset = "vllm-omni"
base_url = "http://gpu:8000/v1"
models = ["Wan-AI/Wan2.2-T2V"]

[sandbox]
"""

WRONG = """
base_url = "http://x"
[a]
preset = "sora"
base_url = "gpu:8000"
api_key = "k"
api_key_env = "K"
colour = "red"
models = [{ id = "m", sizes = ["16:9"], seconds = "long", price_per_second = 0.1234567 }]
operations = { add = ["fly"] }
rate_limit = { jobs = 0 }
[b]
api_key_env = "NOT_SET"
[c]
base_url = "http://c/v1"
api_key_file = "/no/such/file"
["d/e"]
base_url = "http://d/v1"
"""
PROBLEMS = """\
base_url must stand in a table such as [litellm]
[a] api_key and api_key_env exclude each other
[a] preset must be 'sandbox', 'openai', 'litellm', 'vllm-omni', 'sglang', \
'fastvideo', 'unsloth', 'new-api', 'bifrost' or 'videos-api'
[a] base_url must be a URL such as https://example.net/v1
[a] models[0].sizes[0] must look like 1280x720
[a] models[0].seconds must be a list such as [4, 8] or a range such as 4-15
[a] models[0].price_per_second must have no more than 6 decimal places
[a] operations.add[0] must be 'list', 'delete', 'remix', 'edit', 'extend', \
'characters', 'reference', 'uploads' or 'models'
[a] rate_limit.jobs must be greater than or equal to 1
[a] colour is not a key here
[b] api_key_env names NOT_SET, which is not set
[b] base_url is missing
[c] api_key_file cannot be read: [Errno 2] No such file or directory: '/no/such/file'
[d/e] name must be of lower-case letters, digits, dots, dashes and underscores"""


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[ProviderSettings, ...]:
    """Read a file in the data directory."""
    (folder / "providers.toml").write_text(text)
    return load_providers(load({}, data_dir=folder), environ or {})


def problems(folder: Path, text: str) -> tuple[str, ...]:
    """Return what is wrong with a file."""
    with pytest.raises(ConfigError) as refused:
        read(folder, text)
    return refused.value.problems


def test_every_key_is_read_and_the_order_kept(tmp_path: Path):
    gateway, box, sandbox = read(tmp_path, WHOLE, {"LITELLM_KEY": "hidden-key"})

    assert [each.name for each in (gateway, box, sandbox)] == ["litellm", "gpu-box", "sandbox"]
    assert [each.preset for each in (gateway, box, sandbox)] == ["litellm", "vllm-omni", "sandbox"]
    assert gateway.base_url == "http://litellm:4000/v1"
    assert gateway.api_key
    assert gateway.api_key.get_secret_value() == "hidden-key"
    (model,) = gateway.models
    assert (model.seconds, model.price_per_second) == ([4, 5, 6, 7, 8], Decimal("0.1"))
    assert model.prices == {"1920x1080": Decimal("0.123456")}
    assert (gateway.retired, box.retired) == ("", None)
    assert [model.id for model in box.models] == ["Wan-AI/Wan2.2-T2V"]
    assert (sandbox.is_child, box.is_child) == (True, False)


def test_no_secret_is_shown(tmp_path: Path):
    shown = repr(read(tmp_path, WHOLE, {"LITELLM_KEY": "hidden-key"}))

    assert "hidden" not in shown


def test_no_secret_is_shown_in_a_problem(tmp_path: Path):
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, '[a]\nbase_url = "http://hidden@"\napi_key = "hidden"\nheaders = { x = 7 }')

    assert "hidden" not in str(refused.value)
    assert refused.value.__context__ is None


def test_everything_wrong_is_listed_with_table_and_key(tmp_path: Path):
    said = "\n".join(problem.removeprefix("providers.toml: ") for problem in problems(tmp_path, WRONG))

    assert said == PROBLEMS


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('key_header = "x-api-key:"', "[vllm-omni] key_header must be the name of a header"),
        ('headers = { "x team" = "films" }', "[vllm-omni] headers.x team.[key] must be the name of a header"),
        (
            'headers = { x-team = "hid\\nden" }',
            "[vllm-omni] headers.x-team has characters that cannot be sent",
        ),
        ('api_key = "hidden…"', "[vllm-omni] api_key has characters that cannot be sent"),
        ('api_key = "hid\\u0007den"', "[vllm-omni] api_key has characters that cannot be sent"),
    ],
)
def test_what_cannot_be_sent_as_a_header(tmp_path: Path, line: str, problem: str):
    """Every submit would be unclear: a header that breaks off the request looks like a broken connection."""
    (said,) = problems(tmp_path, f"[vllm-omni]\nbase_url = 'http://gpu/v1'\n{line}")

    assert said.startswith(f"providers.toml: {problem}")


def test_white_space_around_a_header_comes_off(tmp_path: Path):
    (made,) = read(tmp_path, "[sglang]\nbase_url = 'http://s/v1'\nheaders = { x-team = ' the films\t' }")

    assert made.headers["x-team"].get_secret_value() == "the films"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no provider"),
        ("[a]\npreset='sandbox'\n[b]\npreset='sandbox'", "more than one sandbox"),
        ("[a", "cannot be read"),
    ],
)
def test_a_file_that_makes_no_studio(tmp_path: Path, text: str, problem: str):
    (said,) = problems(tmp_path, text)

    assert problem in said


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("base_url = 'http://s/v1?key=hidden'", "base_url must end with its path, such as /v1"),
        ("base_url = 'http://s/v1#here'", "base_url must end with its path, such as /v1"),
        ("base_url = 'http://me:hidden@s/v1'", "base_url must not have a name or a password"),
        ("base_url = 'http://s/v1'\nca_file = '/no/such/file'", "ca_file must be a file of certificates"),
        ("base_url = 'http://s/v1'\nca_file = '/proc/self/status'", "ca_file must be a file of certificates"),
        ("base_url = 'http://s/v1'\nproxy = 'proxy:3128'", "proxy must be a URL"),
        ("base_url = 'http://s/v1'\nproxy = 'http://p'\nuse_env_proxy = true", "exclude each other"),
    ],
)
def test_a_way_to_a_server_that_is_none(tmp_path: Path, line: str, problem: str):
    (said,) = problems(tmp_path, f"[sglang]\n{line}")

    assert problem in said
    assert "hidden" not in said


def test_a_key_may_lie_in_a_file(tmp_path: Path):
    (tmp_path / "key").write_text("hidden\n")
    (made,) = read(tmp_path, f"[sglang]\nbase_url = 'http://s/v1'\napi_key_file = '{tmp_path / 'key'}'")

    assert made.api_key
    assert made.api_key.get_secret_value() == "hidden"


def test_the_setting_names_another_file(tmp_path: Path):
    (tmp_path / "mine.toml").write_text("[openai]")
    settings = load({"SORA_STUDIO_PROVIDERS": str(tmp_path / "mine.toml")}, data_dir=tmp_path)

    assert [each.name for each in load_providers(settings, {})] == ["openai"]


def test_a_named_file_that_is_not_there(tmp_path: Path):
    settings = load({"SORA_STUDIO_PROVIDERS": str(tmp_path / "none.toml")})

    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        load_providers(settings, {})


def test_without_a_file_the_environment_makes_one_provider(tmp_path: Path):
    environ = {"OPENAI_BASE_URL": "http://gpu:8000/v1", "OPENAI_API_KEY": "hidden"}
    (made,) = load_providers(load(environ, data_dir=tmp_path), {})

    assert (made.name, made.preset, made.base_url) == ("videos-api", None, "http://gpu:8000/v1")
    assert made.api_key
    assert made.api_key.get_secret_value() == "hidden"


def test_openais_own_address_is_known_to_be_no_more(tmp_path: Path):
    settings = load({"OPENAI_BASE_URL": "https://api.openai.com/v1"}, data_dir=tmp_path)

    assert [each.preset for each in load_providers(settings, {})] == ["openai"]


def test_without_anything_there_is_the_sandbox(tmp_path: Path):
    (made,) = load_providers(load({}, data_dir=tmp_path), {})

    assert made.is_child


def test_a_file_and_an_address_exclude_each_other(tmp_path: Path):
    (tmp_path / "providers.toml").write_text("[sandbox]")

    with pytest.raises(ConfigError, match=r"OPENAI_BASE_URL is set, and .*providers\.toml"):
        load_providers(load({"OPENAI_BASE_URL": "http://gpu/v1"}, data_dir=tmp_path), {})


def test_a_size_that_no_wish_may_have_is_none_here(tmp_path: Path):
    """The form would offer it, and every wish for it would be refused."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, '[sandbox]\nmodels = [{ id = "m", sizes = ["9999x720"] }]')
    assert "models[0].sizes[0] must look like 1280x720" in str(caught.value)
