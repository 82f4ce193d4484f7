"""What is measured, as values: how many talk to how many, what the client is told, what it has counted."""

from __future__ import annotations

from msgspec import Struct


class Shape(Struct, frozen=True):
    """`members` connections in conversations of `group` members each; the first `senders` of them send."""

    name: str
    group: int
    members: int
    senders: int


SHAPES = (
    Shape("1:1", group=2, members=200, senders=200),
    Shape("groups of 20", group=20, members=400, senders=400),
    Shape("one of 500", group=500, members=500, senders=20),
)


class Member(Struct, frozen=True):
    """A connection: what it says hello with, and the conversation that it subscribes to."""

    token: str
    conversation: str


class Plan(Struct, frozen=True):
    """What the client does: everybody connects to `url`, then the load runs for `warm_up_s` and is counted after."""

    url: str
    members: tuple[Member, ...]
    senders: int
    warm_up_s: float
    seconds: float


class Counted(Struct, frozen=True):
    """What the client counted, as rates over the measured time."""

    acks_per_s: float
    deliveries_per_s: float
    ack_p50_ms: float
    ack_p95_ms: float
