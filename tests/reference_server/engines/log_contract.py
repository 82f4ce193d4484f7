"""The contract of `ports.log.Log`, as functions that every engine's log must pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from chatproof.reference_server.ports.log import Committed, Log

OpenLog = Callable[[], AbstractAsyncContextManager[Log]]
"""Opens the same log each time; closes it at the end of the block."""


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.blocks: list[Committed] = []
        self.lost: list[object | None] = []

    def committed(self, blocks: Sequence[Committed]) -> None:
        """Keep them."""
        self.blocks += blocks

    def failed(self, tokens: Sequence[object | None]) -> None:
        """Keep them."""
        self.lost += tokens

    def of(self, partition: int) -> list[tuple[int, bytes, object | None]]:
        """(offset, record, token) of a partition."""
        return flat([block for block in self.blocks if block.partition == partition])


def flat(blocks: Sequence[Committed]) -> list[tuple[int, bytes, object | None]]:
    """(offset, record, token) of each record of the blocks."""
    return [
        (block.first_offset + n, record, token)
        for block in blocks
        for n, (record, token) in enumerate(zip(block.records, block.tokens, strict=True))
    ]


async def tells_in_order_with_tokens(open_log: OpenLog) -> None:
    """Each partition's records come back once, in order of append, with contiguous offsets and their tokens."""
    async with open_log() as log:
        listener = Listener()
        log.tail(listener)
        for n in range(20):
            log.append_nowait(n % 2, b"%d" % n, n)
            if n % 7 == 0:
                await asyncio.sleep(0)
        await log.drained()
        for partition in (0, 1):
            mine = range(partition, 20, 2)
            assert [(offset, b"%d" % n, n) for offset, n in enumerate(mine)] == listener.of(partition)


async def reads_from_any_offset(open_log: OpenLog) -> None:
    """A read starts exactly where it is asked to, goes on to about its limit, and is empty at the end."""
    async with open_log() as log:
        log.tail(Listener())
        for n in range(10):
            log.append_nowait(0, b"%d" % n)
        await log.drained()
        for n in range(10, 20):
            log.append_nowait(0, b"%d" % n)
        await log.drained()
        for start in (0, 3, 9, 10, 19, 20):
            read = flat(await log.read(0, start, 1000))
            assert [(n, b"%d" % n, None) for n in range(start, 20)] == read
        assert 10 == len(flat(await log.read(0, 0, 1)))
        assert [] == await log.read(1, 0, 1000)


async def goes_on_after_a_restart(open_log: OpenLog) -> None:
    """Offsets continue, append times do not go back, and tokens do not survive."""
    async with open_log() as log:
        first = Listener()
        log.tail(first)
        log.append_nowait(1, b"before", "token")
        await log.drained()
    async with open_log() as log:
        second = Listener()
        log.tail(second)
        log.append_nowait(1, b"after", "token")
        await log.drained()
        assert [(0, b"before", None), (1, b"after", None)] == flat(await log.read(1, 0, 10))
        assert [(1, b"after", "token")] == second.of(1)
        assert first.blocks[0].time_ns <= second.blocks[0].time_ns


async def drains_what_its_reader_appends(open_log: OpenLog) -> None:
    """`drained` waits for the chain that one record starts."""

    class Chain(Listener):
        """Answers each record with a shorter one."""

        def committed(self, blocks: Sequence[Committed]) -> None:
            """Append all but the first byte."""
            super().committed(blocks)
            for block in blocks:
                for record in block.records:
                    if len(record) > 1:
                        log.append_nowait(0, record[1:])

    async with open_log() as log:
        chain = Chain()
        log.tail(chain)
        log.append_nowait(0, b"abcd")
        await log.drained()
        assert [b"abcd", b"bcd", b"cd", b"d"] == [record for _, record, _ in chain.of(0)]


CONTRACT = (tells_in_order_with_tokens, reads_from_any_offset, goes_on_after_a_restart, drains_what_its_reader_appends)
"""Every clause, each a coroutine of an opener."""
