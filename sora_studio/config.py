"""What an operator may set: the environment, read and checked once before the start."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

_SHORTEST_SECRET = 32


class ConfigError(Exception):
    """The studio cannot start as it is set up; `problems` holds one sentence each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _http_url(url: str) -> str:
    """Check that a URL can be called; the slash at its end is dropped."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "must be a URL such as https://example.net/v1"
        raise ValueError(message)
    return url.rstrip("/")


def _postgres_url(url: SecretStr) -> SecretStr:
    """Check that a database URL speaks of PostgreSQL."""
    if urlsplit(url.get_secret_value()).scheme not in {"postgres", "postgresql"}:
        message = "must be a URL such as postgresql://user:password@host/database"
        raise ValueError(message)
    return url


def _long_enough(key: SecretStr) -> SecretStr:
    """Check that a key cannot be guessed (RFC 7518 §3.2: at least as long as the hash)."""
    if len(key.get_secret_value().encode()) < _SHORTEST_SECRET:
        message = f"must be at least {_SHORTEST_SECRET} bytes long"
        raise ValueError(message)
    return key


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """Check the form in which providers hand out webhook secrets."""
    if not secret.get_secret_value().startswith("whsec_"):
        message = "must start with whsec_"
        raise ValueError(message)
    return secret


def _absolute(path: Path) -> Path:
    """Free a path from the directory we happen to be in."""
    return path.expanduser().absolute()


class Settings(BaseModel):
    """Every setting. Built by `load`, frozen, handed down; secrets do not show in its repr."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, hide_input_in_errors=True, validate_default=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_postgres_url)] | None = Field(
        None,
        alias="DATABASE_URL",
        description="PostgreSQL to use. Unset: an embedded one under the data directory.",
    )
    openai_base_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None,
        alias="OPENAI_BASE_URL",
        description="Any server that speaks the Videos API. Unset: the sandbox is started beside the studio.",
    )
    openai_api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="The key for that server, if it wants one."
    )
    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path("data"),
        alias="SORA_STUDIO_DATA_DIR",
        description="Where videos, the embedded database and the generated key are kept.",
    )
    public_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "http://localhost:3000",
        alias="SORA_STUDIO_PUBLIC_URL",
        description="The address people use. Behind a proxy, set it to the outside address (https://…).",
    )
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        None,
        alias="SORA_STUDIO_SECRET_KEY",
        description="Signs sessions; at least 32 bytes. Unset: generated once, kept in the data directory.",
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        None,
        alias="SORA_STUDIO_WEBHOOK_SECRET",
        description="Verifies the provider's webhooks (whsec_…). Unset: webhooks are refused.",
    )
    sandbox_speed: Annotated[float, Field(gt=0)] = Field(
        1.0,
        alias="SORA_STUDIO_SANDBOX_SPEED",
        description="How many times faster than a real provider the sandbox renders.",
    )
    log_format: Literal["console", "json"] = Field(
        "console",
        alias="SORA_STUDIO_LOG_FORMAT",
        description="Log lines for people (console) or programs (json).",
    )

    def signing_key(self) -> bytes:
        """Return the key that signs sessions; made and stored at the first call when none was set.

        Raises:
            ConfigError: The data directory cannot be written.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return _stored_key(self.data_dir / "secret_key")


_FIELDS = {str(field.alias): field for field in Settings.model_fields.values()}

SECRETS = frozenset(name for name, field in _FIELDS.items() if SecretStr in get_args(field.annotation))
"""Names that may also be given as NAME_FILE: the path of a file that holds the value."""


def load(
    environ: Mapping[str, str] = os.environ, *, data_dir: Path | None = None, port: int = 3000
) -> Settings:
    """Read the settings from the environment.

    Args:
        environ: Where to read; empty values count as unset.
        data_dir: Wins over the environment.
        port: Where we serve, for the default public URL.

    Raises:
        ConfigError: Something is wrong; all of it is listed at once.
    """
    problems = _misspelt(environ)
    values: dict[str, Any] = {"SORA_STUDIO_PUBLIC_URL": f"http://localhost:{port}"}
    values |= {name: environ[name] for name in _FIELDS if environ.get(name)}
    for name in sorted(SECRETS):
        _read_secret_file(name, environ, values, problems)
    if data_dir is not None:
        values["SORA_STUDIO_DATA_DIR"] = data_dir
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [f"{detail['loc'][0]} {_reason(detail['msg'])}" for detail in error.errors()]
    else:
        if not problems:
            return settings
    raise ConfigError(*problems)  # not from the ValidationError, which holds the secrets


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    """List variables that look like ours and are not: a typing error must not pass in silence."""
    known = _FIELDS.keys() | {f"{name}_FILE" for name in SECRETS}
    return [
        f"{name} is not a setting"
        for name in environ
        if name.startswith("SORA_STUDIO_") and name not in known
    ]


def _read_secret_file(
    name: str, environ: Mapping[str, str], values: dict[str, Any], problems: list[str]
) -> None:
    """Take a secret from the file that NAME_FILE points to."""
    path = environ.get(f"{name}_FILE")
    if not path:
        return
    if name in values:
        problems.append(f"{name} and {name}_FILE are both set")
        return
    try:
        values[name] = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}_FILE cannot be read: {error}")


def _reason(message: str) -> str:
    """Make pydantic's message the second half of a sentence."""
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _stored_key(path: Path) -> bytes:
    """Return the key in a file that only we may read; write a new one first if there is none."""
    try:
        if not path.exists():
            _store_key(path)
        return path.read_bytes()
    except OSError as error:
        message = f"SORA_STUDIO_DATA_DIR: no key can be kept in {path.parent}: {error.strerror}"
        raise ConfigError(message) from error


def _store_key(path: Path) -> None:
    """Write a new key, whole or not at all; of two first starts, both use the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
