"""A tiny target for fault tests: a WebSocket echo on a port, `/ready` answers 200, SIGTERM ends it.

Run as `python echo_target.py PORT STRANGERS`; STRANGERS are `welcome`, or `refused` with 401, or `lost` with 404.
"""

import sys
from http import HTTPStatus

import trio
from websockets.http11 import Request, Response
from websockets.trio.server import ServerConnection, serve


def ready(connection: ServerConnection, request: Request) -> Response | None:
    """Answer the ready URL without an upgrade, and everything else so where strangers are refused."""
    if request.path == "/ready":
        return connection.respond(HTTPStatus.OK, "ready\n")
    status = {"refused": HTTPStatus.UNAUTHORIZED, "lost": HTTPStatus.NOT_FOUND}.get(sys.argv[2])
    return None if status is None else connection.respond(status, "not you\n")


async def echo(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


if __name__ == "__main__":
    trio.run(lambda: serve(echo, int(sys.argv[1]), host="127.0.0.1", process_request=ready))
