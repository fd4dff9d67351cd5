"""The services of this process: the one deliberate global."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sora_studio.services.diagnosis import DiagnosisService
    from sora_studio.services.health import HealthService
    from sora_studio.services.jobs.webhooks import WebhookService
    from sora_studio.services.metrics import MetricsService
    from sora_studio.services.money.budgets import BudgetService
    from sora_studio.services.money.usage import UsageService
    from sora_studio.services.people.accounts import AccountService
    from sora_studio.services.people.audit import AuditService
    from sora_studio.services.people.authentication import Authenticator
    from sora_studio.services.people.invitations import InvitationService
    from sora_studio.services.people.keys import KeyService
    from sora_studio.services.people.limits import LimitService
    from sora_studio.services.people.people import PeopleService
    from sora_studio.services.people.sessions import SessionService
    from sora_studio.services.people.settings import SettingService
    from sora_studio.services.people.single_sign_on import SingleSignOn
    from sora_studio.services.people.two_factor import TwoFactorService
    from sora_studio.services.projects import ProjectService
    from sora_studio.services.providers import ProviderService
    from sora_studio.services.videos.characters import CharacterService
    from sora_studio.services.videos.derivations import DerivationService
    from sora_studio.services.videos.inputs import InputService
    from sora_studio.services.videos.marks import BatchService, MarkService
    from sora_studio.services.videos.media import MediaService
    from sora_studio.services.videos.queue import QueueAdmin, QueueService
    from sora_studio.services.videos.uploads import UploadService
    from sora_studio.services.videos.videos import VideoService
    from sora_studio.services.webhooks.endpoints import WebhookEndpointService


@dataclass(frozen=True)
class Services:
    """Every use case that pages and routes may call."""

    accounts: "AccountService"
    sessions: "SessionService"
    authenticator: "Authenticator"
    keys: "KeyService"
    people: "PeopleService"
    invitations: "InvitationService"
    two_factor: "TwoFactorService"
    single_sign_on: "SingleSignOn"
    settings: "SettingService"
    audit: "AuditService"
    videos: "VideoService"
    derivations: "DerivationService"
    media: "MediaService"
    uploads: "UploadService"
    inputs: "InputService"
    marks: "MarkService"
    batches: "BatchService"
    characters: "CharacterService"
    health: "HealthService"
    metrics: "MetricsService"
    diagnosis: "DiagnosisService"
    webhooks: "WebhookService"
    webhook_endpoints: "WebhookEndpointService"
    providers: "ProviderService"
    projects: "ProjectService"
    budgets: "BudgetService"
    usage: "UsageService"
    queue: "QueueService"
    queue_admin: "QueueAdmin"
    limits: "LimitService"


_current: list[Services] = []


def services() -> Services:
    """Return the services that are in use.

    Raises:
        LookupError: The studio has not been opened yet.
    """
    if not _current:
        message = "The studio is not open."
        raise LookupError(message)
    return _current[-1]


@contextmanager
def using(chosen: Services) -> Iterator[Services]:
    """Put services in use for the block; tests swap theirs in here."""
    _current.append(chosen)
    try:
        yield chosen
    finally:
        _current.remove(chosen)
