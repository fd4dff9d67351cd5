"""Settings are read, checked and reported together."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sora_studio.config import ConfigError, load


def test_nothing_needs_to_be_set():
    settings = load({})

    assert settings.database_url is None
    assert settings.openai_base_url is None
    assert settings.data_dir == Path("data").absolute()
    assert settings.public_url == "http://localhost:3000"


def test_the_public_url_follows_the_port_unless_it_is_set():
    assert load({}, port=8080).public_url == "http://localhost:8080"
    assert load({"SORA_STUDIO_PUBLIC_URL": "https://x.example/"}, port=8080).public_url == "https://x.example"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Studio.Example:443/", "https://studio.example"),
        ("http://studio.example.:80", "http://studio.example"),
        ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_the_public_url_is_kept_as_browsers_write_it(given: str, kept: str):
    assert load({"SORA_STUDIO_PUBLIC_URL": given}).public_url == kept


def test_the_command_line_wins_over_the_environment():
    settings = load({"SORA_STUDIO_DATA_DIR": "/environment"}, data_dir=Path("/argument"))

    assert settings.data_dir == Path("/argument")


def test_an_empty_value_is_no_value():
    assert load({"DATABASE_URL": "", "OPENAI_BASE_URL": ""}).database_url is None


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "must be a URL such as postgresql://"),
        ("OPENAI_BASE_URL", "localhost:8000", "must be a URL such as https://"),
        ("OPENAI_BASE_URL", "file:///etc/passwd", "must be a URL such as https://"),
        ("OPENAI_API_KEY", "sk-…", "has characters that cannot be sent in a header"),
        ("OPENAI_BASE_URL", "http://localhost:80a0/v1", "must be a URL such as https://"),
        ("OPENAI_BASE_URL", "http://localhost:99999/v1", "must be a URL such as https://"),
        ("SORA_STUDIO_PUBLIC_URL", "studio.example", "must be a URL such as https://"),
        ("SORA_STUDIO_PUBLIC_URL", "https://example.org/studio", "must not have a path"),
        ("SORA_STUDIO_PUBLIC_URL", "https://me@example.org", "must be a URL such as https://"),
        ("SORA_STUDIO_ALLOWED_HOSTS", "https://studio.lan", "must be names such as studio.lan"),
        ("SORA_STUDIO_ALLOWED_HOSTS", "studio.lan:3000", "must be names such as studio.lan"),
        ("SORA_STUDIO_TRUSTED_PROXIES", "nginx", "must be addresses or networks such as 10.0.0.2"),
        ("SORA_STUDIO_TRUSTED_PROXIES", "10.0.0.1/8", "must be addresses or networks such as 10.0.0.2"),
        ("SORA_STUDIO_TRUSTED_PROXIES", "0.0.0.0/0", "names every address"),
        ("SORA_STUDIO_SECURITY_CONTACT", "me@example.org", "must start with mailto: or https://"),
        ("SORA_STUDIO_SECRET_KEY", "x" * 31, "must be at least 32 bytes long"),
        ("SORA_STUDIO_WEBHOOK_SECRET", "secret", "must start with whsec_ and continue in base64"),
        ("SORA_STUDIO_SANDBOX_SPEED", "0", "must be greater than 0"),
        ("SORA_STUDIO_LOG_FORMAT", "xml", "must be 'console' or 'json'"),
        ("SORA_STUDIO_LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
        ("SORA_STUDIO_METRICS_TOKEN", "short", "must be at least 16 characters of ASCII"),
        ("SENTRY_DSN", "https://sentry.example.org/1", "must be a URL such as https://key@"),
        *(
            ("SORA_STUDIO_MEDIA_URL", url, "must be a URL such as s3://bucket")
            for url in ("https://bucket", "s3://", "s3://UP", "s3://bucket/../x", "s3://bucket/a?b=c")
        ),
        ("SORA_STUDIO_S3_ENDPOINT", "https://s3.example.org/path", "must be the address of a server"),
        ("SORA_STUDIO_DATADIR", "/data", "is not a setting"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, reason: str):
    with pytest.raises(ConfigError) as refused:
        load({name: value})

    [problem] = refused.value.problems
    assert problem.startswith(f"{name} {reason}")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKID"}, "belong together"),
        ({"AWS_SECRET_ACCESS_KEY": "x"}, "belong together"),
        ({"SORA_STUDIO_S3_PUBLIC_ENDPOINT": "https://s3.example.org"}, "which signs the links"),
        (
            {
                "SORA_STUDIO_S3_PUBLIC_ENDPOINT": "http://s3.example.org",
                "SORA_STUDIO_PUBLIC_URL": "https://studio.example",
                "AWS_ACCESS_KEY_ID": "AKID",
                "AWS_SECRET_ACCESS_KEY": "x",
            },
            "must be https",
        ),
    ],
)
def test_an_object_store_is_described_whole(more: dict[str, str], reason: str):
    with pytest.raises(ConfigError, match=reason):
        load({"SORA_STUDIO_MEDIA_URL": "s3://films", **more})


def test_what_other_programs_are_told_stops_no_studio_that_keeps_its_files_on_a_disk():
    assert load({"AWS_SECRET_ACCESS_KEY": "another program's"}).media_url is None


def test_every_problem_is_listed_at_once():
    with pytest.raises(ConfigError) as refused:
        load({"DATABASE_URL": "x", "SORA_STUDIO_LOG_FORMAT": "x", "SORA_STUDIO_X": "x"})

    assert len(refused.value.problems) == 3


def test_a_secret_and_its_file_exclude_each_other():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set"):
        load({"OPENAI_API_KEY": "a", "OPENAI_API_KEY_FILE": "/b"})


def test_no_secret_is_shown():
    secrets = {
        "DATABASE_URL": "postgresql://me:hidden@host/db",
        "OPENAI_API_KEY": "hidden",
        "SORA_STUDIO_SECRET_KEY": "hidden" * 6,
        "SORA_STUDIO_WEBHOOK_SECRET": "whsec_aGlkZGVu",
    }

    shown = repr(load(secrets)) + str(load(secrets))

    assert "hidden" not in shown
    assert "aGlkZGVu" not in shown


def test_no_secret_is_shown_in_a_problem():
    with pytest.raises(ConfigError) as refused:
        load({"SORA_STUDIO_SECRET_KEY": "hidden", "DATABASE_URL": "mysql://me:hidden@host/db"})

    assert "hidden" not in str(refused.value)
    assert refused.value.__context__ is None


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        load({}).public_url = "http://elsewhere"  # pyright: ignore[reportAttributeAccessIssue] -- that is the point
