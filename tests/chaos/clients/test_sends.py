"""What a device sends."""

import uuid
from pathlib import Path

import pytest
import trio

from chatproof.chaos.clients.sends import uuid7
from tests.chaos.clients.bench import Script, ack, bench, event, refusal
from tests.chaos.clients.fake_server import Hangup, Line

pytestmark = pytest.mark.trio


async def test_an_acknowledged_message_is_ok_and_shown(tmp_path: Path) -> None:
    """The ack settles it, and is a sighting of the own message."""
    async with bench(Script(), tmp_path) as one:
        sent = await one.member.send()

        assert ("ok", 1) == (sent.outcome, sent.seq)
        assert [("ok", "ack", 1)] == one.rows("operations", "outcome", "resolved_by", "ack_seq")
        assert [(1, "ack", True)] == one.rows("deliveries", "seq", "via", "shown")


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(tmp_path: Path) -> None:
    """An attempt whose link is lost is unknown; the next one repeats key and body."""

    def send(number: int, fields: dict[str, object]) -> list[Line]:
        if number == 1:
            raise Hangup
        return [ack(1, duplicate=True)]

    async with bench(Script(send=send), tmp_path) as one:
        sent = await one.member.send()

        first, second = one.server.heard("send")
        assert first == second
        assert ("ok", 1) == (sent.outcome, sent.seq)
        assert [("unknown", None), ("ok", True)] == one.rows("attempts", "outcome", "duplicate")
        assert [("ok", "retry")] == one.rows("operations", "outcome", "resolved_by")


async def test_a_definite_refusal_is_a_failure(tmp_path: Path) -> None:
    """Where every attempt certainly had no effect and none may be repeated, the send failed."""
    async with bench(Script(send=lambda number, fields: [refusal("not_member")]), tmp_path) as one:
        assert "fail" == (await one.member.send()).outcome
        assert [("fail", "not_member", True)] == one.rows("attempts", "outcome", "code", "definite")


async def test_a_refusal_after_an_unknown_attempt_settles_nothing(tmp_path: Path) -> None:
    """The first attempt may have had an effect, so that the send stays unknown until an answer settles it."""

    def send(number: int, fields: dict[str, object]) -> list[Line]:
        if number == 1:
            raise Hangup
        return [refusal("not_member")]

    async with bench(Script(send=send), tmp_path) as one:
        with trio.move_on_after(0.2):
            await one.member.send()

        assert {None} == {outcome for (outcome,) in one.rows("operations", "outcome")}


async def test_what_may_be_retried_is_retried(tmp_path: Path) -> None:
    """A definite refusal that says `same_key` is not the end."""
    answers = iter([[refusal("overloaded", "same_key")], [ack(1)]])
    async with bench(Script(send=lambda number, fields: next(answers)), tmp_path) as one:
        assert "ok" == (await one.member.send()).outcome
        assert [("fail",), ("ok",)] == one.rows("attempts", "outcome")


async def test_sending_again_is_another_attempt_of_the_same_message(tmp_path: Path) -> None:
    """It has the same key, and its answer is recorded beside the first."""
    answers = iter([[ack(5)], [ack(5, duplicate=True)]])
    async with bench(Script(send=lambda number, fields: next(answers)), tmp_path) as one:
        sent = await one.member.send()
        again = await one.member.again(sent)

        assert sent == again
        assert [(1, False), (2, True)] == one.rows("attempts", "attempt", "duplicate")
        assert 1 == len(one.rows("operations"))


async def test_an_altered_body_is_recorded_as_such(tmp_path: Path) -> None:
    """What arrives is compared with what was sent under that operation."""
    async with bench(Script(), tmp_path) as one:
        sent = await one.member.send()
        await one.server.push(event(2, f"{sent.op:016x} something else"), event(3, "nobody's"))
        await one.until(lambda: one.member.contiguous(0) == 3)

        assert [(sent.op, False), (None, False)] == one.rows("deliveries", "op", "content_ok")[1:]


async def test_a_key_is_a_uuid_of_version_7() -> None:
    """Version and variant are where RFC 9562 has them, and two keys differ."""
    keys = [uuid.UUID(uuid7()) for _ in range(2)]

    assert [(7, uuid.RFC_4122)] * 2 == [(key.version, key.variant) for key in keys]
    assert keys[0] != keys[1]
