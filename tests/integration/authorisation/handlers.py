"""Every event handler: what is sent to it, and the sign by which two people see what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from reflex.state import BaseState

from sora_studio.ui.actions import VideoActions
from sora_studio.ui.batches import BatchState
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.door import DoorState
from sora_studio.ui.news import NewsState
from sora_studio.ui.notices import NoticesState
from sora_studio.ui.pages.audit.state import AuditState
from sora_studio.ui.pages.budgets.state import BudgetsState
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.pages.library.state import LibraryState
from sora_studio.ui.pages.limits.state import LimitsState
from sora_studio.ui.pages.people.invitations_state import InvitationsState
from sora_studio.ui.pages.people.state import PeopleState
from sora_studio.ui.pages.profile.characters_state import CharactersState
from sora_studio.ui.pages.profile.email_state import EmailState
from sora_studio.ui.pages.profile.keys_state import KeysState
from sora_studio.ui.pages.profile.sessions_state import SessionsState
from sora_studio.ui.pages.profile.state import ProfileState
from sora_studio.ui.pages.profile.storage_state import StorageState
from sora_studio.ui.pages.profile.webhooks_state import WebhooksState
from sora_studio.ui.pages.project.budgets_state import ProjectBudgetsState
from sora_studio.ui.pages.project.state import ProjectState
from sora_studio.ui.pages.projects.state import ProjectsState
from sora_studio.ui.pages.providers.state import ProvidersState
from sora_studio.ui.pages.settings.state import SettingsState
from sora_studio.ui.pages.usage.state import UsageState
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from sora_studio.ui.pages.video.library_state import VideoLibraryState
from sora_studio.ui.pages.video.queue_state import QueueState
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.session import TabState
from sora_studio.ui.toasts import ToastState
from sora_studio.ui.two_factor import TwoFactorState
from tests.integration.authorisation.conftest import CHEAP, MANY, SECRET, Stage
from tests.support.accounts import PASSWORD
from tests.support.tab import Tab

Sign = Callable[[Tab, str], object]
"""Looks at a tab, and at the id of the owner's thing that the event was about."""

Payload = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """A handler and its two outcomes; nobody and a session that has ended get the way to the log-in page."""

    state: type[BaseState]
    handler: str
    owner: Sign
    stranger: Sign
    payload: Payload = lambda _: {}
    thing: Callable[[Stage], Awaitable[str]] | None = None
    path: str = "/profile"  # `{}` is the thing's id; the profile loads least
    spoils: bool = False  # it ends sessions or the account: on new people only
    open: bool = False  # to everybody: it neither reads nor changes what is anybody's

    def __str__(self) -> str:
        return f"{self.state.__name__}.{self.handler}"

    @property
    def name(self) -> str:
        """Return the name by which browsers call it."""
        return f"{self.state.get_full_name()}.{self.handler}"


def toast(text: str) -> Sign:
    return var(ToastState, "toast", lambda shown: text in shown["text"])


def var(state: type[BaseState], name: str, fits: Callable[[Any], object] = bool) -> Sign:
    """Expect a var to have come, and to fit."""
    return lambda tab, _: (value := tab.value(state, name)) is not None and fits(value)


def shows(state: type[BaseState]) -> Sign:
    return var(state, "cards", lambda cards: any(SECRET in card["title"] for card in cards))


def empty(state: type[BaseState]) -> Sign:
    return lambda tab, _: tab.value(state, "ready") and tab.value(state, "cards") == []


def selection(**wanted: str) -> Sign:
    return var(ComposerState, "selection", lambda selection: wanted.items() <= selection.items())


def answer(*, accepted: bool) -> Sign:
    return var(ComposerState, "answer", lambda answer: answer["key"] and answer["accepted"] is accepted)


def draft(*, filled: bool) -> Sign:
    return lambda tab, _: (
        tab.value(ComposerState, "ready") and (SECRET in tab.value(ComposerState, "draft")["text"]) is filled
    )


def called(name: str) -> Sign:
    return var(PersonState, "name", lambda shown: shown == name)


def went_to(path: str) -> Sign:
    return lambda tab, _: any(path in way for way in tab.redirects())


def is_shown(tab: Tab, thing: str) -> bool:
    return (tab.value(VideoState, "video") or {}).get("id") == thing


def is_missing(tab: Tab, thing: str) -> bool:
    return bool(tab.value(VideoState, "missing") == thing and not tab.value(VideoState, "video")["id"])


