"""The HTTP application of one node, and the server that runs it inside the node's event loop."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme

import chatproof
from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.reference_server.http.callers import caller_of
from chatproof.reference_server.http.conversations import conversation_routes
from chatproof.reference_server.http.errors import on_failure, on_http_exception, on_wire_error
from chatproof.reference_server.http.messages import message_routes
from chatproof.reference_server.http.node import Desk, Exposition
from chatproof.reference_server.http.operations import operation_routes
from chatproof.reference_server.tokens import Tokens

MAX_REQUEST_BYTES = 4 * limits.MAX_FRAME_BYTES
"""A request body: a conversation of 5,000 members fits."""

MAX_CONCURRENT_REQUESTS = 1_000
"""Requests in progress; above it uvicorn answers 503 by itself."""

SHUTDOWN_GRACE_S = 3
"""Open HTTP requests get this long when the node stops."""


def http_app(desk: Desk, tokens: Tokens, admin_key: str, metrics: Exposition) -> Litestar:
    """The ASGI application."""
    return Litestar(
        route_handlers=[
            *message_routes(desk),
            *conversation_routes(desk),
            *operation_routes(desk, tokens, admin_key, metrics),
        ],
        dependencies={"caller": Provide(caller_of(tokens, desk.clock), sync_to_thread=False)},
        exception_handlers={WireError: on_wire_error, HTTPException: on_http_exception, Exception: on_failure},
        openapi_config=_openapi(),
        request_max_body_size=MAX_REQUEST_BYTES,
        logging_config=None,
    )


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "Token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
        "AdminKey": SecurityScheme(type="apiKey", security_scheme_in="header", name="X-Admin-Key"),
    }
    return OpenAPIConfig(
        title="chatproof reference server",
        version=chatproof.__version__,
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        security=[{"Token": []}],
        components=Components(security_schemes=schemes),
    )


class HttpServer(uvicorn.Server):
    """uvicorn as one task of the node: it leaves the signals to the composition root."""

    def __init__(self, app: Litestar) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_level="warning", access_log=False, lifespan="off", ws="none", loop="none",
                limit_concurrency=MAX_CONCURRENT_REQUESTS, timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
                server_header=False, log_config=None,
            )
        )  # fmt: skip

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def run_on(self, listener: socket.socket) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[listener])
