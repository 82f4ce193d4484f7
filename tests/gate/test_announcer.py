"""The leader's conversation with Locust, over pipes."""

import os
from collections.abc import Iterator

import msgspec
import pytest
import trio
import trio.testing

from chatproof.gate.announcer import Announcer
from chatproof.gate.errors import RunSpoiled
from chatproof.loadtests.announcements import Announcement, Closed, Prepared

PATIENCE_S = 5


class Ends:
    """Both ends of both pipes."""

    def __init__(self) -> None:
        self.heard, self.word = os.pipe()
        self.said, self.saying = os.pipe()
        self.announcer = Announcer(self.heard, self.saying)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Pipes that are closed afterwards."""
    made = Ends()
    yield made
    for descriptor in (made.heard, made.word, made.said, made.saying):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_announcements_are_lines_of_json(ends: Ends) -> None:
    """Each says what it is."""
    ends.announcer.prepared("RUN", "RUN/plan.json", ["no-gap"], ({"kind": "SLO"},))
    ends.announcer.closed(["lost"])
    lines = os.read(ends.said, 4096).splitlines()
    told = [msgspec.json.decode(line, type=Announcement) for line in lines]
    assert [Prepared("RUN", "RUN/plan.json", ("no-gap",), ({"kind": "SLO"},)), Closed(("lost",))] == told


@pytest.mark.trio
async def test_a_word_is_heard_in_whatever_pieces_it_comes(ends: Ends) -> None:
    """Stop, in two."""
    stopped = trio.Event()

    async def wait() -> None:
        await ends.announcer.wait_stop()
        stopped.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.announcer.hear)
        nursery.start_soon(wait)
        os.write(ends.word, b"st")
        await trio.testing.wait_all_tasks_blocked()
        assert not stopped.is_set()
        os.write(ends.word, b"op\n")
        with trio.fail_after(PATIENCE_S):
            await stopped.wait()
        nursery.cancel_scope.cancel()


@pytest.mark.trio
async def test_the_end_of_locust_spoils_the_run(ends: Ends) -> None:
    """Nobody would show what the planes do."""
    os.close(ends.word)
    with trio.fail_after(PATIENCE_S), pytest.raises(RunSpoiled, match="Locust ended"):
        await ends.announcer.hear()


@pytest.mark.trio
async def test_it_waits_until_everything_is_gathered_or_locust_is_gone(ends: Ends) -> None:
    """What was recorded is kept in both cases."""
    os.write(ends.word, b"gathered\n")
    with trio.fail_after(PATIENCE_S):
        await ends.announcer.wait_gathered()
    other = Ends()
    os.close(other.word)
    with trio.fail_after(PATIENCE_S):
        await other.announcer.wait_gathered()
    for descriptor in (other.heard, other.said, other.saying):
        os.close(descriptor)
