"""JMESPath expressions of a file: each knows its key, so that a wrong one can be told in one sentence."""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from chatproof.drivers.errors import DriverMistaken, DriverUnknown

_SHOWN = 160
"""Characters of a frame that an error quotes."""


class Expression:
    """One expression: `key` is where it stands. An empty one is absent: it finds nothing."""

    __slots__ = ("_compiled", "_key", "_text")

    def __init__(self, file: str, key: str, text: str) -> None:
        self._key = f"In {file}, {key}"
        self._text = text
        try:
            self._compiled = jmespath.compile(text) if text else None
        except JMESPathError as problem:
            first = str(problem).partition("\n")[0].rstrip(". :")
            raise DriverUnknown(f"{self._key}: {text!r} is no JMESPath expression: {first}.") from problem

    def __bool__(self) -> bool:
        return self._compiled is not None

    def find(self, value: Any) -> Any:
        """What it finds; None where there is nothing. Raises `DriverMistaken` where it cannot be applied."""
        if self._compiled is None:
            return None
        try:
            return self._compiled.search(value)
        except JMESPathError as problem:
            first = str(problem).partition("\n")[0].rstrip(".")
            raise DriverMistaken(f"{self._key}: {self._text!r} fails on {_quoted(value)}: {first}.") from problem

    def holds(self, value: Any) -> bool:
        """Whether it finds something other than false, null or nothing at all."""
        found = self.find(value)
        return found is not None and found is not False and found != "" and found != []

    def integer(self, value: Any) -> int:
        """An integer that must be there, also as digits."""
        found = self.find(value)
        if isinstance(found, str) and found.isdigit():
            return int(found)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        raise self._wrong("an integer", found, value)

    def text(self, value: Any) -> str:
        """A text that must be there; a number is taken as its digits."""
        found = self.find(value)
        if isinstance(found, str):
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        raise self._wrong("a text", found, value)

    def items(self, value: Any) -> list[Any]:
        """A list that must be there; without an expression the value alone."""
        if self._compiled is None:
            return [value]
        found = self.find(value)
        if isinstance(found, list):
            return found
        raise self._wrong("a list", found, value)

    def _wrong(self, wanted: str, found: Any, value: Any) -> DriverMistaken:
        where = _quoted(value)
        return DriverMistaken(f"{self._key}: {self._text!r} must find {wanted}, and finds {found!r} in {where}.")


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
