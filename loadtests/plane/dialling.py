"""How a device reaches its target: through a link the TCP connection goes to the proxy, and name and certificate stay
those of the target."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from chatproof.drivers.interface import Endpoint

SocketFactory = Callable[[Any], Awaitable[socket.socket]]


def socket_factory(endpoint: Endpoint) -> SocketFactory | None:
    """For picows: connects to where the link listens; None where the URL itself says where."""
    if not endpoint.ws_at:
        return None
    host, _, port = endpoint.ws_at.rpartition(":")

    async def connect(_: Any) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(made, (host, int(port)))
        except BaseException:
            made.close()
            raise
        return made

    return connect


def http_address(endpoint: Endpoint) -> tuple[str, dict[str, str], dict[str, str]]:
    """For httpx: the base URL to connect to, and the headers and extensions that keep the target's name."""
    if not endpoint.http_at:
        return endpoint.http, {}, {}
    parts = urlsplit(endpoint.http)
    base = parts._replace(netloc=endpoint.http_at).geturl().rstrip("/")
    return base, {"Host": parts.netloc}, {"sni_hostname": parts.hostname or ""}
