"""A device over its whole life."""

import json
from pathlib import Path

import pytest
import trio

from tests.chaos.clients.bench import Script, at, bench, event, live, page, refusal, subscribed
from tests.chaos.clients.fake_server import Hangup

pytestmark = pytest.mark.trio


async def test_a_first_view_begins_at_the_head(tmp_path: Path) -> None:
    """The first subscription has no cursor; what comes later is shown."""
    async with bench(Script(sub=lambda number, fields: [subscribed(7), live(7)]), tmp_path) as one:
        await one.server.push(event(8))
        await one.until(lambda: one.member.contiguous(0) == 8)

        assert [{"stream": "room"}] == one.server.heard("sub")
        assert [(8, "live", True)] == one.rows("deliveries", "seq", "via", "shown")
        assert [("resume", 7)] == one.rows("heads", "source", "head_seq")


async def test_a_lost_link_is_resumed_from_the_cursor(tmp_path: Path) -> None:
    """The device comes back by itself, asks for what is later than what it has, and says so in the history."""

    def sub(number: int, fields: dict[str, object]) -> list[dict[str, object]]:
        return [subscribed(0), live(0)] if number == 1 else [subscribed(2), event(2), live(2)]

    async with bench(Script(sub=sub), tmp_path) as one:
        await one.server.push(event(1))
        await one.until(lambda: one.member.contiguous(0) == 1)
        await one.member.drop()
        await one.until(lambda: one.member.contiguous(0) == 2 and one.member.device.is_live())

        assert {"stream": "room", "cursor": at(1)} == one.server.heard("sub")[-1]
        assert [(1, 1, 2, 2, "recovered")] == one.rows(
            "resumes", "from_seq", "own_contiguous_seq", "frontier_seq", "upto_seq", "outcome"
        )
        assert [(1, "live"), (2, "resume")] == one.rows("deliveries", "seq", "via")
        assert [None, 1] == [before for (before,) in one.rows("connections", "prev_session")]


async def test_a_resume_that_was_cut_short_came_to_nothing(tmp_path: Path) -> None:
    """Where the link is lost before the stream is live, the resume is aborted."""

    def sub(number: int, fields: dict[str, object]) -> list[dict[str, object]]:
        if number == 2:
            raise Hangup
        return [subscribed(0), live(0)]

    async with bench(Script(sub=sub), tmp_path) as one:
        await one.member.drop()
        await one.until(lambda: one.server.connections == 3 and one.member.device.is_live())

        assert [("aborted",), ("recovered",)] == one.rows("resumes", "outcome")


async def test_after_a_refused_resume_the_view_is_read_again_from_where_it_began(tmp_path: Path) -> None:
    """The server does not know the cursor: it is followed from its head, and all since the first view is shown anew."""

    def sub(number: int, fields: dict[str, object]) -> list[dict[str, object]]:
        if number == 1:
            return [subscribed(0), live(0)]
        return [subscribed(2, recovered=False)] if "cursor" in fields else [subscribed(2), live(2)]

    script = Script(sub=sub, history=lambda number, fields: [page(event(1), event(2), head=2)])
    async with bench(script, tmp_path) as one:
        await one.server.push(event(1))
        await one.until(lambda: one.member.contiguous(0) == 1)
        await one.member.drop()
        await one.until(lambda: one.member.contiguous(0) == 2)

        assert [("refused", 2)] == one.rows("resumes", "outcome", "frontier_seq")
        assert [(1, 0, "live", True), (1, 1, "repair", True), (2, 1, "repair", True)] == one.rows(
            "deliveries", "seq", "view", "via", "shown"
        )


async def test_what_is_missing_is_read_from_history(tmp_path: Path) -> None:
    """A hole in a stream is filled by a read that the history calls a repair."""
    script = Script(history=lambda number, fields: [page(event(1), event(2), head=2)])
    async with bench(script, tmp_path) as one:
        await one.server.push(event(2))
        await one.until(lambda: one.member.contiguous(0) == 2)

        assert [(2, "live", True), (1, "repair", True), (2, "repair", False)] == one.rows(
            "deliveries", "seq", "via", "shown"
        )
        assert [("repair", "ok", True)] == one.rows("reads", "purpose", "outcome", "complete")


