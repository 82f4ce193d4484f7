"""What the runs of the kill matrix came to, as a file of one run a line that is committed and added to.

    Exception
    └── UnreadableResults    the file is there and is not what this module writes
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

RESULTS = Path(__file__).with_name("kill_matrix.json")
"""The results that this version was shown with."""

State = Literal["caught", "clean", "escaped", "unexplained alarm", "false alarm", "no verdict"]


class UnreadableResults(Exception):
    """The file is not what `keep` writes; the message is one sentence."""


class Cell(Struct, frozen=True, kw_only=True):
    """One run of the matrix.

    Attributes:
        mutant: empty for the healthy server.
        guarantee: the one that had to name the mutant; empty where nothing was to be broken.
        broken: every guarantee that was, in the judge's order.
        detail: why a bad state is bad.
        shown_ns: from the beginning of the load to the first violation of `guarantee`, where there is one.
        acked_sends: how many sends the run acknowledged.
        seconds: how long the run took, judging included; 0 where that was not measured.
    """

    mutant: str
    scenario: str
    seed: int
    guarantee: str = ""
    state: State
    broken: tuple[str, ...] = ()
    detail: str = ""
    shown_ns: int | None = None
    acked_sends: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether this cell is as it must be."""
        return self.state in {"caught", "clean"}

    @property
    def run(self) -> tuple[str, str, int]:
        """Which run it is: server, scenario, seed."""
        return (self.mutant, self.scenario, self.seed)


def read_cells(path: Path) -> tuple[Cell, ...]:
    """The recorded runs; none where there is no file. Raises `UnreadableResults`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Cell, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError) as problem:
        raise UnreadableResults(f"{path} holds no results of the kill matrix: {problem}") from problem


def keep(path: Path, cells: Sequence[Cell]) -> None:
    """Write these runs into the file, each in the place of an earlier result of the same run.

    Raises:
        UnreadableResults: what is there is something else.
        OSError: the file cannot be written.
    """
    kept = {cell.run: cell for cell in (*read_cells(path), *cells)}
    lines = (msgspec.json.encode(kept[run]).decode() for run in sorted(kept))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
