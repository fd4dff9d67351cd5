"""Everything that can go wrong, named for what happened.

```text
SoraStudioError
├─ UserError              shown as is
│  ├─ InvalidInput(param) · TooLarge · NotSignedIn · NotAllowed · NotFound
│  ├─ Conflict · PriceChanged · LastAdmin · SettingPinned
│  ├─ SignUpClosed · SetupCodeRequired · InsufficientScope   each a NotAllowed
│  ├─ AwaitingApproval · AccountDisabled · PasswordRequired  each a NotAllowed
│  ├─ ConfirmationRequired(price)   a NotAllowed; nothing was spent
│  ├─ StorageQuotaExceeded          a NotAllowed; nothing was spent
│  ├─ TwoFactorSetupRequired                                 a NotAllowed
│  ├─ TwoFactorRequired · WrongCode · LogInExpired           each a NotSignedIn
│  ├─ LimitReached(retry_after)
│  └─ BudgetExceeded(scope, amount, left, resets_at)   nothing was spent
├─ ProviderError          the original travels as __cause__
│  ├─ ProviderUnavailable(retry_after)   nothing was taken: try again later
│  ├─ SubmitUnclear                      the job may exist: reconcile, never retry blind
│  ├─ JobNotFound                        the provider does not know this remote id
│  └─ ProviderRejected(code)             will be refused again
│     ├─ ContentRejected                 moderation; the person can edit
│     ├─ Unsupported                     the provider has no such operation
│     └─ ProviderMisconfigured           key, model or API withdrawn: the operator's concern
├─ StorageError           disk full, missing file
├─ MediaError             a file that is not the video it claims to be
│  └─ MediaTooLarge       it is larger than any video may be
└─ Unavailable            the studio itself cannot serve now (database away)
   └─ InsufficientStorage another video could not be saved; its message is shown as is
```
"""

from dataclasses import dataclass, field
from datetime import datetime

from sora_studio.domain.money import as_amount


class SoraStudioError(Exception):
    """Base of every error that the studio raises on purpose."""


@dataclass(eq=False)
class UserError(SoraStudioError):
    """Something the person can mend; its message is shown as is."""

    message: str

    def __str__(self) -> str:
        """Return the sentence for the person."""
        return self.message


@dataclass(eq=False)
class InvalidInput(UserError):
    """A value is missing or wrong; `param` names it, `code` is for programs."""

    param: str | None = None
    code: str = "invalid_value"


class TooLarge(InvalidInput):
    """A body or file exceeds its limit."""


class NotSignedIn(UserError):
    """No valid session came with the request."""


@dataclass(eq=False)
class TwoFactorRequired(NotSignedIn):
    """The password was right, and the account has a second factor; the challenge stands for the password."""

    message: str = "Enter the code that your authenticator shows, or a recovery code."
    challenge: str = field(default="", repr=False)


@dataclass(eq=False)
class WrongCode(NotSignedIn):
    """The code of the second factor is wrong, or was used before."""

    message: str = "That code is wrong, or was used before. Wait for the next one."


@dataclass(eq=False)
class LogInExpired(NotSignedIn):
    """The first step of a log-in was too long ago, or counts no longer."""

    message: str = "That took too long. Log in again."


class NotAllowed(UserError):
    """The person is known but may not do this."""


@dataclass(eq=False)
class SignUpClosed(NotAllowed):
    """This studio opens no accounts by itself."""

    message: str = "This studio does not open accounts. Ask the person who runs it."


@dataclass(eq=False)
class SetupCodeRequired(NotAllowed):
    """Who opens the first account, and is not on this machine, has to know the code in the log."""

    message: str = (
        "Enter the set-up code: it is in the studio's log, and in setup_code in its data directory."
    )


@dataclass(eq=False)
class AwaitingApproval(NotAllowed):
    """The account is there and waits for an admin."""

    message: str = "Your account waits until an admin of this studio approves it."


@dataclass(eq=False)
class AccountDisabled(NotAllowed):
    """An admin has shut the account."""

    message: str = "This account is disabled. Ask the person who runs this studio."


