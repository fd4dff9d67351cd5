"""Every setting: its name, default, check and description (docs/configuration.md repeats them)."""

import base64
import binascii
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from sora_studio.config.authority import OwnNames, WebOrigin, is_loopback
from sora_studio.config.backup_plan import BackupPlan, backup_plan
from sora_studio.config.error import ConfigError
from sora_studio.config.headers import header_value
from sora_studio.config.lists import Network, host_and_port, host_name, network, words
from sora_studio.config.object_store import AccessKey, ObjectStore, bucket_url
from sora_studio.config.signing_key import SHORTEST_KEY, stored_key
from sora_studio.config.urls import api_url, server_url, site_url
from sora_studio.domain.settings import IDLE_DAYS_MAX, SESSION_DAYS_MAX, STORAGE_GB_MAX, SettingName, Value
from sora_studio.domain.sign_up import SignUpPolicy

_SHORTEST_TOKEN = 16  # characters
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))

PRIVATE = 0o077
"""The umask of every program of ours: what it writes is for its own user."""


def _postgres_url(url: SecretStr) -> SecretStr:
    """Check that a database URL speaks of PostgreSQL."""
    if urlsplit(url.get_secret_value()).scheme not in {"postgres", "postgresql"}:
        message = "must be a URL such as postgresql://user:password@host/database"
        raise ValueError(message)
    return url


def _long_enough(key: SecretStr) -> SecretStr:
    """Check that a key cannot be guessed (RFC 7518 §3.2: at least as long as the hash)."""
    if any(len(each.strip().encode()) < SHORTEST_KEY for each in key.get_secret_value().split(",")):
        message = f"must be at least {SHORTEST_KEY} bytes long"
        raise ValueError(message)
    return key


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """Check the form in which providers hand out webhook secrets: whsec_ and base64, several with commas."""
    for each in secret.get_secret_value().replace(",", " ").split() or [""]:
        if not (each.startswith("whsec_") and _is_base64(each.removeprefix("whsec_"))):
            message = "must start with whsec_ and continue in base64"
            raise ValueError(message)
    return secret


def _is_base64(text: str) -> bool:
    """Tell whether text is base64 of something."""
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _long_token(token: SecretStr) -> SecretStr:
    """Check that a token cannot be guessed."""
    if len(token.get_secret_value()) < _SHORTEST_TOKEN or not token.get_secret_value().isascii():
        message = f"must be at least {_SHORTEST_TOKEN} characters of ASCII"
        raise ValueError(message)
    return token


def _dsn(dsn: SecretStr) -> SecretStr:
    """Check the form of the address that Sentry gives to a project."""
    if not _names_a_project(dsn.get_secret_value()):
        message = "must be a URL such as https://key@sentry.example.org/1, with the number of a project"
        raise ValueError(message)
    return dsn


def _names_a_project(dsn: str) -> bool:
    """Tell whether the SDK can use an address: it ends in a number, and a port is one."""
    try:
        parts = urlsplit(dsn)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    project = parts.path.rpartition("/")[2]
    is_number = project.isascii() and project.isdecimal()
    return parts.scheme in {"http", "https"} and bool(
        parts.username and parts.hostname and is_number and has_port
    )


def _contact(url: str) -> str:
    """Check that somebody who found a vulnerability can be sent there (RFC 9116 §2.5.3)."""
    if not url.startswith(("mailto:", "https://")) or not url.isprintable():
        message = "must start with mailto: or https://"
        raise ValueError(message)
    return url


def _sign_up(text: str) -> str:
    """Check that a policy is one."""
    return str(SignUpPolicy.parse(text))


