"""The border to code of a driver's author: whatever it raises becomes one sentence that names the driver."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Self

from chatproof.drivers.errors import DriverError, DriverMistaken


class blaming:
    """A context: an exception of what is inside becomes `DriverMistaken`, with what was going on and where it was.

    `DriverError` passes: its author chose the sentence.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, Exception) and not isinstance(problem, DriverError):
            raise DriverMistaken(f"The driver failed when {self._what}: {told(problem)}.") from problem


def told(problem: BaseException) -> str:
    """An exception in a phrase: its kind, what it says, and the line that raised it."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" ({frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno})" if frames else ""
    said = str(problem).strip().rstrip(".")
    return f"{type(problem).__name__}{': ' if said else ''}{said}{where}"
