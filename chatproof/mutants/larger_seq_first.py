"""Of several new events of one conversation, the newest is pushed first.

Seen in: openimsdk/open-im-server#320, where a batch of messages arrived with the larger seq in front.
Replaces: the fan-out. Where one group commit has several events of one stream, live sessions get them in falling order.
Caught by: ordered-stream. A device sees a seq after a larger one, inside one frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatproof.reference_server.composition import Parts
from chatproof.reference_server.ports.host import FoldedBatch, FoldedEvent
from chatproof.reference_server.roles.gateway.fanout import FanOut


class _LargestFirst(FanOut):
    def folded(self, batch: FoldedBatch) -> None:
        streams: dict[str, list[FoldedEvent]] = {}
        for folded in batch.events:
            streams.setdefault(folded.key, []).append(folded)
        for events in streams.values():
            # Only events of one audience can be exchanged without showing one of them to a stranger.
            if all(folded.audience is events[0].audience for folded in events):
                self._push(events)
        super().folded(batch)  # which pushes nothing that a session is past already

    def _push(self, events: Sequence[FoldedEvent]) -> None:
        for follow in self._subscriptions.entitled(events[0].key, events[0].audience):
            if follow.held is None and not follow.session.choked and follow.position + 1 == events[0].event.seq:
                follow.position = events[-1].event.seq
                for folded in reversed(events):
                    follow.session.push(folded.line)


def broken(parts: Parts) -> Parts:
    """Push each batch from its end."""
    return replace(parts, fan_out=_LargestFirst)
