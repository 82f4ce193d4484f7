"""What the folded states say: heads, members, markers, pages. The reading half of the host."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import Cursor, Marker
from chatproof.reference_server.core.identity import OWN_PREFIX, partition_of
from chatproof.reference_server.core.state import Conversation, OwnStream, Registers
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.host import Page, own_stream
from chatproof.reference_server.ports.store import Store, StoreError
from chatproof.reference_server.roles.conversations.pages import Pages, View
from chatproof.reference_server.roles.conversations.partition import Partition

_ZERO = Registers()
_NO_CONVERSATIONS: dict[str, tuple[int, bool]] = {}


class Reading:
    """Answers from the partitions' states; pages also from the store."""

    __slots__ = ("_clock", "_pages", "_partitions")

    def __init__(self, partitions: Sequence[Partition], store: Store, clock: Clock) -> None:
        self._partitions = partitions
        self._pages = [Pages(store, partition.recent) for partition in partitions]
        self._clock = clock

    def partition(self, key: str) -> Partition:
        """The partition that decides this stream."""
        return self._partitions[partition_of(key, len(self._partitions))]

    def conversation(self, conv: str) -> Conversation | None:
        """The folded conversation, or None."""
        return self.partition(conv).state.conversations.get(conv)

    def own(self, user: str) -> OwnStream | None:
        """The user's folded own stream, or None where no fact has reached it yet."""
        return self.partition(own_stream(user)).state.own.get(user)

    def head(self, key: str) -> Cursor | None:
        """Where the stream ends. A user's own stream always exists, if only at 0."""
        epoch = self.partition(key).state.epoch
        if key.startswith(OWN_PREFIX):
            own = self.own(key.removeprefix(OWN_PREFIX))
            return Cursor(epoch, own.head if own is not None else 0)
        conversation = self.conversation(key)
        return None if conversation is None else Cursor(epoch, conversation.head)

    def is_member(self, conv: str, user: str) -> bool:
        """Membership now."""
        conversation = self.conversation(conv)
        return conversation is not None and conversation.is_member(user)

    def members(self, conv: str) -> Sequence[str]:
        """In join order."""
        conversation = self.conversation(conv)
        return () if conversation is None else conversation.members

    def conversations_of(self, user: str) -> Sequence[str]:
        """Sorted by id."""
        return sorted(conv for conv, (_, joined) in self._facts(user).items() if joined)

    def shares_conversation(self, user: str, other: str) -> bool:
        """Whether both are members of one conversation."""
        theirs = self._facts(other)
        return any(joined and theirs.get(conv, (0, False))[1] for conv, (_, joined) in self._facts(user).items())

    def _facts(self, user: str) -> dict[str, tuple[int, bool]]:
        own = self.own(user)
        return _NO_CONVERSATIONS if own is None else own.conversations

    def kind(self, conv: str) -> str | None:
        """direct or group."""
        conversation = self.conversation(conv)
        return None if conversation is None else conversation.kind

    def markers(self, conv: str) -> Sequence[Marker]:
        """Of the members, in join order; zeros where a member has raised none."""
        conversation = self.conversation(conv)
        if conversation is None:
            return ()
        return [_marker(conversation, member) for member in conversation.members]

    def marker_of(self, conv: str, user: str) -> Marker:
        """One user's markers."""
        conversation = self.conversation(conv)
        return Marker(user, 0, 0) if conversation is None else _marker(conversation, user)

    def last_visible(self, key: str, user: str) -> int:
        """The head for a member, the own leave for who left, 0 for a stranger."""
        return self._view(key, user).head

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        """A page. Raises `WireError`: `stale_node` where a stale node would have to say that there is nothing to
        see, `internal` where the store failed."""
        view = self._view(key, user)
        if not view.intervals and not self.partition(key).is_fresh(self._clock.monotonic_ns()):
            raise WireError("stale_node")
        pages = self._pages[self.partition(key).index]
        read = pages.backward if backward else pages.forward
        try:
            return await read(key, view, after, upto, limit)
        except StoreError as error:
            raise WireError("internal", str(error)) from error

    def _view(self, key: str, user: str) -> View:
        epoch = self.partition(key).state.epoch
        if key.startswith(OWN_PREFIX):
            own = self.own(user) if key == own_stream(user) else None
            return View(epoch, 0, "all", ()) if own is None else View(epoch, own.head, "all", ((1, 0),))
        conversation = self.conversation(key)
        intervals = () if conversation is None else conversation.intervals.get(user, ())
        if conversation is None or not intervals:
            return View(epoch, 0, "since_join", ())
        return View(epoch, intervals[-1][1] or conversation.head, conversation.policy, intervals)


def _marker(conversation: Conversation, user: str) -> Marker:
    registers = conversation.markers.get(user, _ZERO)
    return Marker(user, registers.delivered, registers.read)