async def test_a_gap_that_the_server_explains_is_noted_and_no_hole(tmp_path: Path) -> None:
    """Seqs that this reader may not see are passed over."""
    async with bench(Script(), tmp_path) as one:
        await one.server.push(
            {"gap": {"stream": "room", "from_seq": 1, "to_seq": 3, "reason": "hidden"}}, event(4)
        )
        await one.until(lambda: one.member.contiguous(0) == 4)

        assert [("gap", 1, 3, "hidden")] == one.rows("notices", "kind", "from_seq", "to_seq", "level")


async def test_a_link_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    """After two heartbeats without a byte the device cuts its link and connects anew."""
    script = Script(ping=lambda number, fields: [])
    async with bench(script, tmp_path, heartbeat_s=0.03) as one:
        await one.until(lambda: one.server.connections >= 2 and one.member.device.is_live())

        assert ("link", "half_open") == one.rows("connections", "close_by", "close_kind")[0]
        hello_ns, close_ns = one.rows("connections", "hello_ok_ns", "close_ns")[0]
        assert close_ns - hello_ns > 2 * 0.03 * 1_000_000_000


async def test_a_device_that_leaves_says_goodbye_and_stays_away(tmp_path: Path) -> None:
    """The connection ends cleanly, by the client."""
    async with bench(Script(), tmp_path) as one:
        await one.member.disconnect()

        assert [("client", "clean", 1000)] == one.rows("connections", "close_by", "close_kind", "close_code")
        assert 1 == one.server.connections


async def test_a_device_that_is_told_to_stay_away_while_it_connects_stays_away(tmp_path: Path) -> None:
    """The connection that comes to be is dropped before a word."""
    async with bench(Script(), tmp_path) as one:
        await one.member.disconnect()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.member.connect)
            while len(one.rows("connections")) < 2:
                await trio.lowlevel.checkpoint()
            await one.member.disconnect()
            await one.until(lambda: one.rows("connections", "close_by")[-1] == ("client",))
            nursery.cancel_scope.cancel()

        assert 1 == len(one.server.heard("hello"))


async def test_a_device_that_is_not_wanted_back_stays_away(tmp_path: Path) -> None:
    """A close code of 3500 or above ends its life, and it was the server that ended it."""
    async with bench(Script(), tmp_path) as one:
        await one.server.hang_up(3501)
        await one.until(lambda: one.rows("connections", "close_by", "close_code") == [("server", 3501)])
        await trio.testing.wait_all_tasks_blocked()

        assert 1 == one.server.connections


async def test_a_refused_hello_is_no_session(tmp_path: Path) -> None:
    """Only an accepted hello makes a session; the device tries again."""

    def hello(number: int, fields: dict[str, object]) -> list[dict[str, object]]:
        return [refusal("draining", "same_key")] if number == 1 else [{"ok": {"node": "n", "incarnation": 3}}]

    async with bench(Script(hello=hello), tmp_path) as one:
        assert [False, True] == [hello_ok is not None for (hello_ok,) in one.rows("connections", "hello_ok_ns")]


async def test_presence_is_recorded_as_snapshot_and_as_push(tmp_path: Path) -> None:
    """What the server says of watched users is kept with where it came from."""

    def users(state: str, ver: int) -> dict[str, object]:
        return {"users": [{"user": "u9", "state": state, "incarnation": 1, "ver": ver}]}

    script = Script(presence=lambda number, fields: [{"ok": users("online", 1)}])
    async with bench(script, tmp_path, watch=True) as one:
        await one.server.push({"presence": users("offline", 2)})
        await one.until(lambda: len(one.rows("presence_seen")) == 2)

        assert [{"watch": ["u9"]}] == one.server.heard("presence")
        assert [(9, "online", "snapshot"), (9, "offline", "push")] == one.rows(
            "presence_seen", "subject", "state", "source"
        )


async def test_every_frame_is_kept_as_it_was(tmp_path: Path) -> None:
    """The raw text of both directions stands in a file, with its time and session."""
    async with bench(Script(), tmp_path) as one:
        await one.member.disconnect()
        one.recording.write(tmp_path)

    frames = [json.loads(line) for line in (tmp_path / "frames.jsonl").read_text().splitlines()]
    assert [("out", 1), ("in", 1), ("out", 1), ("in", 1)] == [(each["direction"], each["session"]) for each in frames]
    assert "hello" in frames[0]["text"]