def is_project(tab: Tab, thing: str) -> bool:
    return (tab.value(ProjectState, "project") or {}).get("id") == thing.replace("-", "")


def is_no_project(tab: Tab, thing: str) -> bool:
    return bool(tab.value(ProjectState, "missing") == thing and not tab.value(ProjectState, "members"))


def anything(_tab: Tab, _thing: str) -> bool:
    return True


async def ready(stage: Stage) -> str:
    return stage.ready


def video_id(thing: str) -> dict[str, Any]:
    return {"video_id": thing}


def form(**fields: str) -> Payload:
    return lambda thing: {"data": {name: value.format(thing) for name, value in fields.items()}}


def new_email(_thing: str) -> dict[str, Any]:
    return {"data": {"email": f"{uuid4().hex}@example.org", "email_password": PASSWORD}}


def both(sign: Sign) -> dict[str, Any]:
    return {"owner": sign, "stranger": sign}


def for_admins(state: type[BaseState]) -> Sign:
    return var(state, "problem", lambda said: "Only an admin" in said)


def refused(state: type[BaseState]) -> Sign:
    return var(state, "refusal", lambda said: "Only an admin" in said)


GONE = var(ToastState, "toast", lambda shown: shown["text"].startswith(("Deleted.", "Cancelled before")))
STRANGE = toast("There is no such video.")
REFUSED = var(DerivationsState, "refusal", lambda shown: "There is no such video." in shown["text"])
UNDECIDED: dict[str, Any] = {
    "owner": toast("nothing to decide"),
    "stranger": STRANGE,
    "payload": video_id,
    "thing": ready,
}
CHOICE = {"model": "sandbox/sora-2", "size": "1280x720", "seconds": "4", "library": "mine"}
VIDEO, HOME, LIBRARY = "/video/{}", "/", "/library?q=canary"
PROJECT: dict[str, Any] = {"stranger": is_no_project, "thing": Stage.project, "path": "/projects/{}"}
NOBODY = {"user_id": uuid4().hex}

