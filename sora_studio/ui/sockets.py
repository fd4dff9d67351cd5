"""What Reflex knows of the sockets of this process, and tells nobody: hence the exact pin."""

# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false

import reflex as rx


def is_open(app: rx.App, token: str) -> bool:
    """Tell whether a tab is connected."""
    return _socket_id(app, token) is not None


def cookies(app: rx.App, token: str) -> str | None:
    """Return the Cookie header with which a tab's socket was opened; None when it is not connected."""
    socket_id, namespace = _socket_id(app, token), app.event_namespace
    if socket_id is None or namespace is None or app.sio is None:
        return None
    environ = app.sio.get_environ(socket_id, namespace.namespace)
    return environ.get("HTTP_COOKIE", "") if environ else None


def _socket_id(app: rx.App, token: str) -> str | None:
    if app.event_namespace is None:
        return None
    socket = app.event_namespace._token_manager.token_to_socket.get(token)  # the public view copies them all
    return socket.sid if socket else None
