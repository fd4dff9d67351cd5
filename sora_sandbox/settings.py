"""The settings of a sandbox."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SandboxSettings:
    """Everything that can be configured; `sora-sandbox --help` describes it to users."""

    data_dir: Path
    """Holds the jobs and the files; created when missing. One server at a time may use it."""
    speed: float
    """Divides the least time that a rendering takes, 1.5 s per second of video, so that a person can watch
    the progress. The picture is the same at every speed, and never takes less time than the machine needs."""
    api_key: str | None
    """When set, every call under /v1 must carry it as a bearer token."""
    expires_after: int
    """Seconds for which a finished video can be downloaded."""
    max_queued: int
    """When this many jobs wait, creates are answered 429."""
    workers: int
    """Renderings at a time, each in a process of its own."""
    parent_pid: int | None
    """End when this process is no longer the parent, however it ended."""
    webhook_url: str | None
    """Where to send video.completed and video.failed."""
    webhook_secret: str | None
    """Signs the webhooks: `whsec_` and base64."""
    dialect: str
    """The server to imitate: a name in `dialects.DIALECTS`."""
    faults: bool
    """Open /faults, where a test can make requests fail, and /ledger, where it reads what happened."""
    allowed_hosts: tuple[str, ...]
    """Names by which it may be called, in lower case; addresses and `localhost` always may be used."""
    canned: bool
    """Give jobs canned films of their size and length, except those that start from an image or a film.

    What is drawn all the same is drawn once a second.
    """
    canned_films_dir: Path
    """Where canned films are kept; several sandboxes may share it."""
