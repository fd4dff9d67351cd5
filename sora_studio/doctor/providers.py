"""Checks of the servers that make videos: nothing is made, and nothing costs."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from sora_studio.config import ProviderSettings
from sora_studio.doctor.finding import Finding, fine, problem, warning
from sora_studio.domain.errors import ProviderError
from sora_studio.providers.factory import identify, probing
from sora_studio.providers.fingerprints import Answer
from sora_studio.providers.wire import read_http_date

_BUSY, _BROKEN = 429, 500  # and what is above it
_SKEW = timedelta(seconds=30)
_REFUSED = frozenset({401, 403})


async def check_provider(chosen: ProviderSettings) -> AsyncGenerator[Finding]:
    """Ask a server for its models and who it is."""
    name = chosen.name
    provider = probing(chosen)
    if provider.profile.retired:
        yield warning(f"provider:{name}", provider.profile.retired, "Take it out, and name another server.")
        await provider.close()
        return
    try:
        answer = await provider.look("/models")
        identity = await identify(chosen)
    except ProviderError as error:
        yield problem(f"provider:{name}", f"It does not answer: {error.message}", "Is the address right?")
        return
    finally:
        await provider.close()
    yield _reached(name, answer)
    if chosen.preset is not None and identity is not None and identity.kind is not chosen.preset:
        text = f"It looks like {identity}, and is treated as {chosen.preset}."
        yield problem(f"provider_identity:{name}", text, "Mend `preset` in providers.toml, or leave it out.")
    else:
        who = f"It is {identity}." if identity else "It does not say what it is."
        yield fine(f"provider_identity:{name}", who)
    yield _clock(name, answer)


def _reached(name: str, answer: Answer) -> Finding:
    if answer.status in _REFUSED:
        words = answer.error.message if answer.error else f"HTTP {answer.status}"
        return problem(f"provider:{name}", f"It refuses the key: {words}", "Replace `api_key`.")
    if answer.status >= _BROKEN:
        text = f"It answers with HTTP {answer.status}: it has trouble of its own."
        return problem(f"provider:{name}", text, "Wait, or look at its status page; wishes wait as well.")
    if answer.status == _BUSY:
        return warning(f"provider:{name}", "It is asked too much (HTTP 429).", "Lower `rate_limit`.")
    return fine(f"provider:{name}", "It answers.")


def _clock(name: str, answer: Answer) -> Finding:
    said = read_http_date(answer.headers.get("date", ""))
    skew = said - datetime.now(UTC) if said else timedelta()
    if abs(skew) > _SKEW:
        text = f"Its clock and ours differ by {abs(skew).total_seconds():.0f} s."
        return warning(
            f"provider_clock:{name}", text, "Set this machine's clock by NTP; is the server's right?"
        )
    return fine(f"provider_clock:{name}", "Its clock and ours agree.")
