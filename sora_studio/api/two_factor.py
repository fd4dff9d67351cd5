"""One's own second factor."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import SignInDep
from sora_studio.container import services

router = APIRouter(prefix="/users/me/two_factor", tags=["accounts"])


class TwoFactor(BaseModel):
    """What there is of it."""

    enabled: bool
    enabled_at: int | None = Field(description="Unix seconds.")
    recovery_codes_left: int
    required: bool = Field(description="Whether the studio requires one of everybody.")


class AuthenticatorSecret(BaseModel):
    """What an authenticator is set up with; shown this once."""

    secret: str = Field(description="Base32.")
    uri: str = Field(description="`otpauth://…`, for a QR code.")


class FirstCode(BaseModel):
    """The code that the authenticator shows."""

    code: str = Field(max_length=100)


class RecoveryCodes(BaseModel):
    """Codes that stand in for the authenticator, each once; shown this once."""

    recovery_codes: list[str]


@router.get("")
async def read_two_factor(identity: SignInDep) -> TwoFactor:
    """Return what there is."""
    found = await services().two_factor.read(identity)
    return TwoFactor(
        enabled=found.enabled_at is not None,
        enabled_at=int(found.enabled_at.timestamp()) if found.enabled_at else None,
        recovery_codes_left=found.recovery_codes_left,
        required=found.required,
    )


@router.post("", status_code=201)
async def begin_two_factor(identity: SignInDep) -> AuthenticatorSecret:
    """Make a secret for an authenticator; nothing counts before its first code is given."""
    made = await services().two_factor.begin(identity)
    return AuthenticatorSecret(secret=made.secret, uri=made.uri)


@router.post("/enable")
async def enable_two_factor(identity: SignInDep, first: FirstCode) -> RecoveryCodes:
    """Turn it on with the first code; every other session ends."""
    return RecoveryCodes(recovery_codes=[*await services().two_factor.enable(identity, first.code)])


@router.post("/recovery_codes")
async def renew_recovery_codes(identity: SignInDep) -> RecoveryCodes:
    """Make new recovery codes; those before are void."""
    return RecoveryCodes(recovery_codes=[*await services().two_factor.renew_codes(identity)])


@router.delete("", status_code=204)
async def disable_two_factor(identity: SignInDep) -> None:
    """Turn it off."""
    await services().two_factor.disable(identity)
