"""What one device has of one conversation, and shows: its own dedupe and cursor, without a word of the server's."""

from __future__ import annotations

from chatproof.chaos.clients.wire import Position


class Timeline:
    """Seqs that were shown, and up to where without a hole. A new epoch begins anew, from its first seq.

    Attributes:
        view: grows with each reload, which may show everything again.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.contiguous = 0
        self.view = 0
        self._begins_after = 0
        self._above: set[int] = set()
        self._own: set[int] = set()

    @property
    def position(self) -> Position | None:
        """The cursor to resume from; None before anything is known."""
        return Position(self.epoch, self.contiguous) if self.epoch else None

    @property
    def highest(self) -> int:
        """The largest seq that was shown."""
        return max(self._above, default=self.contiguous)

    def begin(self, at: Position) -> None:
        """The view begins after this position."""
        self.epoch, self.contiguous = at
        self._begins_after = at.seq
        self._above.clear()

    def reload(self, head: Position) -> None:
        """The server does not know this cursor: forget what was shown, to read it again from where the view began."""
        begins_after = self._begins_after if head.epoch == self.epoch else 0
        self.begin(Position(head.epoch, min(begins_after, head.seq)))
        self.view += 1
        self._own.clear()

    def show(self, at: Position, op: int | None) -> bool:
        """Whether something that arrived is shown: not what stands already at that seq, nor an own message twice."""
        if at.epoch > self.epoch:
            self.begin(Position(at.epoch, 0))
        is_new = at.epoch == self.epoch and at.seq > self.contiguous and at.seq not in self._above
        if is_new:
            self._take(at.seq)
        if not is_new or op is None:
            return is_new
        is_first = op not in self._own
        self._own.add(op)
        return is_first

    def pass_over(self, from_seq: int, to_seq: int) -> None:
        """Seqs that the server said this reader will never get."""
        for seq in range(max(from_seq, self.contiguous + 1), to_seq + 1):
            self._take(seq)

    def hole(self) -> int | None:
        """The seq after which something is missing below what was shown; None where nothing is."""
        return self.contiguous if self._above else None

    def _take(self, seq: int) -> None:
        self._above.add(seq)
        while self.contiguous + 1 in self._above:
            self.contiguous += 1
            self._above.discard(self.contiguous)
