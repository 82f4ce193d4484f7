"""What a benchmark found: lines for a person, and figures that had to be reached. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Required(NamedTuple):
    """A figure with its bound; `at_most` says on which side of it the figure must be."""

    what: str
    measured: float
    bound: float
    unit: str = ""
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the bound was kept."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    def __str__(self) -> str:
        word = "at most" if self.at_most else "at least"
        mark = "reached" if self.is_met else "MISSED "
        return f"{mark}  {self.what}: {self.measured:.2f}{self.unit} ({word} {self.bound:g}{self.unit})"


class Found(NamedTuple):
    """What one benchmark found."""

    title: str
    lines: Sequence[str]
    required: Sequence[Required]

    @property
    def missed(self) -> Sequence[Required]:
        """The bounds that were not kept."""
        return [each for each in self.required if not each.is_met]

    def __str__(self) -> str:
        return "\n".join([f"== {self.title}", *self.lines, *map(str, self.required)])