TABLE = [
    Row(VideoActions, "remove", GONE, STRANGE, video_id, Stage.fresh),
    Row(VideoActions, "remove_at_once", GONE, STRANGE, video_id, Stage.fresh),
    Row(
        VideoActions, "undo", toast("was restored."), STRANGE, lambda thing: {"video_ids": [thing]},
        Stage.removed,
    ),
    Row(
        BatchState, "act", toast("was put on 1 video."), toast("Nothing was changed."),
        lambda thing: {"asked": {"action": "tag", "value": uuid4().hex, "ids": [thing]}}, Stage.fresh,
    ),
    Row(
        BatchState, "undo", toast("Undone."), toast("There is nothing to undo."),
        lambda thing: {"batch": thing}, Stage.batch,
    ),
    Row(
        VideoActions, "ask_price", var(VideoActions, "next_attempt", lambda attempt: attempt["price"]),
        STRANGE, video_id, ready,
    ),
    Row(VideoActions, "check_again", **UNDECIDED),
    Row(VideoActions, "submit_again", **UNDECIDED),
    Row(VideoActions, "give_up", **UNDECIDED),
    Row(ComposerState, "load", draft(filled=True), draft(filled=False), thing=ready, path="/?edit={}"),
    Row(
        ComposerState, "choose_model", **both(selection(name="sora-2-pro")),
        payload=lambda _: {"model": "sandbox/sora-2-pro"}, path=HOME,
    ),
    Row(
        ComposerState, "choose_size", **both(selection(size="720x1280")),
        payload=lambda _: {"size": "720x1280"}, path=HOME,
    ),
    Row(
        ComposerState, "choose_seconds", **both(selection(seconds="8")),
        payload=lambda _: {"seconds": "8"}, path=HOME,
    ),
    Row(
        ComposerState, "choose_option", **both(var(ComposerState, "kept", lambda kept: "seed" in kept)),
        payload=lambda _: {"name": "seed", "value": "7"}, path=HOME,
    ),
    Row(
        ComposerState, "choose_character",
        **both(var(ComposerState, "draft", lambda draft: draft["characters"] == ["character_x"])),
        payload=lambda _: {"character_id": "character_x", "chosen": True}, path=HOME,
    ),
    Row(
        ComposerState, "attach", **both(var(ComposerState, "files", lambda files: files["tiles"])),
        payload=lambda thing: {"file": {"id": thing, "content_type": "image/png", "width": 64, "height": 36}},
        thing=Stage.pictured, path=HOME,
    ),
    *(
        Row(
            ComposerState, handler, **both(var(ComposerState, "files", lambda files: files["tiles"] == [])),
            payload=lambda thing, more=more: {"upload_id": thing, **more}, thing=Stage.pictured, path=HOME,
        )
        for handler, more in (("detach", {}), ("move", {}), ("choose_role", {"role": "last_frame"}))
    ),
    Row(
        ComposerState, "submit", answer(accepted=True), answer(accepted=False),
        form(prompt=CHEAP, idempotency_key="{}", inputs='[["first_frame", "{}"]]', **CHOICE),
        Stage.pictured, HOME,
    ),
    Row(CreateState, "load", shows(CreateState), empty(CreateState), path=HOME),
    Row(
        CreateState, "choose_library",
        var(CreateState, "libraries", lambda found: SECRET in found["chosen"]["name"]),
        toast("You are not in that project"), lambda thing: {"library": thing}, Stage.project, HOME,
    ),
    Row(
        ProjectsState, "load", var(ProjectsState, "projects", lambda found: SECRET in str(found)),
        lambda tab, _: tab.value(ProjectsState, "ready") and tab.value(ProjectsState, "projects") == [],
        thing=Stage.project, path="/projects",
    ),
    Row(ProjectsState, "more", **both(anything), path="/projects"),
    Row(ProjectsState, "create", **both(went_to("/projects/")), payload=form(name="New"), spoils=True),
    Row(ProjectState, "load", is_project, **PROJECT),
    Row(ProjectState, "more", is_project, **PROJECT),
    Row(ProjectState, "rename", toast("Saved."), payload=form(name=SECRET), **PROJECT),
    Row(
        ProjectState, "add", toast("Nobody in this studio"),
        payload=form(email="nobody@example.org", role="editor"), **PROJECT,
    ),
    Row(
        ProjectState, "change", toast("no such person"), payload=lambda _: NOBODY | {"role": "manager"},
        **PROJECT,
    ),
    Row(ProjectState, "take_out", toast("not in the project"), payload=lambda _: NOBODY, **PROJECT),
    Row(ProjectState, "hand_over", toast("not in the project"), payload=lambda _: NOBODY, **PROJECT),
    Row(ProjectState, "leave", toast("Somebody has to run"), **PROJECT),
    Row(ProjectState, "remove", toast("was deleted"), **PROJECT),
    Row(ProjectState, "prove", is_project, payload=form(proof=PASSWORD), **PROJECT),
    Row(ProjectState, "dismiss", is_project, **PROJECT),
    Row(
        ProjectBudgetsState, "create", toast("The budget counts"), toast("has to name a project"),
        form(amount_usd="1000", period="month", behaviour="warn", thresholds="50"), Stage.project,
        "/projects/{}",
    ),
    Row(
        ProjectBudgetsState, "change", toast("Saved."), toast("Only an admin"),
        form(budget_id="{}", amount_usd="900", period="day", behaviour="warn", thresholds=""), Stage.budget,
        "/projects/{}",
    ),
    Row(
        ProjectBudgetsState, "remove", toast("was deleted"), toast("Only an admin"),
        lambda thing: {"budget_id": thing}, Stage.budget, "/projects/{}",
    ),
    Row(LibraryState, "load", shows(LibraryState), empty(LibraryState), path=LIBRARY),
    Row(LibraryState, "ask", shows(LibraryState), empty(LibraryState), path=LIBRARY),
    Row(LibraryState, "refresh", shows(LibraryState), empty(LibraryState), path=LIBRARY),
    Row(
        LibraryState, "more", var(LibraryState, "cards", lambda cards: len(cards) >= MANY),
        empty(LibraryState), path=LIBRARY,
    ),
    Row(
        CharactersState, "load",
        var(CharactersState, "characters", lambda found: any(SECRET in each["name"] for each in found)),
        lambda tab, _: tab.value(PersonState, "email") and not tab.value(CharactersState, "characters"),
        thing=Stage.character,
    ),
    Row(
        CharactersState, "remove", toast("The character was deleted."), toast("There is no such character."),
        lambda thing: {"character_id": thing}, Stage.character,
    ),
    Row(ProfileState, "save", **both(toast("Saved.")), payload=form(display_name="Newer"), spoils=True),
    Row(EmailState, "change", **both(toast("Saved.")), payload=new_email, spoils=True),
    Row(UsageState, "load", **both(var(UsageState, "ready"))),
    Row(UsageState, "show_month", **both(var(UsageState, "shown", lambda shown: shown["month"] == "2026-02")),
        payload=lambda _: {"month": "2026-02"}),
    Row(UsageState, "show_scope", var(UsageState, "shown", lambda shown: shown["scope"] == "studio"),
        var(UsageState, "problem", lambda words: "Only an admin" in words),
        payload=lambda _: {"scope": "studio"}),
    Row(
        ProvidersState, "load",
        var(ProvidersState, "providers", lambda found: [one["name"] for one in found] == ["sandbox"]),
        for_admins(ProvidersState),
        path="/providers",
    ),
    Row(
        KeysState, "load", var(KeysState, "keys", lambda keys: SECRET in str(keys)),
        var(KeysState, "keys", lambda keys: keys == []),
    ),
    Row(KeysState, "put_away", **both(var(KeysState, "fresh", lambda fresh: fresh == ""))),
    Row(
        KeysState, "create", **both(var(KeysState, "fresh", lambda fresh: fresh.startswith("sst_"))),
        payload=form(**{"key_name": "New", "expires": "30", "videos:read": "on"}), spoils=True,
    ),
    Row(
        KeysState, "rotate", var(KeysState, "fresh", lambda fresh: fresh.startswith("sst_")),
        toast("There is no such key."), lambda thing: {"key_id": thing}, Stage.key,
    ),
    Row(
        KeysState, "set_budget", toast("Saved."), toast("There is no such key."),
        form(key_id="{}", budget="5"), Stage.key,
    ),
    Row(KeysState, "prove", **both(anything), payload=form(key_proof=PASSWORD)),
    Row(KeysState, "ask_no_more", **both(anything)),
    Row(
        KeysState, "revoke", toast("The key was revoked."), toast("There is no such key."),
        lambda thing: {"key_id": thing}, Stage.key,
    ),
    Row(
        WebhooksState, "load", var(WebhooksState, "endpoints", lambda found: SECRET in str(found)),
        var(WebhooksState, "endpoints", lambda found: found == []), thing=Stage.webhook_endpoint,
    ),
    Row(WebhooksState, "put_away", **both(var(WebhooksState, "fresh", lambda fresh: fresh == ""))),
    Row(
        WebhooksState, "create",
        **both(var(WebhooksState, "fresh", lambda fresh: fresh.startswith("whsec_"))),
        payload=form(**{"hook_name": "New", "format": "standard", "url": "https://hooks.invalid/in",
            "video.failed": "on"}), spoils=True,
    ),
    Row(
        WebhooksState, "try_out", toast("cannot be found"), toast("There is no such webhook endpoint."),
        lambda thing: {"endpoint_id": thing}, Stage.webhook_endpoint,
    ),
    Row(
        WebhooksState, "rotate", var(WebhooksState, "fresh", lambda fresh: fresh.startswith("whsec_")),
        toast("There is no such webhook endpoint."), lambda thing: {"endpoint_id": thing},
        Stage.webhook_endpoint,
    ),
    Row(
        WebhooksState, "remove", toast("The webhook was deleted."),
        toast("There is no such webhook endpoint."), lambda thing: {"endpoint_id": thing},
        Stage.webhook_endpoint,
    ),
    Row(
        WebhooksState, "show", var(WebhooksState, "opened"), toast("There is no such webhook endpoint."),
        lambda thing: {"endpoint_id": thing}, Stage.webhook_endpoint,
    ),
    Row(
        WebhooksState, "send_again", toast("There is no such message."),
        toast("There is no such webhook endpoint."),
        lambda thing: {"endpoint_id": thing, "message_id": "msg_" + "0" * 32}, Stage.webhook_endpoint,
    ),
    Row(SessionsState, "load", **both(var(SessionsState, "sessions"))),
    Row(
        SessionsState, "end", toast("The session was ended."), toast("There is no such session."),
        lambda thing: {"session_id": thing}, Stage.session,
    ),
    Row(SessionsState, "end_others", **both(toast("All other sessions were ended.")), spoils=True),
    Row(
        ProfileState, "change_password", **both(toast("Your password was changed.")),
        payload=form(current=PASSWORD, new=f"{PASSWORD} too"), spoils=True,
    ),
    Row(
        ProfileState, "delete_account", **both(went_to("/signup")),
        payload=form(confirmation="delete my account", password=PASSWORD), spoils=True,
    ),
    Row(VideoState, "load", is_shown, is_missing, thing=ready, path=VIDEO),
    Row(
        VideoState, "rename", var(VideoState, "video", lambda video: video["title"] == f"{SECRET} anew"),
        STRANGE, lambda thing: {"video_id": thing, "title": f"{SECRET} anew"}, Stage.fresh, VIDEO,
    ),
    Row(
        VideoLibraryState, "load",
        var(VideoLibraryState, "libraries", lambda found: SECRET in str(found)), is_missing,
        thing=ready, path=VIDEO,
    ),
    Row(
        VideoLibraryState, "move", toast("was moved"), STRANGE, form(library="mine"), Stage.fresh, VIDEO,
    ),
    Row(
        DerivationsState, "remix", went_to("/video/"), REFUSED,
        form(prompt=CHEAP, idempotency_key="{}"), ready, VIDEO,
    ),
    Row(
        DerivationsState, "load", var(DerivationsState, "forms", lambda found: found["id"]),
        lambda tab, thing: (
            is_missing(tab, thing) and not (tab.value(DerivationsState, "forms") or {}).get("id")
        ),
        thing=ready, path=VIDEO,
    ),
    Row(
        DerivationsState, "edit", went_to("/video/"), REFUSED,
        form(prompt=CHEAP, idempotency_key="edit {}"), ready, VIDEO,
    ),
    Row(
        DerivationsState, "extend", went_to("/video/"), REFUSED,
        form(prompt=CHEAP, seconds="4", idempotency_key="extend {}"), ready, VIDEO,
    ),
    Row(
        DerivationsState, "make_character", toast("can now appear in your videos"), REFUSED,
        form(name=SECRET, idempotency_key="character {}"), ready, VIDEO,
    ),
    Row(
        QueueState, "move", toast("does not wait for its turn"), STRANGE,
        lambda thing: {"video_id": thing, "to": "first"}, ready, VIDEO,
    ),
    Row(
        QueueState, "urge", toast("does not wait for its turn"), toast("Only an admin"),
        lambda thing: {"video_id": thing, "urgent": True}, ready, VIDEO,
    ),
    Row(VideoState, "remove", went_to("/library"), STRANGE, thing=Stage.fresh, path=VIDEO),
    Row(TwoFactorState, "load", **both(var(TwoFactorState, "ready"))),
    Row(TwoFactorState, "act", **both(var(TwoFactorState, "secret")), payload=lambda _: {"what": "begin"},
        spoils=True),
    Row(TwoFactorState, "prove", **both(anything), payload=form(proof=PASSWORD)),
    Row(TwoFactorState, "enable", **both(var(TwoFactorState, "refusal")), payload=form(code="000000"),
        spoils=True),
    Row(TwoFactorState, "put_away", **both(anything)),
    Row(PersonState, "load", called(f"Ada {SECRET}"), called("Grace")),
    Row(PeopleState, "load", var(PeopleState, "people"), for_admins(PeopleState), path="/people"),
    Row(
        PeopleState, "search",
        var(PeopleState, "people", lambda found: [one["name"] for one in found] == ["Grace"]),
        for_admins(PeopleState), form(q="grace"), path="/people",
    ),
    Row(PeopleState, "more", var(PeopleState, "people"), for_admins(PeopleState), path="/people"),
    Row(
        PeopleState, "act", toast("can no longer log in"), toast("Only an admin"),
        lambda thing: {"what": "disable", "user_id": thing}, Stage.somebody, path="/people",
    ),
    Row(
        PeopleState, "limit", toast("Saved."), toast("Only an admin"),
        form(library_id="{}", quota="own", gigabytes="3", weight="1"), Stage.somebody, path="/people",
    ),
    Row(PeopleState, "prove", **both(anything), payload=form(proof=PASSWORD), path="/people"),
    Row(PeopleState, "dismiss", **both(anything), path="/people"),
    Row(InvitationsState, "load", **both(anything), path="/people"),
    Row(
        InvitationsState, "invite", var(InvitationsState, "link", lambda link: link["url"]),
        var(InvitationsState, "refusal", lambda said: "Only an admin" in said),
        form(note="", role="member", uses="1", days="7"), path="/people",
    ),
    Row(
        InvitationsState, "prove", **both(anything), payload=form(invitation_proof=PASSWORD), path="/people"
    ),
    Row(
        InvitationsState, "revoke", toast("was taken back"), toast("Only an admin"),
        lambda thing: {"invitation_id": thing}, Stage.invitation, path="/people",
    ),
    Row(InvitationsState, "dismiss", **both(anything), path="/people"),
    Row(
        BudgetsState, "load", var(BudgetsState, "budgets"), for_admins(BudgetsState), thing=Stage.budget,
        path="/budgets",
    ),
    Row(BudgetsState, "more", **both(anything), path="/budgets"),
    Row(
        BudgetsState, "choose_scope", var(BudgetsState, "candidates"), refused(BudgetsState),
        lambda _: {"scope": "provider"}, path="/budgets",
    ),
    Row(
        BudgetsState, "find", var(BudgetsState, "candidates", lambda found: found == []),
        refused(BudgetsState), lambda _: {"words": "nobody"}, path="/budgets",
    ),
    Row(
        BudgetsState, "create", toast("The budget counts"), refused(BudgetsState),
        form(amount_usd="1000", period="month", behaviour="warn", thresholds="50"), path="/budgets",
    ),
    Row(
        BudgetsState, "change", toast("Saved."), refused(BudgetsState),
        form(budget_id="{}", amount_usd="900", period="day", behaviour="warn", thresholds=""), Stage.budget,
        path="/budgets",
    ),
    Row(
        BudgetsState, "remove", toast("was deleted"), refused(BudgetsState),
        lambda thing: {"budget_id": thing}, Stage.budget, path="/budgets",
    ),
    Row(
        LimitsState, "load", var(LimitsState, "projects", lambda found: SECRET in str(found)),
        for_admins(LimitsState), thing=Stage.project, path="/limits",
    ),
    Row(
        LimitsState, "search", var(LimitsState, "projects", lambda found: SECRET in str(found)),
        for_admins(LimitsState), form(q=SECRET), Stage.project, "/limits",
    ),
    Row(LimitsState, "more", **both(anything), path="/limits"),
    Row(
        LimitsState, "limit", toast("Saved."), toast("Only an admin"),
        form(library_id="{}", quota="unlimited", weight="1"), Stage.project, "/limits",
    ),
    Row(
        LimitsState, "appoint", toast("Somebody runs this project"), toast("Only an admin"),
        form(project_id="{}", email="nobody@example.org"), Stage.project, "/limits",
    ),
    Row(LimitsState, "prove", **both(anything), payload=form(proof=PASSWORD), path="/limits"),
    Row(LimitsState, "dismiss", **both(anything), path="/limits"),
    Row(StorageState, "load", **both(var(StorageState, "storage", lambda line: line["used"]))),
    Row(SettingsState, "load", var(SettingsState, "mode"), for_admins(SettingsState), path="/settings"),
    Row(
        SettingsState, "save", toast("Saved."),
        var(SettingsState, "refusal", lambda said: "Only an admin" in said),
        form(mode="open", idle_days="14", days="90", storage_gb_per_person="0", storage_gb_per_project="0"),
        path="/settings",
    ),
    Row(AuditState, "load", var(AuditState, "lines"), for_admins(AuditState), path="/audit"),
    Row(
        AuditState, "choose",
        var(AuditState, "lines", lambda found: {one["act"] for one in found} == {"Signed up"}),
        for_admins(AuditState), form(act="sign_up"), path="/audit",
    ),
    Row(AuditState, "more", var(AuditState, "lines"), for_admins(AuditState), path="/audit"),
    Row(DoorState, "look", **both(var(DoorState, "looked")), open=True),
    Row(TabState, "stay", **both(anything)),
    Row(NewsState, "hear", **both(var(NewsState, "deciding", lambda count: count == 0))),
    Row(NoticesState, "dismiss", **both(anything), payload=lambda thing: {"budget_id": thing},
        thing=Stage.budget),
    Row(NoticesState, "put_away", **both(anything), payload=lambda thing: {"project_id": thing},
        thing=Stage.project),
    Row(ToastState, "say", **both(toast("a word")), payload=lambda _: {"text": "a word"}, open=True),
    Row(ToastState, "clear", **both(var(ToastState, "toast", lambda shown: shown["number"] > 0)), open=True),
]  # fmt: skip
