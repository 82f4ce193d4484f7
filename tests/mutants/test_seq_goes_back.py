"""What was pushed, and what was answered, when the server dies between the two."""

import asyncio
from pathlib import Path

import pytest

from chatproof.mutants.seq_goes_back import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.roles.conversations import Conversations
from tests.mutants.test_ack_before_log import life
from tests.reference_server.roles.conversations.node import Watcher, group, message, seq_of, seqs, submit

pytestmark = pytest.mark.slow


async def pushed_once_answered(host: Conversations) -> list[str]:
    """What the audience was told of when one message was answered and another was not yet."""
    watcher = Watcher()
    host.attach(watcher)
    await seq_of(host, message(2))
    waits = submit(host, message(3))
    await asyncio.sleep(0)
    assert not waits.done()
    return [heard for heard in watcher.heard if heard.startswith("g/")]


def lives(directory: Path, parts: Parts) -> list[object]:
    """What was pushed before a crash, what is there after it, and the seq of the next message."""
    life(directory, parts, lambda host: seq_of(host, group(1, "a", "b")))
    pushed = life(directory, parts, pushed_once_answered, crash=True)
    left = life(directory, parts, lambda host: seqs(host, "g", "a"))
    return [pushed, left, life(directory, parts, lambda host: seq_of(host, message(4)))]


def test_a_seq_that_was_pushed_is_given_out_again(tmp_path: Path) -> None:
    """Only what was answered is safe; the healthy server pushes nothing that the log does not have."""
    assert [["g/2"], [1, 2, 3], 4] == lives(tmp_path / "healthy", healthy_parts())
    assert [["g/2", "g/3"], [1, 2], 3] == lives(tmp_path / "broken", broken(healthy_parts()))
