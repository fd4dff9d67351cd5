"""The idempotency keys of forms: under the same one, a wish is stored once however often it is sent."""

from uuid import uuid4

from sora_studio.domain.errors import SoraStudioError, UserError


def after(key: str, problem: SoraStudioError) -> str:
    """Return the key under which a form goes out again that was refused.

    It is another one only when surely nothing was stored. After anything but a UserError it may have been, as
    when the answer to a commit is lost: under the same key the next click finds that wish and costs nothing.
    """
    return uuid4().hex if isinstance(problem, UserError) else key
