"""From what the folds produce to who follows it: each event goes into the buffers of the sessions that may see it."""

from __future__ import annotations

from collections.abc import Iterable

from chatproof.reference_server.ports.host import FoldedBatch, Host
from chatproof.reference_server.roles.gateway.follow import Run, Subscriptions
from chatproof.reference_server.roles.gateway.positions import Positions
from chatproof.reference_server.roles.gateway.receipts import Receipts
from chatproof.reference_server.roles.gateway.session import Session
from chatproof.reference_server.roles.gateway.watching import Watching

_OWN_MEMBERSHIP = frozenset({"joined", "left"})
"""Events of own streams. Who shares a conversation with whom is folded there, after the conversation itself."""


class FanOut:
    """The host's audience: queues events as they are folded, writes once per connection and batch."""

    def __init__(
        self, subscriptions: Subscriptions, receipts: Receipts, watching: Watching, positions: Positions, host: Host,
        dirty: list[Session],
    ) -> None:  # fmt: skip
        self._subscriptions = subscriptions
        self._receipts = receipts
        self._watching = watching
        self._positions = positions
        self._host = host
        self._dirty = dirty
        self.pushed = 0

    def folded(self, batch: FoldedBatch) -> None:
        """See `Audience`."""
        for run in _runs(batch):
            follows = self._subscriptions.entitled(run.key, run.audience)
            for follow in follows:
                follow.deliver(run)
            self.pushed += len(follows) * len(run.lines)
            if self._positions:
                self._positions.reached(run.key, run.last)
        for folded in batch.events:
            if folded.event.kind in _OWN_MEMBERSHIP:
                self._watching.membership_changed(folded.event, self._host.members(folded.event.conv))
        if batch.marks:
            self._receipts.rose(batch.marks)

    def flush(self) -> None:
        """See `Audience`."""
        dirty = self._dirty
        # A flush may close a session, which says goodbye and appends here: a list may grow while it is walked.
        for session in dirty:
            session.flush()
        dirty.clear()


def _runs(batch: FoldedBatch) -> Iterable[Run]:
    """The events of a batch in runs, those of one stream in order. Order between streams is nobody's promise."""
    last: dict[str, Run] = {}
    runs: list[Run] = []
    for key, line, event, audience in batch.events:
        run = last.get(key)
        if run is not None and run.audience is audience:
            run.lines.append(line)
        else:
            run = last[key] = Run(key, event.seq, line, audience)
            runs.append(run)
    return runs
