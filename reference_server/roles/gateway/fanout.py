"""From what the folds produce to who follows it: each event goes into the buffers of the sessions that may see it."""

from __future__ import annotations

from chatproof.reference_server.ports.host import FoldedBatch, Host
from chatproof.reference_server.roles.gateway.follow import Subscriptions
from chatproof.reference_server.roles.gateway.positions import Positions
from chatproof.reference_server.roles.gateway.receipts import Receipts
from chatproof.reference_server.roles.gateway.session import Session
from chatproof.reference_server.roles.gateway.watching import Watching

_MEMBERSHIP = frozenset({"create", "join", "leave", "kick"})


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
        entitled = self._subscriptions.entitled
        for key, line, event, audience in batch.events:
            seq = event.seq
            follows = entitled(key, audience)
            for follow in follows:
                follow.deliver(seq, line)
            self.pushed += len(follows)
            if event.kind in _MEMBERSHIP:
                self._watching.membership_changed(event, tuple(self._host.members(key)))
            if self._positions:
                self._positions.reached(key, seq)
        if batch.marks:
            self._receipts.rose(batch.marks)

    def flush(self) -> None:
        """See `Audience`."""
        dirty = self._dirty
        # A flush may close a session, which says goodbye and appends here: a list may grow while it is walked.
        for session in dirty:
            session.flush()
        dirty.clear()
