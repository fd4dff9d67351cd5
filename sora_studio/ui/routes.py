"""Where the pages and the files of a video are."""

from sora_studio.domain.video import POSTER_SIDE, Kind, PosterWidth, Variant

HOME = "/"
LIBRARY = "/library"
VIDEO = "/video/[video_id]"
PROFILE = "/profile"
PROVIDERS = "/providers"
USAGE = "/usage"
PROJECTS = "/projects"
PROJECT = "/projects/[project_id]"
LOG_IN = "/login"
LOG_IN_CODE = "/login/code"
TWO_FACTOR = "/two-factor"
SIGN_UP = "/signup"
SET_UP = "/setup"
RESET = "/reset"
PEOPLE = "/people"
SETTINGS = "/settings"
AUDIT = "/audit"
BUDGETS = "/budgets"
LIMITS = "/limits"

USAGE_SHEET = "/api/usage"

AUTH_LOG_IN = "/api/auth/login"
AUTH_LOG_IN_CODE = "/api/auth/login/code"
AUTH_OIDC = "/api/auth/oidc"
AUTH_SIGN_UP = "/api/auth/signup"
AUTH_RESET = "/api/auth/reset"
AUTH_LOG_OUT = "/api/auth/logout"


def video(video_id: str) -> str:
    """Return the page of a video, by its public id."""
    return f"/video/{video_id}"


def project(project_id: str) -> str:
    """Return the page of a project."""
    return f"/projects/{project_id}"


def library(project_id: str = "") -> str:
    """Return the page of a project's library, or of one's own."""
    return f"{LIBRARY}?project={project_id}" if project_id else LIBRARY


def create_in(project_id: str) -> str:
    """Return the page that makes videos in a project."""
    return f"{HOME}?project={project_id}"


def content(video_id: str, variant: Variant, *, download: bool = False) -> str:
    """Return the address of one of a video's files."""
    return f"/api/videos/{video_id}/content?variant={variant}{'&download=1' if download else ''}"


def posters(video_id: str) -> str:
    """Return the addresses of a video's poster in every width, as a `srcset`."""
    whole = content(video_id, Variant.THUMBNAIL)
    small = (f"{whole}&width={width:d} {width:d}w" for width in PosterWidth)
    return ", ".join((*small, f"{whole} {POSTER_SIDE}w"))


def video_input(video_id: str, position: object) -> str:
    """Return the address of something that went into a video."""
    return f"/api/videos/{video_id}/inputs/{position}"


def upload(upload_id: str) -> str:
    """Return the address of an uploaded file that no video uses yet."""
    return f"/api/uploads/{upload_id}"


def again(parent_id: str, video_id: str, kind: Kind) -> str:
    """Return the page of a video with the form filled in that asked for another one, made from it."""
    return f"{video(parent_id)}?again={video_id}#{kind}"


def edit(video_id: str) -> str:
    """Return the page that fills the composer with a video's wish."""
    return f"/?edit={video_id}"
