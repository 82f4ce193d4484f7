"""The contract of `ports.store.Store`, as functions that every engine's store must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from chatproof.protocol.frames import Event
from chatproof.reference_server.ports.store import ConversationRow, EventRow, MarkerRow, Store, StoreBatch

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens the same store each time; closes it at the end of the block."""

CREATE = Event("g", 1, 1, 10, "create", "a", u="k1")
HELLO = Event("g", 1, 2, 11, "message", "a", u="k2", msg_id=2, body="hello ☃\0")
KICK = Event("g", 1, 3, 12, "kick", "a", u="k3", user="b")
JOINED = Event("me", 1, 1, 10, "joined", "a", user="b", conv="g")


def batch(
    *events: Event,
    watermark: int = 0,
    conversations: Sequence[ConversationRow] = (),
    markers: Sequence[MarkerRow] = (),
) -> StoreBatch:
    """What a commit of partition 0 means to the store; events of an own stream are b's."""
    keyed = [EventRow("me:b" if event.stream == "me" else event.stream, event) for event in events]
    return StoreBatch(keyed, conversations, markers, {0: watermark})


async def reads_events_as_they_were_put(open_store: OpenStore) -> None:
    """Messages and other events come back in one order, equal to what was pushed, own streams apart."""
    async with open_store() as store:
        store.put_nowait(batch(KICK, HELLO, CREATE, JOINED))
        await store.drained()
        assert [CREATE, HELLO, KICK] == await store.events("g", 1, 9)
        assert [HELLO] == await store.events("g", 2, 2)
        assert [JOINED] == await store.events("me:b", 1, 9)
        assert [] == await store.events("x", 1, 9)


async def may_be_written_twice(open_store: OpenStore) -> None:
    """The view is written at least once: a replay from an earlier offset changes nothing and lowers no watermark."""
    again = batch(CREATE, HELLO, watermark=1)
    async with open_store() as store:
        for put in (again, batch(KICK, watermark=2), again):
            store.put_nowait(put)
        await store.drained()
        assert [CREATE, HELLO, KICK] == await store.events("g", 1, 9)
        assert {0: 2} == await store.watermarks()


async def claims_only_what_is_written(open_store: OpenStore) -> None:
    """A watermark is told after its rows can be read, and both survive a restart."""
    async with open_store() as store:
        told: list[object] = []
        store.on_passed(told.append)
        assert {} == await store.watermarks()
        store.put_nowait(batch(CREATE, watermark=4))
        await store.drained()
        assert [{0: 4}] == told
    async with open_store() as store:
        assert ({0: 4}, [CREATE]) == (await store.watermarks(), await store.events("g", 1, 1))


async def takes_more_than_one_batch(open_store: OpenStore) -> None:
    """What is put while a batch is written follows it, in order, up to any number of rows."""
    events = [Event("g", 1, seq, 9, "message", "a", u=f"k{seq}", msg_id=seq, body="x") for seq in range(1, 1001)]
    async with open_store() as store:
        for start in range(0, 1000, 300):
            store.put_nowait(batch(*events[start : start + 300], watermark=start))
        await store.drained()
        assert events == await store.events("g", 1, 1000)
        assert {0: 900} == await store.watermarks()


CONTRACT = (
    reads_events_as_they_were_put, may_be_written_twice, claims_only_what_is_written, takes_more_than_one_batch
)
"""Every clause, each a coroutine of an opener."""
