"""Closed by default: a route is open because it stands in this list, and for no other reason."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from sora_studio.api.app import create_api
from sora_studio.api.dependencies import May, MayInTransaction
from sora_studio.domain.ids import new_id, public_id

OPEN = {
    "/livez",
    "/readyz",
    "/.well-known/security.txt",
    "/api/docs",
    "/api/openapi.json",
    "/api/auth/signup",
    "/api/auth/login",
    "/api/auth/login/code",  # the second step, with what stands for the first
    "/api/auth/oidc",
    "/api/auth/oidc/callback",  # with what the provider answered, bound to the browser that asked
    "/api/auth/reset",  # by a link that an admin has handed out
    "/api/auth/logout",  # also takes the form of somebody whose session has ended
    "/api/auth/oidc/backchannel",  # with what the provider has signed
    "/api/webhooks/provider",  # signed instead
    "/api/version",
    "/metrics",  # to this machine, or with a token of its own; not there for others
    "/api/doctor",  # not there without a pass made with the signing key
}

BY_KEY = {"/mcp"}
"""Asks for an API key itself, and each tool for its scope: authorisation/test_agents.py has the rows."""


def routes() -> Iterator[tuple[str, str, RouteContext]]:
    """Yield every method and path that the API serves."""
    for route in iter_route_contexts(create_api().routes):
        for method in sorted(route.methods or ()):
            yield method, route.path or "", route


def dependencies(dependant: Dependant) -> Iterator[object]:
    for needed in dependant.dependencies:
        yield needed.call
        yield from dependencies(needed)


CLOSED = [
    pytest.param(method, path, route, id=f"{method} {path}")
    for method, path, route in routes()
    if path not in OPEN | BY_KEY
]


def test_the_open_routes_exist():
    assert {path for _, path, _ in routes()} >= OPEN | BY_KEY


@pytest.mark.parametrize(("method", "path", "route"), CLOSED)
def test_every_other_route_names_its_action_once(method: str, path: str, route: RouteContext):
    """So what a key's scope, or a role, opens is written where the route is, and decided in one place."""
    gates = {each for each in dependencies(route.dependant) if isinstance(each, May | MayInTransaction)}
    assert len(gates) == 1, f"{method} {path} names {len(gates)} actions"


@pytest.mark.parametrize("token", [None, "token-of-nobody", "", "x.y.z"])
@pytest.mark.parametrize(("method", "path", "route"), CLOSED)
async def test_nobody_gets_in_without_a_session(
    anonymous: httpx.AsyncClient, method: str, path: str, route: RouteContext, token: str | None
):
    """401 whatever is sent: also for bodies and ids that are wrong."""
    del route
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    filled = re.sub(r"{\w+(:path)?}", str(new_id()), path.replace("{video_id}", public_id(new_id())))
    for address in (
        filled,
        re.sub(r"{\w+(:path)?}", "nonsense", path),
    ):
        answer = await anonymous.request(method, address, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        if method != "HEAD":
            assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_a_new_route_would_be_in_these_tables(api: FastAPI):
    assert len(CLOSED) >= 25
    assert {path.replace(":path}", "}") for _, path, _ in routes()} >= set(api.openapi()["paths"])
