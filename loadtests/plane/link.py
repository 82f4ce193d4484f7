"""One WebSocket connection of a device: picows' callbacks, and how the connection came to its end."""

from __future__ import annotations

from typing import Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from chatproof.drivers.interface import ResumeAnswered

_ABNORMAL = 1006
"""The code of a link that ended without a close frame (RFC 6455, section 7.1.5)."""


class LinkOwner(Protocol):
    """The device that a link belongs to."""

    def link_up(self) -> None:
        """The WebSocket is open."""
        ...

    def frame_came(self, frame: bytes) -> None:
        """One text frame came in."""
        ...

    def link_down(self, link: Link) -> None:
        """The WebSocket is gone."""
        ...


class Link(WSListener):
    """A connection from the first try to connect to its end; `number` is the history's session id.

    Attributes:
        hello_ok_ns: when the target accepted the session, None until then.
        resumes: conversation → the server's word on its resume, for those that are not live yet.
        subscriptions: conversation → the row that began its subscription.
        owned: conversation → up to where the device had it when the resume began.
        missed: events between that and the heads, over the streams that have caught up; `reached_ns`: the last did.
        believed: user → presence as this link was last told, and which move of the user that was about.
        close_invoke_ns: when this side began to close.
        close_kind: how this side closes: clean, abort or half_open; empty while it does not.
        peer_code: the code of the peer's close frame, None while none came; `peer_reason`: what it says beside it.
    """

    def __init__(self, owner: LinkOwner, number: int) -> None:
        self._owner = owner
        self._transport: WSTransport | None = None
        self.number = number
        self.node = ""
        self.incarnation: int | None = None
        self.hello_ok_ns: int | None = None
        self.resumes: dict[int, ResumeAnswered | None] = {}
        self.resumed: set[int] = set()
        self.subscriptions: dict[int, int] = {}
        self.owned: dict[int, int] = {}
        self.missed = 0
        self.reached_ns = 0
        self.believed: dict[int, tuple[str, int]] = {}
        self.close_invoke_ns: int | None = None
        self.close_kind = ""
        self.peer_code: int | None = None
        self.peer_reason = ""
        self.was_up = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """picows: the handshake is done."""
        self._transport = transport
        self.was_up = True
        self._owner.link_up()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows: a frame came in."""
        if frame.msg_type == WSMsgType.TEXT:
            self._owner.frame_came(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            payload = frame.get_payload_as_bytes()
            self.peer_code = int.from_bytes(payload[:2], "big") or 1005
            self.peer_reason = payload[2:].decode(errors="replace")
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, _: WSTransport) -> None:
        """picows: the connection is gone."""
        self._transport = None
        self._owner.link_down(self)

    @property
    def is_up(self) -> bool:
        """Whether frames can be written."""
        return self._transport is not None

    def write(self, frame: bytes) -> None:
        """Write one text frame, in one call."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, frame)

    def close(self, now_ns: int) -> None:
        """Begin a clean close; the peer's close frame ends it."""
        if self._transport is not None and self.close_invoke_ns is None:
            self.close_invoke_ns, self.close_kind = now_ns, "clean"
            self._transport.send_close(WSCloseCode.OK)

    def abort(self, now_ns: int, kind: str) -> None:
        """End the connection at once, without waiting for anything."""
        if self._transport is not None:
            self.close_invoke_ns, self.close_kind = self.close_invoke_ns or now_ns, kind
            self._transport.disconnect(graceful=False)

    @property
    def ended_cleanly(self) -> bool:
        """Whether this side closed and the peer agreed."""
        return self.close_kind == "clean" and self.peer_code is not None

    @property
    def close_by(self) -> str:
        """Who ended it: client, server or, with no close frame from either side, the link."""
        if self.close_kind:
            return "client"
        return "link" if self.peer_code is None else "server"

    @property
    def close_code(self) -> int:
        """The peer's close code, or 1006."""
        return _ABNORMAL if self.peer_code is None else self.peer_code

    @property
    def ending(self) -> str:
        """How it ended, in a phrase for a person."""
        if self.peer_code is None:
            return "the connection was lost"
        reason = f": {self.peer_reason}" if self.peer_reason else ""
        return f"the target closed its link with {self.peer_code}{reason}"

    @property
    def recorded_close_kind(self) -> str:
        """The history's word for how it ended."""
        return self.close_kind or ("abort" if self.peer_code is None else "clean")
