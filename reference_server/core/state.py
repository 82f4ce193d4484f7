"""What a partition knows: the state that the fold builds, and its canonical bytes.

Canonical: two folds of the same log prefix give the same bytes, however they came there. Dictionaries are encoded
sorted, so nothing may depend on their order; where order has a meaning (members, outbox) there is a list or tuple.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from chatproof.reference_server.core.commands import Appended, ConversationKind
from chatproof.reference_server.core.memory import Memory
from chatproof.reference_server.core.records import OwnCopy, SetLimits
from chatproof.reference_server.core.visibility import Interval, Policy


class Registers(Struct, frozen=True, array_like=True, gc=False):
    """A member's markers: read <= delivered <= head."""

    delivered: int = 0
    read: int = 0


class Conversation(Struct, kw_only=True):
    """One conversation. Mutated only by the fold of its partition."""

    id: str
    kind: ConversationKind
    open: bool
    policy: Policy
    definition: bytes
    """Digest of what it was created as."""
    created: Appended
    head: int
    ts: int
    owner: str
    members: tuple[str, ...]
    """In join order."""
    intervals: dict[str, list[Interval]]
    markers: dict[str, Registers] = {}
    cursors: dict[str, dict[str, tuple[int, int]]] = {}
    """User → device → (epoch, seq)."""

    def is_member(self, user: str) -> bool:
        """Whether the user is a member now."""
        intervals = self.intervals.get(user)
        return intervals is not None and intervals[-1][1] == 0


class OwnStream(Struct):
    """A user's own stream: its head, and the last fact about each conversation, (seq there, joined)."""

    head: int = 0
    ts: int = 0
    conversations: dict[str, tuple[int, bool]] = {}


class PartitionState(Struct):
    """Everything that one partition's log prefix means. Mutated in place by its one owner, the fold."""

    version: int = 0
    """0 until the log's first record names the fold version."""
    offset: int = -1
    """Of the last record folded."""
    time_ns: int = 0
    """Largest append time folded."""
    epoch: int = 1
    forget_before_ms: int = 0
    limits: SetLimits = field(default_factory=SetLimits)
    conversations: dict[str, Conversation] = {}
    own: dict[str, OwnStream] = {}
    memory: Memory = field(default_factory=Memory)
    outbox: dict[str, list[OwnCopy]] = {}
    """Conversation → facts that not all own streams have folded yet, in order of seq."""


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(PartitionState)


def encode_state(state: PartitionState) -> bytes:
    """The canonical bytes of a state."""
    return _encoder.encode(state)


def decode_state(data: bytes) -> PartitionState:
    """The state of these bytes. Raises `msgspec.DecodeError`."""
    return _decoder.decode(data)
