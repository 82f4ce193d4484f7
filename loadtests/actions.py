"""What a schedule is made of: planned actions as data, each with its device and its intended time.

`at_ns` counts from the start of main. `op` is the 64-bit operation id that a message carries in its body.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from chatproof.protocol.bodies import body_of
from chatproof.protocol.keys import uuid7
from chatproof.protocol.limits import MAX_BODY_BYTES

OVERSIZE_PAD = " " + "x" * MAX_BODY_BYTES
"""What makes a body too large for the protocol, whatever the body."""
FIRST_UNPLANNED = 1 << 24
"""Numbers of operations and reads that the schedule does not know (receipts, audit) start here, per device."""


def op_id(dev: int, number: int) -> int:
    """The operation id of a device's `number`-th operation."""
    return dev << 32 | number


class Send(Struct, frozen=True, tag="send"):
    """A message.

    Attributes:
        key_of: the operation whose key it uses; another than `op` means a conflict, tried once that one took effect.
        wave: the trigger of the kill burst whose first or second wave it belongs to, or empty.
    """

    at_ns: int
    dev: int
    op: int
    conv: int
    key_of: int
    expect: Literal["ok", "refuse", "conflict"] = "ok"
    oversize: bool = False
    wave: str = ""

    def body(self, seed: int) -> str:
        """The text that is sent."""
        return body_of(seed, self.op) + OVERSIZE_PAD if self.oversize else body_of(seed, self.op)


class Retry(Struct, frozen=True, tag="retry"):
    """The same send tried again once it took effect; with `kicked_from`, once the user saw itself kicked from there."""

    at_ns: int
    dev: int
    op: int
    kicked_from: int = -1


class Kick(Struct, frozen=True, tag="kick"):
    """The owner removes a member once it saw their message `after_op`, and adds them again.

    Attributes:
        dev: the owner's device, which does both.
        rejoin_after_ns: how long after the kick took effect the member is added again, with operation `join_op`.
    """

    at_ns: int
    dev: int
    op: int
    conv: int
    user: int
    after_op: int
    join_op: int
    rejoin_after_ns: int


class BackwardReceipt(Struct, frozen=True, tag="backward"):
    """A read marker below the one that the user already set."""

    at_ns: int
    dev: int
    op: int
    conv: int


class SetPresence(Struct, frozen=True, tag="presence"):
    """The device shows itself offline (invisible) or online again."""

    at_ns: int
    dev: int
    op: int
    state: Literal["online", "offline"]


class Cycle(Struct, frozen=True, tag="cycle"):
    """The device disconnects cleanly and connects again after `away_ns`. All devices of a user do so together."""

    at_ns: int
    dev: int
    away_ns: int


class ReadBack(Struct, frozen=True, tag="read"):
    """One page of history, as a person scrolls: the newest events backward, or forward from `limit` below them."""

    at_ns: int
    dev: int
    conv: int
    limit: int
    direction: Literal["forward", "backward"]


class StayAway(Struct, frozen=True, tag="stay_away"):
    """The device does not come back once its link is lost at this kill, until main is over."""

    at_ns: int
    dev: int
    trigger: str


Action = Send | Retry | Kick | BackwardReceipt | SetPresence | Cycle | ReadBack | StayAway


class KillPlan(Struct, frozen=True):
    """A kill burst. The first wave stands among the actions, with `wave` set to `trigger`.

    Attributes:
        first: how many sends the first wave has, over all workers.
        acks: after how many of their acks, over all workers, the second wave is sent and the kill is triggered.
        second: the second wave; its `at_ns` is when the first is sent.
    """

    trigger: str
    at_ns: int
    first: int
    acks: int
    second: tuple[Send, ...]


class Schedule(Struct, frozen=True):
    """All planned actions in order of their time, the kill bursts, and the hash of both."""

    actions: tuple[Action, ...]
    kills: tuple[KillPlan, ...]
    sha256: str

    def intended_ns(self) -> dict[int, int]:
        """Operation → when it is meant to be sent, of all planned messages, second waves excluded."""
        return {action.op: action.at_ns for action in self.actions if isinstance(action, Send)}


def key_of(op: int, wall_ms: int) -> str:
    """The idempotency key of an operation that is meant to be sent at a Unix time in ms."""
    return uuid7(wall_ms, (op * 0x9E3779B97F4A7C15 + op) & (1 << 74) - 1)
