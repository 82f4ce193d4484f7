"""What is left of an acknowledged message when the server dies right after its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from chatproof.mutants.ack_before_log import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.roles.conversations import Conversations
from tests.reference_server.roles.conversations.node import group, message, seq_of, seqs

T = TypeVar("T")


def life(directory: Path, parts: Parts, live: Callable[[Conversations], Awaitable[T]], *, crash: bool = False) -> T:
    """One life of a host, in a loop of its own: what a crash leaves undone stays so."""

    async def whole() -> T:
        engine = await parts.engine(directory, parts.disk)
        host = parts.host(engine, parts.fold)
        await host.start()
        result = await live(host)
        if crash:
            await engine.log.close()
            await engine.store.close()
        else:
            await host.close()
        return result

    return asyncio.run(whole())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "left"), [(healthy_parts(), [1, 2]), (broken(healthy_parts()), [1])], ids=["healthy", "broken"]
)
def test_what_was_acknowledged_is_gone_after_a_crash(parts: Parts, left: list[int], tmp_path: Path) -> None:
    """A clean stop writes everything out, a crash does not; the healthy server has it either way."""
    life(tmp_path, parts, lambda host: seq_of(host, group(1, "a", "b")))
    assert 2 == life(tmp_path, parts, lambda host: seq_of(host, message(2)), crash=True)
    assert left == life(tmp_path, parts, lambda host: seqs(host, "g", "a"))
