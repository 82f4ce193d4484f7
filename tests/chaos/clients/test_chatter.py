"""Messages at random moments, and waiting until they have flowed."""

import itertools
from functools import partial
from pathlib import Path

import pytest
import trio

from chatproof.chaos.clients.chatter import Chatter, chatter
from chatproof.chaos.clients.errors import Unanswered
from chatproof.chaos.clients.sends import Sent
from tests.chaos.clients.bench import Script, ack, bench, refusal

pytestmark = pytest.mark.trio

PER_S = 1000.0


async def test_the_wait_ends_with_so_many_acknowledged_messages(tmp_path: Path) -> None:
    """And at the end of the block the outcome of every message is known."""
    async with bench(Script(), tmp_path) as one:
        async with chatter([one.member], [0], per_s=PER_S, seed=1) as talk:
            await talk.acknowledged(5)
            acknowledged = [sent for sent in talk.sent if sent.outcome == "ok"]

        assert 5 <= len(acknowledged)
        assert len(one.rows("operations")) == len(talk.sent)


async def test_a_refused_message_is_not_acknowledged(tmp_path: Path) -> None:
    """Its outcome is known, and nobody has it."""
    answers = itertools.chain([[refusal("not_member")]] * 3, ([ack(seq)] for seq in itertools.count(1)))
    async with bench(Script(send=lambda number, fields: next(answers)), tmp_path) as one:
        async with chatter([one.member], [0], per_s=PER_S, seed=1) as talk:
            await talk.acknowledged(2)
            outcomes = [sent.outcome for sent in talk.sent]

        assert 3 == outcomes.count("fail")
        assert 2 <= outcomes.count("ok")


class Answered:
    """A member whose message is acknowledged when `answer` is set."""

    def __init__(self) -> None:
        self.answer = trio.Event()

    async def send(self, conv: int) -> Sent:
        """Wait for the answer."""
        await self.answer.wait()
        return Sent(1, conv, "key", "ok", 1)


async def test_only_messages_that_are_sent_from_now_on_count() -> None:
    """What was held up by a fault comes in a burst after it, and says nothing of the time after."""
    talk, before, after, counted = Chatter(), Answered(), Answered(), trio.Event()

    async def wait() -> None:
        await talk.acknowledged(1)
        counted.set()

    async with trio.open_nursery() as nursery:
        for task in (partial(talk.say, before, 0), wait, partial(talk.say, after, 0)):
            nursery.start_soon(task)
            await trio.testing.wait_all_tasks_blocked()
        before.answer.set()
        await trio.testing.wait_all_tasks_blocked()
        is_counted_before = counted.is_set()
        after.answer.set()

    assert (False, True) == (is_counted_before, counted.is_set())


async def test_a_target_that_acknowledges_nothing_is_named(autojump_clock: trio.testing.MockClock) -> None:
    """The wait has an end, and says how far it came."""
    with pytest.raises(Unanswered, match="0 of 3 messages were acknowledged within 60 s"):
        await Chatter().acknowledged(3)
