"""Where a coordinator listens: a Unix socket on its own machine, or a TCP port for planes on others.

An address is text, so that it travels in a plan: the path of a Unix socket, or `tcp://HOST:PORT`.
"""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

_TCP = "tcp"
_CONNECT_S = 10.0


def tcp_address(host: str, port: int) -> str:
    """The text of a TCP address; an IPv6 host is put into brackets."""
    return f"{_TCP}://{f'[{host}]' if ':' in host else host}:{port}"


def with_host(address: str, host: str) -> str:
    """The same TCP port as seen from elsewhere, under another host; a Unix socket has no other name."""
    tcp = _tcp(address)
    return tcp_address(host, tcp[1]) if tcp else address


def listening(address: str, backlog: int) -> socket.socket:
    """A socket that listens there, also where a Unix socket of the same name was left. Raises `OSError`."""
    tcp = _tcp(address)
    if tcp:
        return socket.create_server(tcp, backlog=backlog)
    remove(address)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(address)
        made.listen(backlog)
    except OSError:
        made.close()
        raise
    return made


def remove(address: str) -> None:
    """Remove the file of a Unix socket, if there is one."""
    if _tcp(address) is None:
        Path(address).unlink(missing_ok=True)


def connected(address: str) -> socket.socket:
    """A socket that is connected there; messages leave it at once. Raises `OSError`."""
    tcp = _tcp(address)
    if tcp:
        made = socket.create_connection(tcp, timeout=_CONNECT_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made


def _tcp(address: str) -> tuple[str, int] | None:
    """Host and port of a TCP address; None for the path of a Unix socket."""
    parts = urlsplit(address)
    return (parts.hostname or "", parts.port or 0) if parts.scheme == _TCP else None
