"""Checks of what the operator has set."""

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from sora_studio.config import ConfigError, ProviderSettings, Settings, load, load_providers
from sora_studio.config.authority import is_loopback
from sora_studio.config.private_files import close_to_others, open_secrets, open_to_others
from sora_studio.config.signing_key import SHORTEST_KEY
from sora_studio.doctor.finding import Finding, fine, problem, warning
from sora_studio.providers.card_files import load_cards

_SHOWN = 3  # paths


def check_settings(
    environ: Mapping[str, str], data_dir: Path | None, port: int = 3000
) -> tuple[Finding, Settings | None]:
    """Read the environment; without settings, nothing else can be looked at."""
    try:
        settings = load(environ, data_dir=data_dir, port=port)
    except ConfigError as error:
        return problem(
            "settings", "; ".join(error.problems), "docs/configuration.md lists every setting."
        ), None
    return fine("settings", "Every setting can be used."), settings


def check_data_dir(settings: Settings) -> Finding:
    """Tell whether a studio has worked there."""
    try:
        settings.require_used()
    except ConfigError as error:
        return problem("data_dir", str(error))
    return fine("data_dir", f"The studio's data is in {settings.data_dir}.")


def check_providers(
    settings: Settings, environ: Mapping[str, str]
) -> tuple[Finding, tuple[ProviderSettings, ...]]:
    """Read the file of providers."""
    try:
        chosen = load_providers(settings, environ)
    except ConfigError as error:
        return problem("providers_file", "; ".join(error.problems), "docs/providers.md describes it."), ()
    names = ", ".join(each.name for each in chosen)
    return fine("providers_file", f"Providers: {names}."), chosen


def check_model_cards(settings: Settings) -> Finding:
    """Read the operator's own model cards."""
    _, problems = load_cards(settings.cards_dir)
    if problems:
        return problem("model_cards", "; ".join(problems), "Until then, these cards are not used.")
    return fine("model_cards", "Every model card can be read.")


def check_public_url(settings: Settings) -> Finding:
    """Look whether passwords travel in the clear."""
    public = settings.own_names.public
    if public.scheme == "http" and not is_loopback(public.host):
        text = f"People open {settings.public_url} without TLS: passwords and videos can be read on the way."
        return warning("public_url", text, "Put a proxy with TLS in front: docs/deploying.md.")
    return fine("public_url", f"People open {settings.public_url}.")


def check_signing_key(settings: Settings) -> Finding:
    """Look at the key that signs sessions; a missing one is made at the next start."""
    if settings.secret_key is not None:
        return fine("signing_key", "The signing key is set.")
    path = settings.data_dir / "secret_key"
    try:
        length = len(path.read_bytes().strip())
    except FileNotFoundError:
        return warning(
            "signing_key", f"{path} is missing: the next start makes a new one, and logs everybody out."
        )
    except OSError as error:
        return problem("signing_key", f"{path} cannot be read: {error.strerror}.")
    if length < SHORTEST_KEY:
        remedy = "Restore it from a backup, or delete it, which logs everybody out."
        return problem("signing_key", f"{path} has {length} bytes: the studio refuses to start.", remedy)
    return fine("signing_key", "The signing key is there.")


def check_modes(settings: Settings) -> Finding:
    """Look for what other users of this machine could read in the data directory."""
    found = open_to_others(settings.data_dir)
    if not found:
        return fine("file_modes", "Nobody else can read the data directory.")

    def close() -> None:
        _, still_open = close_to_others(settings.data_dir)
        _must_be_none(still_open)

    text = f"Other users of this machine can get at {_some(found)}."
    remedy = f"As the studio's own user: chmod -R go= {settings.data_dir}"
    return problem("file_modes", text, remedy, fix=close if _is_ours(settings.data_dir) else None)


def check_secret_files(settings: Settings, named: Iterable[Path]) -> Finding:
    """Look for secrets outside the data directory that every user of this machine can read."""
    found = open_secrets(settings, named)
    if not found:
        return fine("secret_files", "No file with a secret is open to other users.")

    mine = [path for path in found if _is_ours(settings.data_dir) and _is_ours(path)]

    def close() -> None:
        still_open = [path for path in found if path not in mine]
        for path in mine:
            try:
                path.chmod(path.stat().st_mode & ~0o007)
            except OSError:  # a file system that is not to be written
                still_open.append(path)
        _must_be_none(still_open)

    remedy = "chmod o= PATH, and make sure that the studio's own user can still read it."
    return problem(
        "secret_files", f"Every user can read {_some(found)}.", remedy, fix=close if mine else None
    )


def _is_ours(path: Path) -> bool:
    """Tell whether a file is our own: another user, root included, could lock the studio out of it."""
    try:
        return path.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _must_be_none(still_open: list[Path]) -> None:
    if still_open:
        raise PermissionError(errno.EPERM, f"{_some(still_open)} cannot be changed")


def _some(paths: list[Path]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(str, paths[:_SHOWN])) + more
