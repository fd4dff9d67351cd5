"""The shape of providers.toml: one table per provider, checked key by key."""

import re
import ssl
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from sora_studio.config.headers import header_name, header_value
from sora_studio.config.urls import api_url, proxy_url
from sora_studio.domain import video
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.profile import SECONDS_MAX, Body, Operation, Preset

_RANGE = re.compile(r"(\d{1,3})-(\d{1,3})")


def _name(text: str) -> str:
    """Check that a name can stand before a slash: the form's values are `provider/model`."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", text):
        message = "must be of lower-case letters, digits, dots, dashes and underscores"
        raise ValueError(message)
    return text


def _size(text: str) -> str:
    """Check that a size can be asked for."""
    try:
        return str(video.Size.parse(text))
    except InvalidInput as error:
        message = "must look like 1280x720"
        raise ValueError(message) from error


def _lengths(value: object) -> object:
    """Write out a range such as `4-15`."""
    if not isinstance(value, str):
        return value
    found = _RANGE.fullmatch(value)
    if not found or int(found[1]) > int(found[2]):
        message = "must be a list such as [4, 8] or a range such as 4-15"
        raise ValueError(message)
    return list(range(int(found[1]), int(found[2]) + 1))


def _certificates(path: Path) -> Path:
    """Check that a file holds certificates."""
    path = path.expanduser().absolute()
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # SSLError is one
        message = (
            f"must be a file of certificates in PEM; {path} cannot be read as one: {error.strerror or error}"
        )
        raise ValueError(message) from error
    return path


def _named(value: object) -> object:
    """Let a model be given by its id alone."""
    return {"id": value} if isinstance(value, str) else value


Size = Annotated[str, AfterValidator(_size)]
Seconds = Annotated[int, Field(ge=1, le=SECONDS_MAX)]
Lengths = Annotated[list[Seconds], Field(min_length=1), BeforeValidator(_lengths)]
Dollars = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=6)]
Text = Annotated[str, Field(min_length=1, max_length=300)]
HeaderName = Annotated[Text, AfterValidator(header_name)]
HeaderValue = Annotated[SecretStr, AfterValidator(header_value)]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ModelSettings(_Table):
    """One model of a provider; what is left out comes from the preset."""

    id: Text
    hint: str | None = None
    sizes: Annotated[list[Size], Field(min_length=1)] | None = None
    seconds: Lengths | None = None
    price_per_second: Dollars | None = None
    prices: dict[Size, Dollars] = {}


class OperationSettings(_Table):
    """What a server can do more or less than its preset says."""

    add: list[Operation] = []
    remove: list[Operation] = []


class RateLimitSettings(_Table):
    """How much may be asked of a server at a time."""

    per_second: Annotated[float, Field(gt=0)] | None = None
    burst: Annotated[int, Field(ge=1)] | None = None
    at_once: Annotated[int, Field(ge=1)] | None = None
    jobs: Annotated[int, Field(ge=1)] | None = None


class ProviderSettings(_Table):
    """One provider; what is left out is as in its preset. Secrets do not show in its repr."""

    name: Annotated[str, AfterValidator(_name)]
    preset: Preset | None = None  # the server is asked who it is
    label: Text | None = None
    base_url: Annotated[str, AfterValidator(api_url)] | None = None
    api_key: HeaderValue | None = None
    key_header: HeaderName | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    query: dict[Text, SecretStr] = {}
    poll_query: list[Literal["model"]] = []
    ca_file: Annotated[Path, AfterValidator(_certificates)] | None = None
    proxy: Annotated[SecretStr, AfterValidator(proxy_url)] | None = None
    use_env_proxy: bool = False
    models: list[Annotated[ModelSettings, BeforeValidator(_named)]] = []
    operations: OperationSettings = OperationSettings()
    rate_limit: RateLimitSettings = RateLimitSettings()
    media_hosts: list[Text] = []
    busy: list[Annotated[int, Field(ge=400, le=599)]] = []
    note: str | None = None
    retired: str | None = None
    body: Body | None = None
    sends_model: bool | None = None
    any_size: bool | None = None
    any_seconds: bool | None = None
    list_is_complete: bool | None = None
    honours_idempotency_key: bool | None = None

    @property
    def is_child(self) -> bool:
        """Tell whether it is the sandbox that the studio starts beside itself."""
        return self.preset is Preset.SANDBOX and self.base_url is None

    @model_validator(mode="after")
    def _has_an_address(self) -> "ProviderSettings":
        if self.base_url is None and self.preset not in {Preset.SANDBOX, Preset.OPENAI}:
            message = "base_url is missing"
            raise ValueError(message)
        if self.proxy and self.use_env_proxy:
            message = "proxy and use_env_proxy exclude each other"
            raise ValueError(message)
        return self
