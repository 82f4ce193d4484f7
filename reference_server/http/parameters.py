"""Parameters of paths and queries as text: checked here, because the framework decodes only bodies strictly."""

from __future__ import annotations

import re

import msgspec

from chatproof.protocol import limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor, Id

_CURSOR = re.compile(r"([1-9][0-9]{0,8}):([0-9]{1,10})", re.ASCII)


def cursor_text(cursor: Cursor) -> str:
    """`epoch:seq`."""
    return f"{cursor.epoch}:{cursor.seq}"


def cursor_of(text: str | None) -> Cursor | None:
    """The cursor of a text. Raises `WireError` bad_request."""
    if text is None:
        return None
    parts = _CURSOR.fullmatch(text)
    if parts is None or int(parts[2]) > limits.MAX_SEQ:
        raise WireError("bad_request", "A cursor has the form epoch:seq.")
    return Cursor(int(parts[1]), int(parts[2]))


def id_of(text: str) -> str:
    """The same text, if it can be an id. Raises `WireError` bad_request."""
    try:
        return msgspec.convert(text, Id)
    except msgspec.ValidationError as error:
        raise WireError("bad_request", f"This is no id: {error}") from error
