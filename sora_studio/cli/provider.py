"""The commands `sora-studio provider list | check | pause | resume`.

Imports stand inside the commands: `--help` must not wait for the whole studio.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from sora_studio.config import ProviderSettings, Settings, load, load_providers
from sora_studio.domain.profile import Preset

if TYPE_CHECKING:
    from sora_studio.domain.model_card import ModelCards
    from sora_studio.providers.check import Finding

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.  [default: ./data]")]

Name = Annotated[str, typer.Argument(help="A configured provider.")]

provider_cli = typer.Typer(
    help="Inspect and test the servers that make videos.", no_args_is_help=True, rich_markup_mode=None
)


@provider_cli.command("list")
def list_providers(data_dir: DataDir = None) -> None:
    """List the configured providers, and who is at their addresses."""
    asyncio.run(_list(_settings(data_dir)))


async def _list(settings: Settings) -> None:
    from sora_studio.providers.card_files import load_cards

    cards, problems = load_cards(settings.cards_dir)
    chosen = [_reached(each, settings) for each in load_providers(settings)]
    for lines in await asyncio.gather(*(_described(each, cards) for each in chosen)):
        typer.echo(lines)
    for problem in problems:
        typer.echo(f"Model card not used: {problem}", err=True)


async def _described(chosen: ProviderSettings, cards: "ModelCards") -> str:
    """Say in a line or two who a provider is, where, and which models its server has."""
    from sora_studio.domain.errors import ProviderError
    from sora_studio.providers.factory import provider_of

    fitting, known = await _found(chosen)
    provider = provider_of(fitting, cards=cards)
    profile = provider.profile
    models = profile.models
    try:
        models = await provider.list_models() if chosen.base_url else models
    except ProviderError:
        pass  # what the table says is all that is known
    finally:
        await provider.close()
    is_guess = profile.guesses_models and models == profile.models
    named = "models not known" if is_guess else ", ".join(model.id for model in models)
    where = chosen.base_url or "started beside the studio"
    line = f"{profile.name}  {profile.label} ({known})  {where}  {named}"
    return f"{line}\n    {profile.retired}" if profile.retired else line


async def _found(chosen: ProviderSettings) -> tuple[ProviderSettings, str]:
    """Return a table as it is for its server, and in words how that is known."""
    from sora_studio.domain.errors import ProviderError
    from sora_studio.providers.factory import fitted, identify

    if chosen.preset is not None:
        return chosen, f"preset {chosen.preset}"
    generic = chosen.model_copy(update={"preset": Preset.VIDEOS_API})
    try:
        identity = await identify(chosen)
    except ProviderError as error:
        return generic, f"not known: {error.message}"
    return (fitted(chosen, identity), f"found: {identity}") if identity else (generic, "any server")


@provider_cli.command()
def check(
    name: Annotated[str, typer.Argument(help="A configured provider; with --url, a preset or nothing.")] = "",
    url: Annotated[str | None, typer.Option(help="Check this server instead, with OPENAI_API_KEY.")] = None,
    *,
    spend: Annotated[
        bool, typer.Option("--spend", help="Make one short video, which may cost money.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Probe a server and say what works; exit with 1 if unusable."""
    settings = load(data_dir=data_dir) if url else _settings(data_dir)
    chosen = _reached(_preset(name, url, settings) if url else _configured(name, settings), settings)
    if chosen.is_child:
        typer.echo("The sandbox has not been started yet: run the studio first.", err=True)
        raise typer.Exit(1)
    if not asyncio.run(_check(chosen, settings.cards_dir, spend=spend)):
        raise typer.Exit(1)


async def _check(chosen: ProviderSettings, cards_dir: Path, *, spend: bool) -> bool:
    """Print the findings as they come; tell whether the server can be used."""
    from sora_studio.domain.errors import ProviderError
    from sora_studio.providers.card_files import load_cards
    from sora_studio.providers.check import check as findings_of
    from sora_studio.providers.factory import fitted, identify, probing, profile_of

    try:
        identity = await identify(chosen)
    except ProviderError:
        identity = None  # the first finding says why
    fitting = fitted(chosen, identity) if identity and chosen.preset is None else chosen
    cards, _ = load_cards(cards_dir)
    provider, usable = probing(fitting, cards), True
    try:
        async for finding in findings_of(
            profile_of(fitting, cards), provider, chosen.preset, identity, spend=spend
        ):
            typer.echo(_line(finding))
            usable = usable and not finding.ends
    finally:
        await provider.close()
    typer.echo(f"{chosen.name} can be used." if usable else f"{chosen.name} cannot be used.")
    return usable


@provider_cli.command()
def pause(name: Name, data_dir: DataDir = None) -> None:
    """Send nothing new to a provider until it goes on."""
    asyncio.run(_pause(name, load(data_dir=data_dir), paused=True))
    typer.echo(f"{name} is paused.")


@provider_cli.command()
def resume(name: Name, data_dir: DataDir = None) -> None:
    """Let a paused provider go on."""
    asyncio.run(_pause(name, load(data_dir=data_dir), paused=False))
    typer.echo(f"{name} goes on.")


async def _pause(name: str, settings: Settings, *, paused: bool) -> None:
    from sora_studio.config import forget_environment
    from sora_studio.maintenance import open_database
    from sora_studio.services.providers import Pauses

    _configured(name, settings)
    forget_environment()
    async with open_database(settings) as (db, _):
        pauses = Pauses(db, [name], lambda _: None)  # the studio that runs looks for work by itself
        await (pauses.pause(name) if paused else pauses.resume(name))


def _line(finding: "Finding") -> str:
    mark = {True: "✓", False: "✗", None: "·"}[finding.works]
    return f"{mark} {finding.text}"


def _preset(name: str, url: str, settings: Settings) -> ProviderSettings:
    try:
        return ProviderSettings.model_validate(
            {
                "name": name or Preset.VIDEOS_API,
                "preset": name or None,
                "base_url": url,
                "api_key": settings.openai_api_key,
            }
        )
    except ValidationError as error:
        message = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(message) from None


def _settings(data_dir: Path | None) -> Settings:
    """Read the settings of a studio that has run, or has a file of providers at least."""
    settings = load(data_dir=data_dir)
    if not (settings.providers_file or (settings.data_dir / "providers.toml").exists()):
        settings.require_used()
    return settings


def _configured(name: str, settings: Settings) -> ProviderSettings:
    providers = load_providers(settings)
    for each in providers:
        if name in {"", each.name}:
            return each
    known = ", ".join(each.name for each in providers)
    message = f"There is no provider {name!r}. Configured: {known}. Or give a preset and --url."
    raise typer.BadParameter(message)


def _reached(chosen: ProviderSettings, settings: Settings) -> ProviderSettings:
    """Return a provider with its address; the sandbox has one once the studio has run."""
    from sora_studio.subprocesses.sandbox import remembered_access

    access = remembered_access(settings.data_dir) if chosen.is_child else None
    return access.give(chosen) if access else chosen
