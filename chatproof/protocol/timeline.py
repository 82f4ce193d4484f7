"""What a device has of one stream: up to where without a hole, what lies beyond, and what is shown for the first time.

Items are shown as they come, also beyond a hole, and each seq once per view; the hole is repaired behind them, and
a repaired item is shown in its place. A *view* ends when the stream's epoch changes or its resume was refused.
"""

from __future__ import annotations

from bisect import bisect_right

from chatproof.protocol import client_limits


class Timeline:
    """The contiguous prefix plus disjoint *islands* beyond it, ascending, none adjacent to another or to the prefix.

    Attributes:
        epoch: of the cursor; 0 until the first word of the server.
        contiguous: every seq up to this one was shown or announced as a gap, or lies before the first subscription.
        view: grows at each reset or reload.
        head: the largest seq that the server mentioned.
    """

    __slots__ = ("_first", "_last", "contiguous", "epoch", "head", "view")

    def __init__(self) -> None:
        self.epoch = 0
        self.contiguous = 0
        self.view = 0
        self.head = 0
        self._first: list[int] = []
        self._last: list[int] = []

    @property
    def is_whole(self) -> bool:
        """Whether everything up to the known head is there."""
        return self.contiguous >= self.head

    def begin(self, epoch: int, seq: int) -> None:
        """The first subscription starts at this head: what lies before is not part of the timeline."""
        if self.epoch == 0:
            self.epoch = epoch
            self.contiguous = self.head = seq

    def sight(self, epoch: int, seq: int) -> bool:
        """An event came; True when it is shown: the first time in this view. A later epoch starts a new view."""
        if epoch != self.epoch and not self._enter(epoch, seq):
            return False
        if seq == self.contiguous + 1 and not self._first:
            self.contiguous = seq
            if seq > self.head:
                self.head = seq
            return True
        return self._sight_apart(seq)

    def cover(self, from_seq: int, to_seq: int) -> None:
        """These seqs will never come: a gap that was announced."""
        if to_seq > self.contiguous and from_seq <= to_seq:
            self._insert(from_seq, to_seq)

    def reload(self, epoch: int, head: int) -> None:
        """A resume was refused: a new view. What is there is kept, unless the stream is another one or went back."""
        if epoch == self.epoch and head >= self.contiguous:
            self.view += 1
        else:
            self._restart(epoch)

    def announce(self, epoch: int, seq: int) -> None:
        """The server said that the stream reaches to this seq; a later epoch than ours starts a new view."""
        if epoch > self.epoch > 0:
            self._restart(epoch)
        if epoch == self.epoch:
            self.head = max(self.head, seq)

    def hole(self, after: int = 0) -> tuple[int, int] | None:
        """The first range of missing seqs above `after`, both ends inclusive; None when all is there up to the head."""
        floor = max(after, self.contiguous)
        index = bisect_right(self._first, floor + 1) - 1
        if index >= 0 and self._last[index] > floor:
            floor = self._last[index]
        if floor >= self.head:
            return None
        following = bisect_right(self._first, floor)
        return floor + 1, self._first[following] - 1 if following < len(self._first) else self.head

    def _enter(self, epoch: int, seq: int) -> bool:
        """Meet an event of another epoch: False for one of the past."""
        if epoch < self.epoch:
            return False
        if self.epoch == 0:
            self.begin(epoch, seq - 1)
        else:
            self._restart(epoch)
        return True

    def _restart(self, epoch: int) -> None:
        """Begin a new view with nothing."""
        self.epoch = epoch
        self.view += 1
        self.contiguous = self.head = 0
        self._first.clear()
        self._last.clear()

    def _sight_apart(self, seq: int) -> bool:
        """Meet a seq that is not simply the next one."""
        if seq <= self.contiguous:
            return False
        self.head = max(self.head, seq)
        index = bisect_right(self._first, seq) - 1
        if index >= 0 and seq <= self._last[index]:
            return False
        if len(self._first) >= client_limits.ISLANDS and seq != self.contiguous + 1:
            return False  # not shown now: the repair brings it again
        self._insert(seq, seq)
        return True

    def _insert(self, from_seq: int, to_seq: int) -> None:
        """Add a range, join what it touches, and let the prefix swallow what became adjacent."""
        low = bisect_right(self._last, from_seq - 2)
        high = bisect_right(self._first, to_seq + 1)
        if low < high:
            from_seq = min(from_seq, self._first[low])
            to_seq = max(to_seq, self._last[high - 1])
        self._first[low:high] = [from_seq]
        self._last[low:high] = [to_seq]
        if self._first[0] <= self.contiguous + 1:
            self.contiguous = self._last.pop(0)
            del self._first[0]
        self.head = max(self.head, to_seq)
