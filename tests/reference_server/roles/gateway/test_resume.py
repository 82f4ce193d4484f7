"""Catching up while events keep coming: nothing is lost, repeated or out of order, however the steps interleave."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol.errors import CloseCode, WireError
from chatproof.reference_server.core.commands import ChangeMembership
from chatproof.reference_server.roles.gateway import bounds
from chatproof.reference_server.roles.gateway.resume import Resume
from tests.reference_server.roles.gateway.bench import Bench, Client

STEPS = ("send", "commit", "answer", "pause", "unpause", "kick", "join", "reconnect", "resub")


def contiguous(lines: list[dict[str, Any]], position: int) -> tuple[int, list[int]]:
    """Follow a stream from a position; returns where it ends and the seqs of its events. Fails at any hole."""
    seqs = []
    for line in lines:
        if "ev" in line:
            assert position + 1 == line["ev"]["seq"]
            position += 1
            seqs.append(position)
        elif "gap" in line:
            assert position + 1 == line["gap"]["from_seq"]
            position = line["gap"]["to_seq"]
        elif "live" in line:
            assert position == line["live"]["cursor"]["seq"]
    return position, seqs


class Follower:
    """A device of bob's that resumes from where it was, and checks what it gets."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.position = 0
        self.seen: list[int] = []
        self.client: Client = bench.client("bob")
        self.resub()

    def resub(self) -> None:
        self.read()
        self.client.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": self.position}})

    def reconnect(self) -> None:
        self.read()
        self.client.session.lost()
        self.client = self.bench.client("bob")
        self.resub()

    def read(self) -> None:
        self.position, seqs = contiguous(self.client.sent(), self.position)
        self.seen += seqs


def take(step: str, bench: Bench, ann: Client, bob: Follower) -> None:
    """One step of the world."""
    match step:
        case "send":
            ann.ask(send={"conv": "g", "u": bench.key(), "body": "x"})
        case "commit":
            bench.host.commit()
        case "answer":
            if bench.reader.asked:
                bench.reader.answer()
        case "pause":
            bob.client.session.writing_paused(bench.clock.now_ns)
        case "unpause":
            bob.client.session.writing_resumed()
        case "kick" | "join":
            if ("bob" in bench.host.of["g"]) == (step == "kick"):
                change = ChangeMembership("g", "ann", "bob", bench.key(), step)
                bench.host.submit(change, lambda answer: None)
                bench.host.commit()
        case "reconnect":
            bob.reconnect()
        case "resub":
            bob.resub()


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_a_resume_during_sends_loses_nothing(steps: list[str]) -> None:
    """Whatever interleaves, the device sees a stream without a hole that has exactly what bob may see."""
    bench = Bench()
    bench.host.group("g", "ann", "bob")
    ann, bob = bench.client("ann"), Follower(bench)
    for step in steps:
        take(step, bench, ann, bob)
    take("unpause", bench, ann, bob)
    bench.host.commit()
    bench.reader.answer_all()
    bob.resub()
    bench.reader.answer_all()
    bob.read()
    visible = [seq for seq, audience in enumerate(bench.host.seen_by["g"], 1) if "bob" in audience]
    assert visible == bob.seen


class ReadsFirst(Resume):
    """A well-known bug: it catches up first and subscribes afterwards."""

    def begin(self, frontier: int) -> None:
        self._upto = frontier
        self._advance()

    def _finish(self) -> None:
        self._follow.position = self._position
        self._subscriptions.add(self._follow)
        self._live(self._follow)


def test_subscribing_last_would_lose_what_comes_meanwhile() -> None:
    """The property above has teeth: the other order drops an event that is folded between page and subscription."""
    bench = Bench(resume=ReadsFirst)
    bench.host.group("g", "ann", "bob")
    ann, bob = bench.client("ann"), Follower(bench)
    for step in ("send", "commit", "answer", "send", "commit"):
        take(step, bench, ann, bob)
    bob.read()
    assert [1, 3] == bob.seen


def test_more_events_than_fit_while_reading_are_read_again() -> None:
    """Held events are bounded: above it they are dropped and come from the pages instead."""
    bench = Bench()
    bench.host.group("g", "ann", "bob")
    ann, bob = bench.client("ann"), Follower(bench)
    for _ in range(bounds.MAX_HELD_EVENTS + 5):
        ann.ask(send={"conv": "g", "u": bench.key(), "body": "x"})
        bench.host.commit()
    bench.reader.answer_all()
    bob.read()
    assert list(range(1, bounds.MAX_HELD_EVENTS + 7)) == bob.seen


def test_a_resume_waits_for_a_link_that_does_not_keep_up() -> None:
    """A paused link gets no more of the replay, and all of the rest once it reads again."""
    bench = Bench()
    bench.host.group("g", "ann", "bob")
    for _ in range(400):
        bench.host.append("g", "message", "ann", body="x" * 1000)
    bob = Follower(bench)
    bob.client.session.writing_paused(bench.clock.now_ns)
    bench.reader.answer()
    bob.read()
    assert [] == bob.seen
    bob.client.session.writing_resumed()
    bob.read()
    assert 401 == len(bob.seen)


def test_a_resume_that_cannot_finish_ends_the_session() -> None:
    """It was called recovered: a broken promise never passes in silence."""
    bench = Bench()
    bench.host.group("g", "ann", "bob")
    client = bench.client("bob")
    client.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 0}})
    _, done, _ = bench.reader.asked.pop()
    done(WireError("stale_node"))
    assert CloseCode.DRAIN == client.link.closed[0]  # type: ignore[index]


def test_a_resume_that_cannot_start_ends_the_session() -> None:
    """The bound of waiting reads is reached: the client comes back later."""
    bench = Bench()
    bench.host.group("g", "ann", "bob")
    client = bench.client("bob")
    bench.reader.error = WireError("overloaded")
    client.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 0}})
    assert CloseCode.DRAIN == client.link.closed[0]  # type: ignore[index]
