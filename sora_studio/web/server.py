"""The running server: its sockets, its signals, its one process."""

import gc
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import structlog

from sora_studio import log
from sora_studio.bootstrap import Parts
from sora_studio.config import ConfigError, Settings, load
from sora_studio.config.authority import is_loopback
from sora_studio.config.build import VERSION, commit
from sora_studio.container import services
from sora_studio.domain.instance import InstanceRole, ProcessInfo
from sora_studio.error_reports import ErrorReports
from sora_studio.security_log import SecurityLog
from sora_studio.services.instances.registry import own_address
from sora_studio.web import frontend
from sora_studio.web.asgi import create
from sora_studio.web.connection_limiter import ConnectionLimiter, ConnectionLimits, raise_file_limit
from sora_studio.web.connections import ServerConfig
from sora_studio.web.proxies import Proxies
from sora_studio.web.quiet_server import QuietServer

_log = structlog.get_logger(__name__)

_LOOPBACK = {"127.0.0.1", "localhost"}


@dataclass(frozen=True)
class Worker:
    """One of the processes that `serve --workers` starts."""

    number: int
    sockets: Sequence[int]  # the files of the sockets that all of them listen on


def run(
    host: str,
    port: int,
    data_dir: Path | None,
    parts: Parts | None = None,
    *,
    role: InstanceRole = InstanceRole.ALL,
    worker: Worker | None = None,
) -> bool:
    """Serve until Ctrl-C or SIGTERM; return whether the start succeeded.

    Args:
        host: The address to listen on.
        port: 0 takes a free one.
        data_dir: Wins over the environment.
        parts: Other parts for the studio, as tests put in.
        role: What this process does.
        worker: Its place, if it is one of several that share an address.

    Raises:
        ConfigError: The address, a setting or the front end is not fit for a start.
    """
    sockets = [socket.socket(fileno=each) for each in worker.sockets] if worker else listen(host, port)
    settings = load(data_dir=data_dir, port=sockets[0].getsockname()[1])
    reports = _error_reports(settings)
    log.configure(settings.log_format, settings.log_level, report=reports.send if reports else None)
    if role is not InstanceRole.WORK:
        _check_front_end()
    check_proxies(settings, host)
    os.chdir(frontend.ROOT)
    number = worker.number if worker else None
    info = ProcessInfo(role, own_address(sockets[0].getsockname()[1], number), is_loopback(host), number)
    server = QuietServer(_configuration(settings, parts, info), _stop)
    gc.freeze()  # what has been loaded will not become garbage
    gc.enable()
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn handles them, and raises them again when all is closed: an ordered end is no failure.
        signal.signal(number, _ignore)
    server.run(sockets=sockets)
    if reports:
        reports.close()
    return server.started


def _error_reports(settings: Settings) -> ErrorReports | None:
    """Return what reports errors elsewhere, if that is wanted."""
    if settings.sentry_dsn is None:
        return None
    return ErrorReports(settings.sentry_dsn.get_secret_value(), f"sora-studio@{VERSION}+{commit()}")


def _stop() -> float:
    """Tell proxies that this process stops; return for how many seconds it waits for that."""
    try:
        return services().health.stop()
    except LookupError:  # it has not been open
        return 0.0


def _configuration(settings: Settings, parts: Parts | None, info: ProcessInfo) -> ServerConfig:
    """Return how uvicorn runs the app."""
    security_log = SecurityLog()
    limiter = ConnectionLimiter(security_log, Proxies(settings.proxies), _room())
    return ServerConfig(create(settings, security_log, parts, info), limiter)


def _room() -> ConnectionLimits:
    """Make room for connections; where the system leaves little, say so."""
    most = raise_file_limit()
    if most.total < ConnectionLimits.total:
        _log.warning("few_open_files", connections=most.total, remedy="ulimit -n")
    return most


def check_proxies(settings: Settings, host: str) -> None:
    """Say that everybody may look like one visitor: a proxy elsewhere is not believed until it is named."""
    name = settings.own_names.public.host
    is_far = not is_loopback(name) and not is_loopback(host)
    if is_far and settings.trusted_proxies is None:
        _log.warning("no_trusted_proxies", remedy="SORA_STUDIO_TRUSTED_PROXIES, if a proxy is in front")


def _check_front_end() -> None:
    """Make sure that there is something to show.

    Raises:
        ConfigError: There is not.
    """
    if not frontend.is_built():
        message = "The front end is not built. Run make install."
        raise ConfigError(message)
    if not frontend.is_current():
        _log.warning("front_end_outdated", remedy="make install")


def listen(host: str, port: int) -> list[socket.socket]:
    """Open the sockets before anything slow starts; the IPv4 loopback brings its IPv6 twin, if there is one.

    Raises:
        ConfigError: The port is taken, or the address is not ours.
    """
    sockets = [_bound(host, port)]
    if host in _LOOPBACK:
        with suppress(ConfigError):
            sockets.append(_bound("::1", sockets[0].getsockname()[1]))
    return sockets


def _bound(host: str, port: int) -> socket.socket:
    """Open one listening socket."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]  # which repeats the address
        message = f"{host} port {port}: {reason}. Choose another port: --port, or PORT=… make run."
        raise ConfigError(message) from error


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing about a signal."""
