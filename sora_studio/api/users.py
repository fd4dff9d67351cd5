"""One's own account."""

from collections.abc import Iterable

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from sora_studio.api import session_cookie
from sora_studio.api.dependencies import IdentityDep, SignInDep
from sora_studio.api.money import BudgetStanding
from sora_studio.container import services
from sora_studio.domain.account import AccountView, Identity, Role
from sora_studio.domain.budget import BudgetStatus
from sora_studio.domain.limits import StorageUse

NO_STORE = {"Cache-Control": "no-store"}
"""What is personal stays in no cache."""


def _never_stored(response: Response) -> None:
    response.headers.update(NO_STORE)


router = APIRouter(prefix="/users/me", tags=["accounts"], dependencies=[Depends(_never_stored)])


class User(BaseModel):
    """An account."""

    id: str
    email: str
    display_name: str
    created_at: int = Field(description="Unix seconds.")
    role: Role

    @classmethod
    def of(cls, account: AccountView) -> "User":
        """Shape an account."""
        return cls(
            id=str(account.id),
            email=account.email,
            display_name=account.display_name,
            created_at=int(account.created_at.timestamp()),
            role=account.role,
        )


class Me(User):
    """One's own account, with what bounds what one spends and stores."""

    budgets: list[BudgetStanding]
    storage_bytes: int = Field(description="Of one's own library.")
    storage_quota_bytes: int | None = Field(description="What it may store; null: as much as it likes.")

    @classmethod
    def bounded(cls, account: AccountView, budgets: Iterable[BudgetStatus], storage: StorageUse) -> "Me":
        """Shape an account."""
        return cls(
            **User.of(account).model_dump(),
            budgets=[*map(BudgetStanding.of, budgets)],
            storage_bytes=storage.used_bytes,
            storage_quota_bytes=storage.quota_bytes,
        )


class ProfileChange(BaseModel):
    """What to change; what is left out stays."""

    display_name: str | None = None
    email: str | None = None
    current_password: str | None = Field(None, description="Needed for another e-mail address.")


class PasswordChange(BaseModel):
    """A new password, and the proof that one may set it."""

    current_password: str
    new_password: str


class PasswordProof(BaseModel):
    """The proof that one is who is logged in."""

    password: str


class DeleteAccount(BaseModel):
    """The proof that one may delete the account."""

    password: str


@router.get("")
async def read_me(identity: SignInDep) -> Me:
    """Return one's account."""
    return await _me(identity, await services().accounts.account(identity.user_id))


@router.patch("")
async def change_me(identity: IdentityDep, change: ProfileChange) -> Me:
    """Change the name, or the e-mail address together with the current password."""
    account = await services().accounts.edit_profile(
        identity,
        display_name=change.display_name,
        email=change.email,
        password=change.current_password,
    )
    return await _me(identity, account)


@router.delete("", status_code=204)
async def delete_me(request: Request, identity: IdentityDep, farewell: DeleteAccount) -> Response:
    """Delete the account with all its videos and their files."""
    await services().accounts.delete_account(identity, farewell.password)
    response = Response(status_code=204, headers=NO_STORE)
    session_cookie.take(request, response)
    return response


@router.post("/password", status_code=204)
async def change_password(identity: IdentityDep, change: PasswordChange) -> None:
    """Set another password; every other session ends."""
    await services().accounts.change_password(identity, change.current_password, change.new_password)


@router.post("/confirm_password", status_code=204)
async def confirm_password(identity: SignInDep, proof: PasswordProof) -> None:
    """Prove who one is: for ten minutes, this session may do what asks for the password."""
    await services().accounts.confirm_password(identity, proof.password)


async def _me(identity: Identity, account: AccountView) -> Me:
    budgets, storage = services().budgets, services().limits
    return Me.bounded(account, await budgets.mine(identity), await storage.my_storage(identity))
