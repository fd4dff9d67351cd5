"""Where to report a vulnerability (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

router = APIRouter(include_in_schema=False)

_HOLDS_FOR = timedelta(days=90)


@router.get("/.well-known/security.txt")
async def security_txt(request: Request) -> PlainTextResponse:
    """Name the operator's contact."""
    expires = (datetime.now(UTC) + _HOLDS_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {request.app.state.contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {request.app.state.public_url}{request.url.path}",
    )
    return PlainTextResponse("".join(f"{line}\n" for line in lines))
