"""A place in a stream: runs of events arrive whole, in part, held back or skipped, and never with a hole."""

import json

import pytest

from chatproof.protocol import limits
from chatproof.reference_server.roles.gateway.follow import Follow, Run, Subscriptions


class Inbox:
    """A session as far as a place in a stream knows it."""

    def __init__(self, user: str = "ann") -> None:
        self.user = user
        self.choked = False
        self.pushed: list[bytes] = []

    def push(self, line: bytes) -> None:
        self.pushed.append(line)

    def told(self) -> list[int | tuple[int, int]]:
        """Seqs, and gaps as pairs, in the order pushed."""
        told: list[int | tuple[int, int]] = []
        for line in (json.loads(line) for piece in self.pushed for line in piece.split(b"\n")):
            told.append((line["gap"]["from_seq"], line["gap"]["to_seq"]) if "gap" in line else line["seq"])
        return told


AUDIENCE = ("ann", "bob")


def run(first: int, last: int, size: int = 0) -> Run:
    """A run of events with these seqs."""
    lines = [b'{"seq":%d,"body":"%b"}' % (seq, b"x" * size) for seq in range(first, last + 1)]
    made = Run("g", first, lines[0], AUDIENCE)
    made.lines.extend(lines[1:])
    return made


def test_a_run_is_one_piece() -> None:
    """Joined once, whoever it is pushed to."""
    inbox = Inbox()
    one = run(1, 3)
    Follow(inbox, "g", "g", 0).deliver(one)
    assert ([1, 2, 3], 1) == (inbox.told(), len(inbox.pushed))
    assert one.pieces()[0] is inbox.pushed[0]


def test_a_run_that_no_frame_can_hold_stays_in_lines() -> None:
    """So that the session can split it between frames."""
    assert 3 == len(run(1, 3, limits.MAX_FRAME_BYTES // 2).pieces())


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0, [(1, 4), 5, 6, 7]), (4, [5, 6, 7]), (5, [6, 7]), (7, []), (9, [])],
)
def test_only_what_is_new_is_pushed(position: int, expected: list[object]) -> None:
    """Before it lies a hidden part, or a resume has pushed some or all of it."""
    inbox = Inbox()
    follow = Follow(inbox, "g", "g", position)
    follow.deliver(run(5, 7))
    assert expected == inbox.told()
    assert max(position, 7) == follow.position


def test_held_runs_follow_the_pages() -> None:
    """A resume reached the middle of a held run: the rest comes, once."""
    inbox = Inbox()
    follow = Follow(inbox, "g", "g", 0)
    follow.hold()
    follow.deliver(run(3, 4))
    follow.deliver(run(5, 6))
    assert [] == inbox.told()
    follow.release(3)
    assert [4, 5, 6] == inbox.told()


def test_what_was_skipped_is_one_gap() -> None:
    """A choked session is told once what it missed, hidden parts included."""
    inbox = Inbox()
    follow = Follow(inbox, "g", "g", 2)
    inbox.choked = True
    follow.deliver(run(3, 4))
    follow.deliver(run(7, 8))
    inbox.choked = False
    follow.unchoke()
    follow.deliver(run(9, 9))
    assert [(3, 8), 9] == inbox.told()


def test_only_the_audience_is_entitled() -> None:
    """By user, and anew whenever the audience or the followers change."""
    subscriptions = Subscriptions()
    follows = [Follow(Inbox(user), "g", "g", 0) for user in ("ann", "bob", "eve")]
    for follow in follows:
        subscriptions.add(follow)
    assert follows[:2] == subscriptions.entitled("g", AUDIENCE)
    assert follows[:1] == subscriptions.entitled("g", ("ann",))
    subscriptions.remove(follows[0])
    assert follows[1:2] == subscriptions.entitled("g", AUDIENCE)
    assert [] == list(subscriptions.entitled("elsewhere", AUDIENCE))


def test_an_empty_stream_is_forgotten() -> None:
    """The index does not grow with what nobody follows; removing twice is no error."""
    subscriptions = Subscriptions()
    follow = Follow(Inbox(), "g", "g", 0)
    subscriptions.add(follow)
    for _ in range(2):
        subscriptions.remove(follow)
    assert (0, False) == (len(subscriptions), follow.active)
