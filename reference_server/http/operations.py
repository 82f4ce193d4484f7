"""What operators and harnesses ask: capabilities, health, readiness, metrics, tokens."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

import chatproof
from chatproof.reference_server.claims import CLAIMS
from chatproof.reference_server.http.callers import require_admin
from chatproof.reference_server.http.node import Desk, Exposition
from chatproof.reference_server.http.schemas import Capabilities, Health, MadeTokens, WantedTokens
from chatproof.reference_server.metrics import CONTENT_TYPE
from chatproof.reference_server.tokens import Grant, Tokens

_NO_TOKEN: list[dict[str, list[str]]] = []


def operation_routes(desk: Desk, tokens: Tokens, admin_key: str, metrics: Exposition) -> list[HTTPRouteHandler]:
    """The handlers over one node."""

    @get("/v1/capabilities", summary="What the server claims", security=_NO_TOKEN)
    async def show_capabilities() -> Capabilities:
        """Claims and identity."""
        identity = desk.identity
        return Capabilities(
            "chatproof", chatproof.__version__, "chat.v1+json", identity.node, identity.incarnation, "embedded", CLAIMS
        )

    @post("/v1/admin/tokens", summary="Make tokens", security=[{"AdminKey": []}], status_code=200)
    async def make_tokens(request: Request[Any, Any, Any], data: WantedTokens) -> MadeTokens:
        """Needs the admin key."""
        require_admin(request, admin_key)
        now_s = desk.clock.wall_ns() // 1_000_000_000
        grants = (Grant(one.user, one.device, now_s + one.ttl_s) for one in data.grants)
        return MadeTokens(tuple(tokens.issue(grant) for grant in grants))

    @get("/healthz", summary="Whether the process lives", security=_NO_TOKEN)
    async def show_health() -> Health:
        """200 as long as the event loop turns."""
        return _health(desk)

    @get("/readyz", summary="Whether to send traffic here", security=_NO_TOKEN)
    async def show_readiness() -> Response[Health]:
        """200 when every partition is folded up to now and the node is not draining, otherwise 503."""
        health = _health(desk)
        return Response(health, status_code=200 if health.status == "ok" else 503)

    @get("/metrics", summary="Metrics for Prometheus", security=_NO_TOKEN, media_type=CONTENT_TYPE)
    async def show_metrics() -> bytes:
        """Prometheus text format."""
        return metrics.exposition()

    return [show_capabilities, make_tokens, show_health, show_readiness, show_metrics]


def _health(desk: Desk) -> Health:
    if desk.doors.draining:
        return Health("draining", desk.host.as_of_ns())
    return Health("ok" if desk.host.is_ready() else "stale", desk.host.as_of_ns())