def _time_zone(name: str) -> str:
    """Check that a time zone is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones
        message = "must be the name of a time zone, such as Europe/Berlin"
        raise ValueError(message) from error
    return name


def _issuer(url: str) -> str:
    """Check an issuer: https, or this machine."""
    parts = urlsplit(url)
    at_home = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or parts.query or parts.fragment or not (parts.scheme == "https" or at_home):
        message = "must be a URL such as https://id.example.org (http on this machine only)"
        raise ValueError(message)
    return url


def _scopes(text: str) -> str:
    """Check that OpenID Connect is asked for."""
    if "openid" not in text.split():
        message = "must have openid among them"
        raise ValueError(message)
    return " ".join(text.split())


def _claim(text: str) -> str:
    """Check that a claim and a value are named."""
    if not all(part.strip() for part in text.partition("=")):
        message = "must be a claim and its value, such as groups=studio-admins"
        raise ValueError(message)
    return text


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
    database_direct_url: Annotated[SecretStr, AfterValidator(_postgres_url)] | None = Field(
        None,
        alias="DATABASE_DIRECT_URL",
        description="The same database past its connection pooler, for LISTEN and migrations. Only behind a "
        "pooler in transaction mode.",
    )
    openai_base_url: Annotated[str, AfterValidator(api_url)] | None = Field(
        None,
        alias="OPENAI_BASE_URL",
        description="Any server that speaks the Videos API. Unset: the sandbox is started beside the studio.",
    )
    openai_api_key: Annotated[SecretStr, AfterValidator(header_value)] | None = Field(
        None, alias="OPENAI_API_KEY", description="The key for that server, if it wants one."
    )
    providers_file: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None,
        alias="SORA_STUDIO_PROVIDERS",
        description="A file that names several servers (docs/providers.md). Unset: `providers.toml` in the "
        "data directory, if there is one.",
    )
    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path("data"),
        alias="SORA_STUDIO_DATA_DIR",
        description="Where videos, the embedded database and the generated key are kept.",
    )
    media_dir: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None,
        alias="SORA_STUDIO_MEDIA_DIR",
        description="Where the videos' files are kept; studios that share a database have to share it, too. "
        "Unset: `media` in the data directory.",
    )
    media_url: Annotated[str, AfterValidator(bucket_url)] | None = Field(
        None,
        alias="SORA_STUDIO_MEDIA_URL",
        description="A bucket of an object store that speaks S3, such as `s3://bucket/prefix`, in which the "
        "videos' files are kept instead ([operations.md](operations.md)); temporary ones stay here.",
    )
    s3_endpoint: Annotated[str, AfterValidator(server_url)] | None = Field(
        None,
        alias="SORA_STUDIO_S3_ENDPOINT",
        description="The address of that object store. Unset: Amazon S3, in the region below.",
    )
    s3_public_endpoint: Annotated[str, AfterValidator(server_url)] | None = Field(
        None,
        alias="SORA_STUDIO_S3_PUBLIC_ENDPOINT",
        description="Where browsers reach the object store: films are then read from there, by links that "
        "work for an hour. Unset: everything is read through the studio.",
    )
    s3_region: str = Field("us-east-1", alias="AWS_REGION", description="The region of the bucket.")
    s3_key_id: str | None = Field(
        None,
        alias="AWS_ACCESS_KEY_ID",
        description="As whom the object store knows the studio. Unset: by this machine's role, at Amazon.",
    )
    s3_secret: SecretStr | None = Field(
        None, alias="AWS_SECRET_ACCESS_KEY", description="The secret between them."
    )
    s3_token: SecretStr | None = Field(
        None, alias="AWS_SESSION_TOKEN", description="What belongs to keys that work for a while only."
    )
    unused_uploads_mb: Annotated[int, Field(ge=1)] = Field(
        200,
        alias="SORA_STUDIO_UNUSED_UPLOADS_MB",
        description="How many megabytes of uploaded files that no video uses yet a person may keep.",
    )
    public_url: Annotated[str, AfterValidator(site_url)] = Field(
        "http://localhost:3000",
        alias="SORA_STUDIO_PUBLIC_URL",
        description="The address people use. Behind a proxy, set it to the outside address (https://…).",
    )
    allowed_hosts: (
        Annotated[tuple[Annotated[str, AfterValidator(host_name)], ...], BeforeValidator(words)] | None
    ) = Field(
        None,
        alias="SORA_STUDIO_ALLOWED_HOSTS",
        description="More names by which people open the studio, such as `studio.lan`, with commas. The name "
        "in the public URL, `localhost` and bare addresses always work.",
    )
    trusted_proxies: (
        Annotated[tuple[Annotated[Network, BeforeValidator(network)], ...], BeforeValidator(words)] | None
    ) = Field(
        None,
        alias="SORA_STUDIO_TRUSTED_PROXIES",
        description="Addresses or networks of your proxies, with commas: what they say of a visitor's "
        "address and scheme is believed ([deploying.md](deploying.md)). Unset: those on this machine.",
    )
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        None,
        alias="SORA_STUDIO_SECRET_KEY",
        description="Signs sessions; at least 32 bytes (two with a comma while one replaces the other, the "
        "new one first). Unset: generated once, kept in the data directory.",
    )
    sign_up: Annotated[str, AfterValidator(_sign_up)] | None = Field(
        None,
        alias="SORA_STUDIO_SIGN_UP",
        description="Who may open an account: anybody (`open`), anybody whom an admin then approves "
        "(`approve`), addresses of one domain (`domain:example.org`), invited people (`invite`), nobody "
        "(`closed`). Unset: as the settings page says.",
    )
    session_idle_days: Annotated[int, Field(ge=1, le=IDLE_DAYS_MAX)] = Field(
        14,
        alias="SORA_STUDIO_SESSION_IDLE_DAYS",
        description="Days after which a session ends that is not used.",
    )
    session_days: Annotated[int, Field(ge=1, le=SESSION_DAYS_MAX)] = Field(
        90,
        alias="SORA_STUDIO_SESSION_DAYS",
        description="Days after which every session ends.",
    )
    require_two_factor: bool = Field(
        False,
        alias="SORA_STUDIO_REQUIRE_TWO_FACTOR",
        description="Whether everybody has to set up a second factor before they do anything else. Unset: as "
        "the settings page says.",
    )
    storage_gb_per_person: Annotated[int, Field(ge=0, le=STORAGE_GB_MAX)] = Field(
        0,
        alias="SORA_STUDIO_STORAGE_GB_PER_PERSON",
        description="Gigabytes that each person's own library may store; 0: no limit. Admins set another one "
        "for single people. Unset: as the settings page says.",
    )
    storage_gb_per_project: Annotated[int, Field(ge=0, le=STORAGE_GB_MAX)] = Field(
        0,
        alias="SORA_STUDIO_STORAGE_GB_PER_PROJECT",
        description="Gigabytes that each project may store; 0: no limit. Admins set another one for single "
        "projects. Unset: as the settings page says.",
    )
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None,
        alias="SORA_STUDIO_OIDC_ISSUER",
        description="The OpenID provider by which people may log in, exactly as it calls itself. Its "
        "document says the rest. Unset: no single sign-on.",
    )
    oidc_client_id: str | None = Field(
        None, alias="SORA_STUDIO_OIDC_CLIENT_ID", description="As whom the provider knows the studio."
    )
    oidc_client_secret: SecretStr | None = Field(
        None,
        alias="SORA_STUDIO_OIDC_CLIENT_SECRET",
        description="The secret between them. Unset: a public client, by PKCE alone.",
    )
    oidc_scopes: Annotated[str, AfterValidator(_scopes)] = Field(
        "openid email profile",
        alias="SORA_STUDIO_OIDC_SCOPES",
        description="What the provider is asked to say of people.",
    )
    oidc_button_text: str = Field(
        "Log in with single sign-on",
        alias="SORA_STUDIO_OIDC_BUTTON_TEXT",
        description="What the button on the log-in page says.",
    )
    oidc_auto_register: bool = Field(
        False,
        alias="SORA_STUDIO_OIDC_AUTO_REGISTER",
        description="Whether those whom the provider lets in get an account at their first visit, whatever "
        "the sign-up policy says.",
    )
    oidc_link_by_email: bool = Field(
        False,
        alias="SORA_STUDIO_OIDC_LINK_BY_EMAIL",
        description="Whether an address that the provider has verified opens the account that has it. Only "
        "where nobody can open an account here with somebody else's address.",
    )
    oidc_admin_claim: Annotated[str, AfterValidator(_claim)] | None = Field(
        None,
        alias="SORA_STUDIO_OIDC_ADMIN_CLAIM",
        description="What makes an admin, such as `groups=studio-admins`; looked at with each log-in, both "
        "ways. Unset: roles are given in the studio.",
    )
    oidc_hide_password_form: bool = Field(
        False,
        alias="SORA_STUDIO_OIDC_HIDE_PASSWORD_FORM",
        description="Whether the form for the password is folded away on the log-in page.",
    )
    max_pending: Annotated[int, Field(ge=1)] = Field(
        500,
        alias="SORA_STUDIO_MAX_PENDING_PER_PERSON",
        description="How many unfinished videos one person may have.",
    )
    requests_per_minute: Annotated[int, Field(ge=1)] = Field(
        30_000,
        alias="SORA_STUDIO_REQUESTS_PER_MINUTE",
        description="How many requests to the API one person may send in a minute, by page, token and keys "
        "together.",
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        None,
        alias="SORA_STUDIO_WEBHOOK_SECRET",
        description="Verifies the provider's webhooks (whsec_…; two with a comma while one replaces the "
        "other). Unset: webhooks are refused.",
    )
    webhook_hosts: (
        Annotated[tuple[Annotated[str, AfterValidator(host_and_port)], ...], BeforeValidator(words)] | None
    ) = Field(
        None,
        alias="SORA_STUDIO_WEBHOOK_HOSTS",
        description="Hosts of your own network to which people may have webhooks sent, such as "
        "`hooks.lan:8080`, with commas; without TLS, too. All others have to be on the internet, and https.",
    )
    sandbox_speed: Annotated[float, Field(gt=0)] = Field(
        1.0,
        alias="SORA_STUDIO_SANDBOX_SPEED",
        description="How many times faster than a real provider the sandbox renders.",
    )
    sandbox_prices: bool = Field(
        False,
        alias="SORA_STUDIO_SANDBOX_PRICES",
        description="Whether the sandbox's list prices are booked and count against budgets, for trying "
        "budgets out; it charges nothing either way.",
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC",
        alias="SORA_STUDIO_TIME_ZONE",
        description="Whose midnights begin the days, weeks and months of budgets and usage, such as "
        "`Europe/Berlin` (IANA).",
    )
    backups: Annotated[BackupPlan | None, BeforeValidator(backup_plan)] = Field(
        BackupPlan(),
        alias="SORA_STUDIO_BACKUPS",
        description="The daily backup: some of `to=/mnt/backups keep=14 at=02:00`, or `off`. The time is in "
        "the studio's time zone. Unset: to `backups` in the data directory, which is no other disk.",
    )
    security_contact: Annotated[str, AfterValidator(_contact)] | None = Field(
        None,
        alias="SORA_STUDIO_SECURITY_CONTACT",
        description="Where to report a vulnerability (mailto:… or https://…), for "
        "`/.well-known/security.txt`. Unset: the mailbox `security@` of the public URL's host (RFC 2142).",
    )
    metrics_token: Annotated[SecretStr, AfterValidator(_long_token)] | None = Field(
        None,
        alias="SORA_STUDIO_METRICS_TOKEN",
        description="Opens `/metrics`, as a bearer token; at least 16 characters. Unset: "
        "this machine alone reads it, and only under a public URL of its own.",
    )
    sentry_dsn: Annotated[SecretStr, AfterValidator(_dsn)] | None = Field(
        None,
        alias="SENTRY_DSN",
        description="Where errors of the studio are reported: Sentry, GlitchTip or the like. Unset: nowhere.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        alias="SORA_STUDIO_LOG_LEVEL",
        description="The least that is logged: debug, info, warning or error.",
    )
    log_format: Literal["console", "json"] = Field(
        "console",
        alias="SORA_STUDIO_LOG_FORMAT",
        description="Log lines for people (console) or programs (json).",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check that what belongs together is there."""
        if self.media_url and bool(self.s3_key_id) != bool(self.s3_secret):  # else they are another program's
            message = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together"
            raise ValueError(message)
        if self.media_url and self.s3_public_endpoint and not self.s3_key_id:
            message = "SORA_STUDIO_S3_PUBLIC_ENDPOINT needs AWS_ACCESS_KEY_ID, which signs the links"
            raise ValueError(message)
        if (self.s3_public_endpoint or "").startswith("http:") and self.public_url.startswith("https:"):
            message = "SORA_STUDIO_S3_PUBLIC_ENDPOINT must be https, as SORA_STUDIO_PUBLIC_URL is"
            raise ValueError(message)
        if self.oidc_issuer and not self.oidc_client_id:
            message = "SORA_STUDIO_OIDC_ISSUER needs SORA_STUDIO_OIDC_CLIENT_ID"
            raise ValueError(message)
        return self

    @property
    def own_names(self) -> OwnNames:
        """Return the names by which the studio may be called."""
        public = cast("WebOrigin", WebOrigin.parse(self.public_url))  # `site_url` has checked it
        return OwnNames(public, frozenset(self.allowed_hosts or ()))

    @property
    def pinned(self) -> dict[SettingName, Value]:
        """Return the settings of the studio's own page that the environment sets."""
        return {name: getattr(self, name) for name in SettingName if name in self.model_fields_set}

    @property
    def contact(self) -> str:
        """Return the URI of the person to whom vulnerabilities are reported."""
        return self.security_contact or f"mailto:security@{self.own_names.public.host}"

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Return whose word about a visitor counts."""
        return _LOOPBACK if self.trusted_proxies is None else self.trusted_proxies

    @property
    def media_path(self) -> Path:
        """Return where the videos' files are."""
        return self.media_dir or self.data_dir / "media"

    @property
    def object_store(self) -> ObjectStore | None:
        """Return where the videos' files are, if that is no directory."""
        return self.object_store_at(self.media_url) if self.media_url else None

    def object_store_at(self, url: str) -> ObjectStore:
        """Return a place in the object store of these settings.

        Raises:
            ValueError: It is none.
        """
        key = None
        if self.s3_key_id and self.s3_secret:
            key = AccessKey(self.s3_key_id, self.s3_secret, self.s3_token)
        return ObjectStore(bucket_url(url), self.s3_region, self.s3_endpoint, self.s3_public_endpoint, key)

    @property
    def cards_dir(self) -> Path:
        """Return where an operator's own model cards are: in `models`, beside providers.toml."""
        return (self.providers_file or self.data_dir / "providers.toml").parent / "models"

    def require_used(self) -> None:
        """Make sure that a studio has worked in the data directory before: a wrong one is not made one.

        Raises:
            ConfigError: None has, or it cannot be read.
        """
        try:
            names = {path.name for path in self.data_dir.iterdir()}
        except FileNotFoundError:
            names = set[str]()
        except OSError as error:
            message = f"The data directory {self.data_dir} cannot be used: {error.strerror}."
            raise ConfigError(message) from error
        if names.isdisjoint({"instance", "postgres"}):
            message = f"No studio has ever used {self.data_dir}: name the right one with --data-dir."
            raise ConfigError(message)

    def signing_key(self) -> bytes:
        """Return the key that signs sessions; made and stored at the first call when none was set.

        Raises:
            ConfigError: The data directory cannot be written, or its key is too short.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return stored_key(self.data_dir / "secret_key")

    @property
    def has_signing_key(self) -> bool:
        """Tell whether there is a key, without making one."""
        return self.secret_key is not None or (self.data_dir / "secret_key").exists()
