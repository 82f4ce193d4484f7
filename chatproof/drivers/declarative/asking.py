"""What a file says to write, as a frame or an HTTP request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatproof.drivers.declarative.declaration import Ask
from chatproof.drivers.declarative.templates import Template
from chatproof.drivers.errors import DriverUnknown
from chatproof.drivers.plain.dialect import Said
from chatproof.drivers.plain.words import Request


class Asking:
    """One `Ask` of a file, checked when it is read."""

    def __init__(self, file: str, key: str, ask: Ask, known: Sequence[str]) -> None:
        if (ask.frame is None) == (not ask.path):
            raise DriverUnknown(f"In {file}, {key} needs either a frame or a path.")
        self._method = ask.method
        self._frame = None if ask.frame is None else Template(file, f"{key}.frame", ask.frame, known)
        self._path = Template(file, f"{key}.path", ask.path, known)
        self._json = Template(file, f"{key}.json", ask.json, known)

    def said(self, **values: Any) -> Said:
        """What is written with these values."""
        if self._frame is not None:
            return encoded(self._frame.fill(**values))
        return Request(self._method, str(self._path.fill(**values)), self._json.fill(**values))


def encoded(frame: Any) -> str:
    """A frame as text: a text as it is, anything else as JSON."""
    return frame if isinstance(frame, str) else msgspec.json.encode(frame).decode()
