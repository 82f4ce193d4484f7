"""The actor: planned actions become operations at their time, in the order that effects demand."""

import asyncio

import pytest

from chatproof.drivers.interface import Arrived, Operation, Settled
from chatproof.loadtests.actions import (
    Action,
    BackwardReceipt,
    Cycle,
    Kick,
    ReadBack,
    Retry,
    Send,
    SetPresence,
    StayAway,
    key_of,
    op_id,
)
from chatproof.loadtests.health import Health
from chatproof.loadtests.plane.actor import Actor
from chatproof.protocol.bodies import body_of
from chatproof.protocol.keys import uuid7_time_ms
from tests.loadtests.bench import DEV, SEED, Bench

MS = 1_000_000
MAIN_NS = 100 * MS
OP, OTHER_OP = op_id(DEV, 1), op_id(9, 1)


class Stage:
    """One device and an actor; `play` lets every action come due at once."""

    def __init__(self, *actions: Action) -> None:
        self.bench = Bench()
        self.bench.connect()
        self.bench.device.behind.clear()
        self.actor = Actor(
            actions, {DEV: self.bench.device}, seed=SEED, wall_origin_ms=1_000_000, warm_up_ns=10 * MS,
            give_up_ns=20 * MS, ledger=self.bench.ledger, moments=self.bench.moments, reading=self.bench.reading,
            clock=self.bench.clock,
        )
        self.actor.begin(MAIN_NS)

    async def play(self) -> None:
        """Main is at 50 ms: everything planned before is late by now."""
        self.bench.clock.now_ns = MAIN_NS + 50 * MS
        health = Health(self.bench.recorder, self.actor.intended_in, self.actor.backlog, 0)
        await self.actor.act(health)

    def settle(self, op: int, outcome: str = "ok") -> None:
        """The session says what became of an operation."""
        settled = Settled(op, outcome, "", "ack", 1, 4, 4)  # type: ignore[arg-type]
        self.bench.witness(self.bench.device, [settled], self.bench.clock.now_ns)

    @property
    def done(self) -> list[Operation]:
        """What the session was asked to do."""
        return self.bench.session.done


def play(*actions: Action) -> Stage:
    """A stage on which these actions were played."""
    stage = Stage(*actions)
    asyncio.run(stage.play())
    return stage


def send(**changes: object) -> Send:
    """A planned message at 20 ms into main."""
    fields = {"at_ns": 20 * MS, "dev": DEV, "op": OP, "conv": 5, "key_of": OP, **changes}
    return Send(**fields)  # type: ignore[arg-type]


def test_a_message_has_its_planned_key_and_body_and_keeps_its_intended_time() -> None:
    """However late it starts: latency is measured from the intention."""
    stage = play(send())
    (operation,) = stage.done
    assert body_of(SEED, OP) == operation.body
    assert 1_000_120 == uuid7_time_ms(operation.u)
    (row,) = stage.bench.writer.of("operations.begin")
    assert (MAIN_NS + 20 * MS, MAIN_NS + 50 * MS, "main") == (row["intended_ns"], row["invoke_ns"], row["phase"])


def test_keys_of_different_operations_differ() -> None:
    """At one and the same time."""
    assert key_of(OP, 5) != key_of(OTHER_OP, 5)
    assert key_of(OP, 5) == key_of(OP, 5)


def test_what_comes_early_is_warm_up() -> None:
    """The phase is that of the intention."""
    stage = play(send(at_ns=5 * MS))
    assert ["warm_up"] == [row["phase"] for row in stage.bench.writer.of("operations.begin")]


def test_a_retry_waits_until_its_send_took_effect() -> None:
    """Then the very same operation is tried again."""
    stage = play(send(), Retry(30 * MS, DEV, OP))
    assert 1 == len(stage.done)
    stage.settle(OP)
    assert [stage.done[0]] == stage.done[1:]
    assert 1 == len(stage.bench.writer.of("operations.begin"))


def test_a_conflict_uses_the_key_of_a_send_that_took_effect_and_another_body() -> None:
    """An operation of its own, meant to be refused."""
    conflict = send(op=OP + 1, expect="conflict", at_ns=30 * MS)
    stage = play(send(), conflict)
    stage.settle(OP)
    first, second = stage.done
    assert first.u == second.u
    assert first.body != second.body
    assert ["ok", "conflict"] == [row["expect"] for row in stage.bench.writer.of("operations.begin")]


KICK = Kick(20 * MS, DEV, OP, 5, 8, OTHER_OP, OP + 1, 0)


def message() -> Arrived:
    """The message that the kick is to follow."""
    return Arrived("conv", 5, 0, 1, 1, 4, 4, "message", 8, -1, "k", body_of(SEED, OTHER_OP), "live", True, 0)


