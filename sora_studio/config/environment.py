"""Reading the settings from the environment, and from the files it names."""

import os
from collections.abc import Mapping, MutableMapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from sora_studio.config.error import ConfigError, reason
from sora_studio.config.providers import ProviderSettings
from sora_studio.config.providers_file import read_file
from sora_studio.config.settings import Settings
from sora_studio.domain.profile import Preset

_PUBLIC = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "TMPDIR"),
    *("LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHON*", "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENBLAS_NUM_THREADS"),
)
"""What a program has to know of its surroundings, as patterns; nobody keeps a secret there."""

_FIELDS = {str(field.alias): field for field in Settings.model_fields.values()}


def _is_secret(annotation: object) -> bool:
    """Tell whether a type is `SecretStr`, however it is wrapped."""
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


SECRETS = frozenset(name for name, field in _FIELDS.items() if _is_secret(field.annotation))
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
        problems += [
            " ".join([*map(str, detail["loc"][:1]), reason(detail["msg"])]) for detail in error.errors()
        ]
    else:
        if not problems:
            return settings
    raise ConfigError(*problems)  # not from the ValidationError, which holds the secrets


def load_providers(
    settings: Settings, environ: Mapping[str, str] = os.environ
) -> tuple[ProviderSettings, ...]:
    """Read which servers there are, the default first: from providers.toml, else from the settings.

    Args:
        settings: Name the file, or the one server; neither: the sandbox is started beside the studio.
        environ: Where the file's `api_key_env` are looked up.

    Raises:
        ConfigError: Something in the file is wrong; all of it is listed at once.
    """
    path = settings.providers_file or settings.data_dir / "providers.toml"
    if settings.providers_file or path.exists():
        if settings.openai_base_url is not None:
            named = "SORA_STUDIO_PROVIDERS names" if settings.providers_file else "there is"
            message = f"OPENAI_BASE_URL is set, and {named} {path}: name that server in the file"
            raise ConfigError(message)
        return read_file(path, environ)
    if settings.openai_base_url is None:
        return (ProviderSettings(name="sandbox", preset=Preset.SANDBOX),)
    over = urlsplit(settings.openai_base_url).hostname == "api.openai.com"
    return (
        ProviderSettings(
            name="videos-api",
            preset=Preset.OPENAI if over else None,
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
        ),
    )


def known(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment as it is now."""
    return dict(environ)


def named_files(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the files that hold secrets, as NAME_FILE names them."""
    return [Path(path) for name in sorted(SECRETS) if (path := environ.get(f"{name}_FILE"))]


def for_children(*more: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a program that we start: the surroundings, and none of our secrets.

    Args:
        more: Patterns of what else it has to know.
        environ: What we know.
    """
    return {name: environ[name] for name in environ if _matches(name, (*_PUBLIC, *more))}


def forget_environment(*kept: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Leave nothing in this process's environment that a child must not know: workers inherit all of it.

    Args:
        kept: Patterns of what is needed here later.
        environ: What is emptied.
    """
    for name in [name for name in environ if not _matches(name, (*_PUBLIC, *kept))]:
        del environ[name]


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


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
