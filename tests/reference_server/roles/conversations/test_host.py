"""The conversation host in one process: commands, answers, fan-out, reads, restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import json

from chatproof.protocol.frames import Cursor, FromServer, Marker
from chatproof.reference_server.core.commands import Answer, Appended, Marked, Refused
from chatproof.reference_server.roles.conversations.bounds import Bounds
from tests.reference_server.roles.conversations.node import (
    PARTITIONS,
    Watcher,
    group,
    kick,
    mark,
    message,
    node,
    page,
    seq_of,
    submit,
)


def test_a_message_is_answered_pushed_and_read(tmp_path: Path) -> None:
    """One life of a message: its seq, its one encoded line, its place in a page."""

    async def run() -> None:
        async with node(tmp_path) as host:
            watcher = Watcher()
            await seq_of(host, group(1, "a", "b"))
            host.attach(watcher)
            assert 2 == await seq_of(host, message(2))
            (folded,) = watcher.batches[0].events
            assert ("g", ("a", "b")) == (folded.key, folded.audience)
            assert folded.event == json.decode(folded.line, type=FromServer).ev
            assert [folded.line] == list((await page(host, "g", "b", after=1)).lines)
            assert Cursor(1, 2) == host.head("g")

    asyncio.run(run())


def test_a_restart_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """After a clean stop: same events, same first outcomes, the next seq follows."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a", "b"))
            first = await submit(host, message(2))
            before = await page(host, "g", "b")
        async with node(tmp_path) as host:
            after = await page(host, "g", "b")
            assert (before.events, before.lines) == (after.events, after.lines)
            assert Answer(first.outcome, duplicate=True) == await submit(host, message(2))
            assert 3 == await seq_of(host, message(3))

    asyncio.run(run())


def test_members_learn_of_a_conversation_before_its_creator_is_answered(tmp_path: Path) -> None:
    """A create is answered once every member's own stream knows."""

    async def run() -> None:
        async with node(tmp_path) as host:
            members = tuple(f"u{n}" for n in range(20))
            await seq_of(host, group(1, *members))
            assert [("g",)] * 20 == [tuple(host.conversations_of(user)) for user in members]
            assert ["joined"] == [event.kind for event in (await page(host, "me:u7", "u7")).events]
            assert host.shares_conversation("u1", "u2")
            await seq_of(host, kick(2, "u0", "u7"))
            assert () == tuple(host.conversations_of("u7"))
            assert not host.shares_conversation("u7", "u1")

    asyncio.run(run())


def test_answers_come_between_the_push_and_the_flush(tmp_path: Path) -> None:
    """The audience hears of a batch first, then the sender, then all is written at once."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            watcher = Watcher()
            host.attach(watcher)
            answered = asyncio.Event()

            def done(answer: Answer) -> None:
                watcher.heard.append("answer")
                answered.set()

            host.submit(message(2), done)
            await answered.wait()
            await seq_of(host, message(3))
            start = watcher.heard.index("g/2")
            assert ["g/2", "answer", "flush"] == watcher.heard[start : start + 3]

    asyncio.run(run())


def test_a_retry_that_is_pending_attaches(tmp_path: Path) -> None:
    """Two submits of one command in a turn: one record, one event, both answered alike."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            answers = await asyncio.gather(submit(host, message(2)), submit(host, message(2)))
            assert [Answer(Appended("g", 1, 2, (await page(host, "g", "a")).events[1].ts))] * 2 == list(answers)

    asyncio.run(run())


def test_another_body_under_a_pending_key_does_not_attach(tmp_path: Path) -> None:
    """It is decided by the fold, after the first."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            first, second = submit(host, message(2)), submit(host, message(2, body="other"))
            assert [None, "different_body"] == [getattr((await a).outcome, "code", None) for a in (first, second)]

    asyncio.run(run())


def test_marks_within_a_window_are_one_record(tmp_path: Path) -> None:
    """Merged to the largest, every asker answered with what stands, and told once."""

    async def run() -> None:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a", "b"))
            for n in (2, 3, 4):
                await seq_of(host, message(n))
            watcher = Watcher()
            host.attach(watcher)
            before = host.statistics()["folded_records"]
            marks = [mark("b", delivered=2), mark("b", delivered=4, read=1), mark("b", read=3), mark("a", read=4)]
            answers = await asyncio.gather(*(submit(host, each) for each in marks))
            assert [Marked("g", 4, 3, 1, 0)] * 3 + [Marked("g", 4, 4, 1, 0)] == [answer.outcome for answer in answers]
            assert ["g:b=4", "g:a=4", "flush"] == watcher.heard
            assert before + 1 == host.statistics()["folded_records"]
            assert [Marker("a", 4, 4), Marker("b", 4, 3)] == list(host.markers("g"))

    asyncio.run(run())


def test_too_much_at_once_is_refused_before_the_append(tmp_path: Path) -> None:
    """`overloaded` is definite; what was let in is answered."""

    async def run() -> None:
        async with node(tmp_path, bounds=Bounds(max_in_flight=5)) as host:
            await seq_of(host, group(1, "a"))
            answers = await asyncio.gather(*(submit(host, message(n)) for n in range(2, 10)))
            refused = [answer for answer in answers if isinstance(answer.outcome, Refused)]
            assert [Answer(Refused("overloaded"))] * 3 == refused
            assert 6 == await seq_of(host, message(9)) - 1

    asyncio.run(run())


def test_a_closing_host_answers_what_it_took_and_refuses_the_rest(tmp_path: Path) -> None:
    """Drain: marks in their window too."""

    async def run() -> tuple[Answer, Answer, Answer]:
        async with node(tmp_path) as host:
            await seq_of(host, group(1, "a"))
            taken, marked = submit(host, message(2)), submit(host, mark("a", read=1))
        return taken.result(), marked.result(), submit(host, message(3)).result()

    taken, marked, refused = asyncio.run(run())
    assert isinstance(marked.outcome, Marked)
    assert not isinstance(taken.outcome, Refused)
    assert Answer(Refused("draining")) == refused


def test_a_host_is_ready_once_it_has_read_its_ticks(tmp_path: Path) -> None:
    """Not before the start, not while it drains."""

    async def run() -> None:
        async with node(tmp_path) as host:
            assert host.is_ready()
            assert 0 < host.as_of_ns()
            assert PARTITIONS == host.statistics()["partitions"]

    asyncio.run(run())


def test_what_does_not_exist_is_nothing(tmp_path: Path) -> None:
    """Reads of unknown names are empty, an own stream is at 0."""

    async def run() -> None:
        async with node(tmp_path) as host:
            assert (None, None, (), ()) == (host.head("x"), host.kind("x"), host.members("x"), host.markers("x"))
            assert Cursor(1, 0) == host.head("me:x")
            assert (Marker("a", 0, 0), 0) == (host.marker_of("x", "a"), host.last_visible("x", "a"))
            assert ([], True) == ((found := await page(host, "x", "a")).events, found.complete)

    asyncio.run(run())
