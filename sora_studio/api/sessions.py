"""One's own sessions: where one is logged in."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.container import services
from sora_studio.domain.account import SessionView
from sora_studio.domain.device import device_name
from sora_studio.domain.ids import parse_session_id, public_session_id

router = APIRouter(prefix="/users/me/sessions", tags=["accounts"])


class OpenSession(BaseModel):
    """A signed-in period."""

    id: str
    device: str = Field(description="Browser and system, or the program.")
    address: str = Field(description="Where it was opened.")
    created_at: int = Field(description="Unix seconds.")
    last_seen_at: int = Field(description="Unix seconds, to within a minute.")
    current: bool = Field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, session: SessionView) -> "OpenSession":
        """Shape a session."""
        return cls(
            id=public_session_id(session.id),
            device=device_name(session.user_agent),
            address=session.address,
            created_at=int(session.created_at.timestamp()),
            last_seen_at=int(session.last_seen_at.timestamp()),
            current=session.current,
        )


class SessionList(BaseModel):
    """Every open session of a person."""

    object: Literal["list"] = "list"
    data: list[OpenSession]


@router.get("")
async def list_sessions(identity: IdentityDep) -> SessionList:
    """Return one's open sessions, the last used first."""
    return SessionList(data=[*map(OpenSession.of, await services().sessions.all_open(identity))])


@router.delete("/{session_id}", status_code=204)
async def end_session(identity: IdentityDep, session_id: str) -> None:
    """End a session; its open pages are shut at once."""
    await services().sessions.end(identity, parse_session_id(session_id))


@router.delete("", status_code=204)
async def end_other_sessions(identity: IdentityDep) -> None:
    """End every session but the one that asks."""
    await services().sessions.end_others(identity)
