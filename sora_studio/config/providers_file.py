"""Reading providers.toml; what is wrong is said with its table and key, all at once."""

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib import request
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from sora_studio.config.error import ConfigError, place, reason
from sora_studio.config.providers import ProviderSettings
from sora_studio.domain.profile import Preset

_KEYS = ("api_key", "api_key_env", "api_key_file")

_Table = dict[str, Any]

_is_bypassed = cast(
    "Callable[[str, Mapping[str, str]], bool]",
    vars(request)["proxy_bypass_environment"],  # how the standard library reads NO_PROXY; no stub has it
)


def read_file(path: Path, environ: Mapping[str, str]) -> tuple[ProviderSettings, ...]:
    """Read the providers in the order of the file.

    Args:
        path: The file.
        environ: Where keys named by `api_key_env` are looked up.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong.
    """
    problems: list[str] = []
    read = [_read_table(name, value, environ, problems) for name, value in _tables(path).items()]
    providers = tuple(each for each in read if each is not None)
    if not read:
        problems.append("names no provider: write a table such as [litellm]")
    if sum(each.is_child for each in providers) > 1:
        problems.append("starts more than one sandbox: give the others a base_url")
    if problems:
        raise ConfigError(*(f"{path.name}: {problem}" for problem in problems))
    return providers


def secret_files(path: Path) -> list[Path]:
    """Return the files that hold the providers' keys: the file itself, if there is one, and what it names."""
    if not path.exists():
        return []
    tables = [cast("_Table", table) for table in _tables(path).values() if isinstance(table, dict)]
    named = [table["api_key_file"] for table in tables if isinstance(table.get("api_key_file"), str)]
    return [path, *(Path(name).expanduser() for name in named)]


def _tables(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise ConfigError(message) from None


def _read_table(
    name: str, value: object, environ: Mapping[str, str], problems: list[str]
) -> ProviderSettings | None:
    if not isinstance(value, dict):
        problems.append(f"{name} must stand in a table such as [litellm]")
        return None
    given = cast("_Table", value)
    table = {key: each for key, each in given.items() if key not in _KEYS}
    preset = name if name in set(Preset) else None
    table |= {"name": name, "preset": given.get("preset", preset)}
    wrong: list[str] = []
    table["api_key"] = _read_key(given, environ, wrong)
    try:
        return through_proxy(ProviderSettings.model_validate(table), environ)
    except ValidationError as error:
        wrong += [f"{place(each['loc'])}{reason(each['msg'])}" for each in error.errors()]
        return None
    finally:
        problems += [f"[{name}] {problem}" for problem in wrong]


def through_proxy(settings: ProviderSettings, environ: Mapping[str, str]) -> ProviderSettings:
    """Return a provider with the proxy that the environment names for its address, if it wants that one.

    `NO_PROXY` and the lower-case names count as everywhere.
    """
    if not settings.use_env_proxy or settings.base_url is None:
        return settings
    named = {
        name.lower().removesuffix("_proxy"): environ[name] for name in sorted(environ) if _is_proxy(name)
    }
    parts = urlsplit(settings.base_url)
    proxy = named.get(parts.scheme) or named.get("all")
    if not proxy or _is_bypassed(parts.netloc, named):
        return settings
    address = proxy if "://" in proxy else f"http://{proxy}"
    return settings.model_copy(update={"proxy": SecretStr(address)})


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")


def _read_key(table: _Table, environ: Mapping[str, str], wrong: list[str]) -> str | None:
    """Return the key itself, or what the variable or file holds that is named instead."""
    named = {key: table[key] for key in _KEYS if key in table}
    if len(named) > 1:
        wrong.append(f"{' and '.join(named)} exclude each other")
        return None
    for key, value in named.items():
        if not isinstance(value, str) or not value.strip():
            wrong.append(f"{key} must be a text")
        elif key == "api_key_file":
            return _read_secret(value, wrong)
        elif key == "api_key_env" and not environ.get(value):
            wrong.append(f"api_key_env names {value}, which is not set")
        else:
            return environ[value] if key == "api_key_env" else value
    return None


def _read_secret(path: str, wrong: list[str]) -> str | None:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        wrong.append(f"api_key_file cannot be read: {error}")
        return None
