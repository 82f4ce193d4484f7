"""The rows that clients record, in memory: tables of the history by name. All instants are ns since the run's origin.

What begins and ends has one row that grows: the caller keeps it and adds the end. A row is there before the bytes
that it speaks of are written.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chatproof.checkers.history.history import write_table

Row = dict[str, Any]

_WORKERS = 1 << 15
"""Each device counts as a recording process of its own: order between devices is a matter of time, not of `rec`."""

_BEGUN = {
    "operations": "rec_invoke", "attempts": "rec_invoke", "reads": "rec_invoke", "subscriptions": "from_rec",
}
"""Table → the column that repeats the row's own number."""

_ALWAYS = (
    "operations", "attempts", "deliveries", "connections", "resumes", "subscriptions", "heads", "notices",
    "memberships", "reads", "read_items", "presence_seen",
)
"""What these clients look at: where nothing happened the table is empty, not absent."""


class Recording:
    """The rows of one run, and every text frame of it in `frames`, a file of one JSON object a line."""

    def __init__(self, elapsed_ns: Callable[[], int], frames: Path) -> None:
        self.elapsed_ns = elapsed_ns
        self.phase = "setup"
        self.bodies: dict[int, str] = {}
        self._tables: dict[str, list[Row]] = defaultdict(list)
        self._frames = frames.open("w", encoding="utf-8")
        self._rec = 0
        self._sessions = 0
        self._reads = 0

    def add(self, table: str, recorder: int, /, **values: Any) -> Row:
        """A new row that a device recorded."""
        row: Row = {"worker": recorder % _WORKERS, "rec": self.next_rec(), **values}
        if table in _BEGUN:
            row[_BEGUN[table]] = row["rec"]
        self._tables[table].append(row)
        return row

    def end(self, row: Row, **values: Any) -> None:
        """Add to a row how it ended, now."""
        row |= {"done_ns": self.elapsed_ns(), "rec_done": self.next_rec(), **values}

    def next_rec(self) -> int:
        """A number after all given so far."""
        self._rec += 1
        return self._rec

    def next_session(self) -> int:
        """A number for a new connection."""
        self._sessions += 1
        return self._sessions

    def next_read(self) -> int:
        """A number for a new read request."""
        self._reads += 1
        return self._reads

    def enter(self, phase: str) -> None:
        """End the phase that is, and begin this one."""
        now_ns = self.elapsed_ns()
        for row in self._tables["phases"][-1:]:
            row["end_ns"] = now_ns
        self._tables["phases"].append({"phase": phase, "start_ns": now_ns, "end_ns": now_ns})
        self.phase = phase

    def frame(self, dev: int, session: int, direction: str, data: bytes) -> None:
        """Keep a text frame as it was."""
        row = {
            "t_ns": self.elapsed_ns(), "dev": dev, "session": session, "direction": direction,
            "text": data.decode(errors="replace"),
        }
        self._frames.write(json.dumps(row, ensure_ascii=False) + "\n")

    def rows(self, table: str) -> tuple[Mapping[str, Any], ...]:
        """What was recorded so far."""
        return tuple(self._tables[table])

    def close(self) -> None:
        """Let go of the file of frames; nothing is recorded after that."""
        self._frames.close()

    def write(self, run_dir: Path) -> None:
        """Write every table. Raises `HistoryError`: a bug of a client."""
        for row in self._tables["phases"][-1:]:
            row["end_ns"] = self.elapsed_ns()
        for table in dict.fromkeys((*_ALWAYS, *self._tables)):
            write_table(run_dir, table, self._tables[table])


def body_of(op: int) -> str:
    """What a send says: its operation in 16 hex digits, then 20 to 600 bytes, most of them outside ASCII."""
    return f"{op:016x} {'привет ☂ ' * (1 + op % 30)}"


def op_of(body: str) -> int | None:
    """The operation that a body names, or None where it names none."""
    head, separator, _ = body.partition(" ")
    try:
        return int(head, 16) if separator and len(head) == 16 else None
    except ValueError:
        return None


def hash_of(body: str) -> int:
    """64 bits of a body, signed."""
    digest = hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
