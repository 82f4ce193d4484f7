"""A run as Locust has it: whatever its leader says, and however it ends, the run is over with it."""

import io
import signal
from typing import IO

import msgspec

from chatproof.checkers.results import EXIT_INVALID
from chatproof.loadtests.announcements import STOP, Announcement, Closed, Written
from chatproof.loadtests.locust_run import LedRun

WRITTEN = Written("runs/1", "abc", (), ())


class FakeLeader:
    """A leader that has said everything already."""

    def __init__(self, said: bytes, code: int = 0) -> None:
        self.stdin: IO[bytes] | None = io.BytesIO()
        self.stdout: IO[bytes] | None = io.BytesIO(said)
        self._code = code

    def wait(self) -> int:
        """It has ended."""
        return self._code


class NoPlanes:
    """Nobody starts one here."""

    count = 0

    def start(self, plan: str) -> None:
        """Nothing to do."""

    def wait_over(self, within_s: float | None) -> dict[int, int]:
        """None is left."""
        return {}


def line(said: Announcement) -> bytes:
    """As the leader writes it."""
    return msgspec.json.encode(said) + b"\n"


def over(leader: FakeLeader) -> tuple[LedRun, list[int]]:
    """A run with this leader when it is over, and with which codes it ended."""
    codes: list[int] = []
    run = LedRun(leader, NoPlanes(), codes.append)
    run.wait_over()
    return run, codes


def test_a_run_ends_with_its_leader() -> None:
    """With the leader's code, once; a word to it comes too late then."""
    run, codes = over(FakeLeader(line(Closed(("a plane was lost",))) + line(WRITTEN), 21))
    run.stop()
    assert (("a plane was lost",), WRITTEN, "over", [21]) == (run.problems, run.written, run.phase, codes)


def test_what_is_no_announcement_ends_the_run_and_is_told() -> None:
    """The leader's stdin ends, so that it ends the run and writes what there is; that is heard, too."""
    leader = FakeLeader(b"Segmentation fault\n" + line(Closed(("Locust is gone",))) + line(WRITTEN), 21)
    run, codes = over(leader)
    assert leader.stdin is not None
    assert leader.stdin.closed
    said = "The leader of the run said what is no announcement: b'Segmentation fault\\n'."
    assert ((said, "Locust is gone"), WRITTEN, [21]) == (run.problems, run.written, codes)


def test_a_leader_that_was_killed_leaves_an_invalid_run() -> None:
    """Also in the middle of a line; Locust's exit code must not be 0 then."""
    run, codes = over(FakeLeader(line(WRITTEN)[:9], -signal.SIGKILL))
    assert ("The leader of the run was ended by signal 9.", [EXIT_INVALID]) == (run.problems[-1], codes)


def test_a_word_reaches_a_leader_that_listens() -> None:
    """As long as the run is not over."""
    leader = FakeLeader(b"")
    run = LedRun(leader, NoPlanes(), lambda _: None)
    run.stop()
    assert isinstance(leader.stdin, io.BytesIO)
    assert f"{STOP}\n".encode() == leader.stdin.getvalue()
