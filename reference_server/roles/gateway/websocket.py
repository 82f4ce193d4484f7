"""Sessions over real WebSockets: a thin shell between picows and the session state machine."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from chatproof.protocol import limits
from chatproof.protocol.errors import CloseCode
from chatproof.reference_server.roles.gateway import bounds
from chatproof.reference_server.roles.gateway.gateway import Gateway
from chatproof.reference_server.roles.gateway.session import Session

PATH = b"/v1/ws"
"""The one resource of the WebSocket port."""

MAX_CLOSE_REASON_BYTES = 123
"""A control frame has at most 125 bytes, two of them the code (RFC 6455, section 5.5)."""

LISTEN_BACKLOG = 1024
"""Connects that wait while the loop is busy: all users of a load coming back at once after a restart."""

CLOSE_GRACE_S = 1.0
"""A closed link gets this long to take what was written; then its memory is freed."""

READ_BUFFER_BYTES = 4 * 1024
"""First size of a link's read buffer: most frames are small and there may be 20,000 links."""


class Link(WSListener):
    """One accepted link: the `Connection` of its session, and the listener of its transport."""

    _transport: WSTransport
    _session: Session

    def __init__(self, gateway: Gateway, now_ns: Callable[[], int]) -> None:
        super().__init__()
        self._gateway = gateway
        self._now_ns = now_ns
        self._parts: list[bytes] = []

    # --- what the transport says ----------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(bounds.PAUSE_BYTES, bounds.RESUME_BYTES)
        self._session = self._gateway.open(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame came in."""
        kind = frame.msg_type
        if kind == WSMsgType.TEXT and frame.fin and not self._parts:
            self._session.receive(frame.get_payload_as_bytes(), self._now_ns())
        elif kind == WSMsgType.TEXT or kind == WSMsgType.CONTINUATION:
            self._assemble(frame)
        elif kind == WSMsgType.CLOSE:
            self._leave(frame)
        elif kind == WSMsgType.BINARY:
            self._session.close(CloseCode.BAD_FRAME, "Frames are text.")
        else:
            self._session.heard(self._now_ns())
            if kind == WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """The link is gone."""
        self._session.lost()

    def pause_writing(self) -> None:
        """The write buffer is above `PAUSE_BYTES`."""
        self._session.writing_paused(self._now_ns())

    def resume_writing(self) -> None:
        """The write buffer is below `RESUME_BYTES` again."""
        self._session.writing_resumed()

    def _assemble(self, frame: WSFrame) -> None:
        if bool(self._parts) != (frame.msg_type == WSMsgType.CONTINUATION):
            self._session.close(CloseCode.BAD_FRAME, "Fragments of two messages are mixed.")
            return
        self._parts.append(frame.get_payload_as_bytes())
        if sum(map(len, self._parts)) > limits.MAX_FRAME_BYTES:
            self._session.close(CloseCode.BAD_FRAME, "The message is above the frame limit.")
        elif frame.fin:
            message = b"".join(self._parts)
            self._parts.clear()
            self._session.receive(message, self._now_ns())

    def _leave(self, frame: WSFrame) -> None:
        self._session.lost()
        if not self._transport.is_close_frame_sent:
            code = frame.get_close_code()
            self._transport.send_close(WSCloseCode.OK if code == WSCloseCode.NO_INFO else code)
        self._transport.disconnect()

    # --- `Connection` ---------------------------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """See `Connection`."""
        if not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, frame)

    def ping(self) -> None:
        """See `Connection`."""
        if not self._transport.is_disconnected:
            self._transport.send_ping()

    def buffered_bytes(self) -> int:
        """See `Connection`."""
        return self._transport.underlying_transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """See `Connection`. The peer's close frame is not waited for: its data may be unread for ever."""
        transport = self._transport
        if transport.is_disconnected:
            return
        # picows takes any number; its stub knows the registered ones only.
        transport.send_close(cast(WSCloseCode, code), reason.encode()[:MAX_CLOSE_REASON_BYTES])
        asyncio.get_running_loop().call_later(CLOSE_GRACE_S, transport.underlying_transport.abort)


async def listen(gateway: Gateway, now_ns: Callable[[], int], listener: socket.socket) -> asyncio.Server:
    """Accept links to `PATH` on a bound socket; another path, or a full gateway, is HTTP 404."""

    def accept(request: WSUpgradeRequest) -> Link | None:
        return Link(gateway, now_ns) if request.path == PATH and gateway.has_room() else None

    return await ws_create_server(
        accept, sock=listener, enable_auto_pong=False, max_frame_size=limits.MAX_FRAME_BYTES,
        read_buffer_init_size=READ_BUFFER_BYTES, backlog=LISTEN_BACKLOG, logger_name=_failures_only(),
    )  # fmt: skip


def _failures_only() -> logging.Logger:
    """picows reports peers that break the protocol as errors; only exceptions of ours are worth a line."""
    logger = logging.getLogger(f"{__name__}.picows")
    if not logger.filters:
        logger.addFilter(lambda record: record.exc_info is not None)
    return logger