def test_a_kick_waits_until_the_owner_saw_the_message() -> None:
    """So the message is effective before its sender is removed."""
    stage = play(KICK)
    assert [] == stage.done
    stage.bench.witness(stage.bench.device, [message()], 0)
    assert [("kick", 5, 8)] == [(operation.kind, operation.conv, operation.user) for operation in stage.done]


def test_the_rejoin_follows_the_kick_that_took_effect() -> None:
    """By the owner, for the same user, with another key."""

    async def run() -> Stage:
        stage = Stage(KICK)
        await stage.play()
        stage.bench.witness(stage.bench.device, [message()], 0)
        stage.settle(OP)
        while len(stage.done) < 2:
            await asyncio.sleep(0)
        return stage

    kick, join = asyncio.run(run()).done
    assert ("join", 5, 8) == (join.kind, join.conv, join.user)
    assert kick.u != join.u


def test_a_kicked_user_retries_only_once_it_saw_the_kick() -> None:
    """The retry must reach a server that knows of it."""
    stage = play(send(), Retry(30 * MS, DEV, OP, kicked_from=5))
    stage.settle(OP)
    assert 1 == len(stage.done)
    kick = Arrived("conv", 5, 0, 2, 1, 5, 0, "kick", 8, 1, "", "", "live", True, 0)
    stage.bench.witness(stage.bench.device, [kick], 0)
    assert 2 == len(stage.done)


def test_a_backward_receipt_is_below_what_was_said() -> None:
    """And is left out where nothing was said yet."""
    assert [] == play(BackwardReceipt(20 * MS, DEV, OP, 5)).done
    stage = Stage(BackwardReceipt(20 * MS, DEV, OP, 5))
    stage.bench.device.receipts.showed(5, 9)
    stage.actor.send_receipts(stage.bench.device, MAIN_NS)
    asyncio.run(stage.play())
    assert [9, 4] == [operation.seq for operation in stage.done]


def test_a_device_without_a_link_gathers_its_receipts() -> None:
    """One per conversation when it is back, not one per half second of absence."""
    stage = Stage()
    stage.bench.device.link = None
    stage.bench.device.receipts.showed(5, 9)
    stage.actor.send_receipts(stage.bench.device, MAIN_NS)
    assert [] == stage.done


def test_a_presence_set_is_an_operation() -> None:
    """With its state."""
    (operation,) = play(SetPresence(20 * MS, DEV, OP, "offline")).done
    assert ("presence", "offline") == (operation.kind, operation.state)


def test_a_cycle_closes_cleanly_and_stays_away_for_its_time() -> None:
    """No connect is tried before."""
    stage = play(Cycle(20 * MS, DEV, 70 * MS))
    assert ["clean"] == stage.bench.device.link.ends  # type: ignore[union-attr]
    assert MAIN_NS + 120 * MS == stage.bench.device.away_until_ns


def test_who_stays_away_keeps_the_link_until_the_kill_takes_it() -> None:
    """A clean close would tell the server what the crash is to hide from it."""
    stage = play(StayAway(20 * MS, DEV, "kill-0"))
    assert [] == stage.bench.device.link.ends  # type: ignore[union-attr]
    assert stage.bench.device.stays_away


@pytest.mark.parametrize(("direction", "after"), [("backward", 0), ("forward", 10)])
def test_a_page_is_read_from_where_the_device_is(direction: str, after: int) -> None:
    """Backward from the newest, forward from some way below."""
    stage = Stage(ReadBack(20 * MS, DEV, 5, 20, direction))  # type: ignore[arg-type]
    stage.bench.session.reached[5] = 30
    asyncio.run(stage.play())
    (read,) = stage.bench.session.reads
    assert (after, 20, direction) == (read.after, read.limit, read.direction)


def test_a_full_outbox_is_counted() -> None:
    """And no operation is recorded."""
    stage = Stage(send())
    stage.bench.session.is_full = True
    asyncio.run(stage.play())
    assert 1 == stage.actor.refused_by_outbox
    assert [] == stage.bench.writer.of("operations.begin")


def test_intended_and_overdue_actions_are_counted() -> None:
    """What health reports."""
    stage = Stage(send(), send(op=OP + 1, key_of=OP + 1, at_ns=30 * MS))
    assert 1 == stage.actor.intended_in(MAIN_NS + 20 * MS, MAIN_NS + 30 * MS)
    assert (0, 2) == (stage.actor.backlog(MAIN_NS + 19 * MS), stage.actor.backlog(MAIN_NS + 30 * MS))
    asyncio.run(stage.play())
    assert 0 == stage.actor.backlog(MAIN_NS + 60 * MS)