@dataclass(eq=False)
class PasswordRequired(NotAllowed):
    """What is asked for needs the password, and it was given too long ago."""

    message: str = (
        "This asks who you are: give your password again or, if you have none, log in again. "
        "The last time was more than ten minutes ago."
    )


@dataclass(eq=False)
class TwoFactorSetupRequired(NotAllowed):
    """The studio requires a second factor, and the account has none."""

    message: str = "This studio requires two-factor authentication. Set it up first, on the page /two-factor."


class InsufficientScope(NotAllowed):
    """The API key that came with the request may not do this."""


class NotFound(UserError):
    """It is not there, or it is somebody else's: the same answer."""


class Conflict(UserError):
    """It clashes with what is already there."""


@dataclass(eq=False)
class LastAdmin(Conflict):
    """Nobody would be left who runs the studio."""

    message: str = "This is the last admin who can log in: make somebody else an admin first."


class SettingPinned(Conflict):
    """The environment sets this, and wins."""


class PriceChanged(Conflict):
    """It costs more than the person was shown: nothing was spent."""


class IdempotencyKeyReused(UserError):
    """An idempotency key came again with another body."""


@dataclass(eq=False)
class LimitReached(UserError):
    """Too much, too fast; `retry_after` is in seconds."""

    retry_after: float = 1.0


@dataclass(eq=False)
class BudgetExceeded(UserError):
    """A budget does not cover it: nothing was stored, sent or spent. Amounts are in micro-dollars."""

    scope: str  # empty: whose it is, and how it stands, is not for who asks
    amount_micros: int
    left_micros: int
    resets_at: datetime | None  # None: only somebody who raises it opens it again


@dataclass(eq=False)
class ConfirmationRequired(NotAllowed):
    """It costs more than the API key may spend unasked: nothing was stored, sent or spent."""

    price_micros: int | None  # None: nobody knows

    @classmethod
    def of(cls, price_micros: int | None) -> "ConfirmationRequired":
        """Say what it costs, and who can have it made all the same."""
        price = "This has no known price" if price_micros is None else f"This costs {as_amount(price_micros)}"
        message = (
            f"{price}, and this API key may not spend that on a video unless a person confirms it. "
            "Nothing was sent or charged."
        )
        return cls(message, price_micros)


class StorageQuotaExceeded(NotAllowed):
    """The library stores as much as it may: nothing was stored, sent or spent."""


@dataclass(eq=False)
class ProviderError(SoraStudioError):
    """A provider did not do what was asked; `message` is its own words, verbatim."""

    message: str
    code: str = "provider_error"

    def __str__(self) -> str:
        """Return the provider's words."""
        return self.message


@dataclass(eq=False)
class ProviderUnavailable(ProviderError):
    """Nothing was taken; ask again after `retry_after` seconds (None: choose yourself)."""

    retry_after: float | None = None


class SubmitUnclear(ProviderError):
    """The answer to a submit was lost: the job may exist."""


class JobNotFound(ProviderError):
    """The provider does not know this remote id."""


class ProviderRejected(ProviderError):
    """The provider refused and would refuse again."""


class ContentRejected(ProviderRejected):
    """The provider's moderation refused the prompt or the picture."""


class Unsupported(ProviderRejected):
    """The provider has no such operation."""


class ProviderMisconfigured(ProviderRejected):
    """Wrong key, unknown model or a withdrawn API: the operator's concern."""


class StorageError(SoraStudioError):
    """The studio's own storage failed."""


class FileMissing(StorageError):
    """A file is not in the studio's storage."""


class MediaError(SoraStudioError):
    """A file is not the picture or video it claims to be."""


class MediaTooLarge(MediaError):
    """A file is larger than any video may be."""


def describe(error: Exception) -> str:
    """Say what an error means to people: a system's own error without the file of ours that it names."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class Unavailable(SoraStudioError):
    """The studio cannot serve right now, most often because its database is away."""


@dataclass(eq=False)
class InsufficientStorage(Unavailable):
    """Nothing new is taken, as it could not be saved; the message says so to the person."""

    message: str

    def __str__(self) -> str:
        """Return the sentence for the person."""
        return self.message
