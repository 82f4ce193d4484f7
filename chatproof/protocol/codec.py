"""Bytes to frames and back: requests become lines, lines are packed into frames, server frames are decoded.

A request's line has two parts: its id, new at each write, and its *tail*, encoded once. An operation that is tried
again is therefore the same to the byte. Raises `WireError` on what is not the protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import REPLIES, FromServer

MAX_TAIL_BYTES = limits.MAX_FRAME_BYTES - len(b'{"id":9007199254740992,')
"""A longer tail fits into no frame, whatever its id."""

_encoder = msgspec.json.Encoder()
_from_server = msgspec.json.Decoder(FromServer)
_replies = {command: msgspec.json.Decoder(reply) for command, reply in REPLIES.items()}


def command_name(command: msgspec.Struct) -> str:
    """The name under which a command travels: its type's, in lower case."""
    return type(command).__name__.lower()


def encode_tail(command: msgspec.Struct) -> bytes:
    """A command's line without its id, such as `"ping":{}}`. Raises `WireError` (too_large) if no frame can hold it."""
    tail = b'"%b":%b}' % (command_name(command).encode(), _encoder.encode(command))
    if len(tail) > MAX_TAIL_BYTES:
        raise WireError("too_large")
    return tail


def request_line(request_id: int, tail: bytes) -> bytes:
    """One request as it travels, without a newline."""
    return b'{"id":%d,%b' % (request_id, tail)


def frame_ends(lines: Sequence[bytes]) -> Iterator[int]:
    """Where to cut lines into frames: the end index of each, so that every frame is within the limits."""
    size = count = 0
    for index, line in enumerate(lines):
        if count == limits.MAX_REQUESTS_PER_FRAME or (count and size + 1 + len(line) > limits.MAX_FRAME_BYTES):
            yield index
            size = count = 0
        size += len(line) + (1 if count else 0)
        count += 1
    if count:
        yield len(lines)


def decode_frame(frame: bytes) -> Sequence[FromServer]:
    """The objects of a server's frame, in order. Raises `WireError` (too_large, bad_frame, bad_request)."""
    if len(frame) > limits.MAX_FRAME_BYTES:
        raise WireError("too_large", f"The frame has {len(frame)} bytes.")
    try:
        return _from_server.decode_lines(frame)
    except msgspec.ValidationError as error:
        raise WireError("bad_request", f"The object is no frame of this protocol: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad_frame", f"The frame is not newline-separated JSON: {error}.") from error


def decode_reply(command: str, ok: msgspec.Raw) -> msgspec.Struct:
    """The `ok` of a reply to `command`, with the type that `REPLIES` gives. Raises `WireError` (bad_request)."""
    try:
        return _replies[command].decode(ok)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad_request", f"The reply to {command} is not what the protocol says: {error}.") from error
