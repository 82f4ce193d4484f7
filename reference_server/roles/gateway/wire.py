"""Replies and pushes as bytes: one JSON object each, without a newline."""

from __future__ import annotations

from msgspec import Struct, json

from chatproof.protocol.errors import ERRORS, WireError
from chatproof.protocol.frames import ErrorBody

_encode = json.Encoder().encode


def reply(request_id: int, ok: Struct) -> bytes:
    """`{"id":n,"ok":{…}}`."""
    return b'{"id":%d,"ok":%b}' % (request_id, _encode(ok))


def raw_reply(request_id: int, ok: bytes) -> bytes:
    """The same with an `ok` that is already encoded."""
    return b'{"id":%d,"ok":%b}' % (request_id, ok)


def failure(request_id: int, error: WireError) -> bytes:
    """`{"id":n,"error":{…}}`."""
    return b'{"id":%d,"error":%b}' % (request_id, _encode(error_body(error)))


def error_body(error: WireError) -> ErrorBody:
    """An error as it travels, over WebSocket and HTTP alike."""
    return ErrorBody(error.code, error.reason, ERRORS[error.code].retry.value, error.retry_after_ms)


def push(name: str, body: Struct) -> bytes:
    """`{"<name>":{…}}`."""
    return b'{"%b":%b}' % (name.encode(), _encode(body))
