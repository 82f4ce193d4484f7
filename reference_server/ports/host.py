"""The conversation host: partitions, folds and what can be read of them, as gateway, presence and HTTP see it.

All methods run on the node's event loop. A *stream key* is a conversation id, or `me:<user>` for a user's own stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from chatproof.protocol.frames import Cursor, Event, Marker
from chatproof.reference_server.core.commands import Answer, Command


def own_stream(user: str) -> str:
    """The stream key of a user's own stream."""
    return f"me:{user}"


class FoldedEvent(NamedTuple):
    """One event that the fold just produced.

    Attributes:
        key: its stream key.
        line: the push `{"ev":{…}}`, encoded once, without a newline.
        event: the same as a frame.
        audience: users who may see it (membership at this seq, own join and leave included).
    """

    key: str
    line: bytes
    event: Event
    audience: Sequence[str]


class FoldedMark(NamedTuple):
    """A member's registers rose; `marker` is their state now."""

    conv: str
    marker: Marker


class FoldedBatch(NamedTuple):
    """What one group commit produced, in log order."""

    events: Sequence[FoldedEvent]
    marks: Sequence[FoldedMark]


class Audience(Protocol):
    """Who is told of what the folds produce: the gateway. Called before the answers of the same batch are given."""

    def folded(self, batch: FoldedBatch) -> None:
        """Queue these for whoever follows their streams; must not block."""
        ...

    def flush(self) -> None:
        """Called once after the answers of a batch: write what is queued, one write per connection."""
        ...


class Page(NamedTuple):
    """Part of a stream, ascending by seq, already filtered by `visible`.

    Attributes:
        hidden: inclusive ranges of seqs inside [first asked, last covered] that this reader may not see.
        covered: last seq (forward) or first seq (backward) that this page accounts for, hidden ones included.
        complete: the range's end was reached.
    """

    lines: Sequence[bytes]
    events: Sequence[Event]
    hidden: Sequence[tuple[int, int]]
    covered: int
    head: Cursor
    complete: bool


class Host(Protocol):
    """See the module's docstring."""

    def submit(self, command: Command, done: Callable[[Answer], None]) -> None:
        """Append a command and call `done` exactly once: after the fold has read it back from the durable log, or at
        once with a refusal before the append (`overloaded`, `draining`, `stale_node`), or with `unknown_outcome`
        where the log failed. A key that is pending here attaches to the pending one."""
        ...

    def attach(self, audience: Audience) -> None:
        """Register the one audience of this node."""
        ...

    def head(self, key: str) -> Cursor | None:
        """Where the stream ends now; None where it does not exist here."""
        ...

    def is_member(self, conv: str, user: str) -> bool:
        """Membership now, as folded."""
        ...

    def members(self, conv: str) -> Sequence[str]:
        """Members now, in join order."""
        ...

    def conversations_of(self, user: str) -> Sequence[str]:
        """Ids of the conversations that the user is a member of, as folded into the own stream."""
        ...

    def shares_conversation(self, user: str, other: str) -> bool:
        """Whether two users are members of one conversation: decides who may watch whom."""
        ...

    def kind(self, conv: str) -> str | None:
        """direct or group; None where the conversation does not exist."""
        ...

    def markers(self, conv: str) -> Sequence[Marker]:
        """Every member's markers, now."""
        ...

    def marker_of(self, conv: str, user: str) -> Marker:
        """One member's markers, zeros where there are none."""
        ...

    def last_visible(self, key: str, user: str) -> int:
        """The largest seq of the stream that this user may see, 0 for none."""
        ...

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        """At most `limit` events after `after` (before it when backward), not above `upto`, as this user may see them.

        Raises:
            WireError: `stale_node` where a stale node would have to say that there is nothing to see; `internal`
                where the store failed.
        """
        ...

    def as_of_ns(self) -> int:
        """Log time that every partition of this node has folded up to."""
        ...

    def is_ready(self) -> bool:
        """Every partition has folded a tick younger than the staleness bound."""
        ...

    def statistics(self) -> Mapping[str, float]:
        """Gauges: queue depths, partitions, heads, folded records, snapshot offsets."""
        ...


StaleAfterNs = 3_000_000_000
"""A node that has not folded a tick younger than this is stale (DESIGN §4.1)."""
