"""Marks that arrive close together, merged per (conversation, user, device) into one record per partition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from chatproof.reference_server.core.commands import Mark
from chatproof.reference_server.core.identity import partition_of
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.reference_server.roles.conversations.pending import Done, PendingMark

Append = Callable[[int, Sequence[PendingMark]], None]


class MarkWindow:
    """Opens with the first mark, closes one window later with one `append(partition, marks)` per record."""

    __slots__ = ("_append", "_bounds", "_marks", "_partitions", "_timer")

    def __init__(self, partitions: int, bounds: Bounds, append: Append) -> None:
        self._partitions = partitions
        self._append = append
        self._bounds = bounds
        self._marks: dict[tuple[str, str, str], PendingMark] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, mark: Mark, done: Done) -> None:
        """Merge a mark into the window."""
        key = (mark.conv, mark.user, mark.device)
        pending = self._marks.get(key)
        if pending is None:
            self._marks[key] = PendingMark(mark, done)
        else:
            pending.merge(mark, done)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._bounds.mark_window_s, self.flush)

    def flush(self) -> None:
        """Close the window now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        marks, self._marks = self._marks, {}
        by_partition: dict[int, list[PendingMark]] = {}
        for (conv, _, _), pending in marks.items():
            by_partition.setdefault(partition_of(conv, self._partitions), []).append(pending)
        for partition, waiting in by_partition.items():
            for start in range(0, len(waiting), self._bounds.max_marks_per_record):
                self._append(partition, waiting[start : start + self._bounds.max_marks_per_record])

    def __len__(self) -> int:
        return len(self._marks)
