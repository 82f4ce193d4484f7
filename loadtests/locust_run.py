"""One run of a Locust that was started by hand: its leader, a process of its own, and what that has said so far."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Protocol

import gevent
import msgspec
from gevent.event import Event

from chatproof.checkers.results import EXIT_INVALID
from chatproof.loadtests.announcements import GATHERED, STOP, Announcement, Closed, Going, Prepared, Written

if TYPE_CHECKING:
    from chatproof.loadtests.locust_planes import Planes  # imports Locust, which patches the process it is in

GATHER_S = 90.0
"""How long planes may take to end, and recordings to come in, once the leader says that the run is over."""

_QUOTED_BYTES = 80
"""Of a line that is no announcement, so much is told."""

_decoder: msgspec.json.Decoder[Announcement] = msgspec.json.Decoder(Announcement)
_log = logging.getLogger("chatproof")


class Leader(Protocol):
    """The leader's process, its standard streams in bytes; `subprocess.Popen` is one."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self) -> int:
        """Wait for its end; its exit code, negative for the signal that ended it."""
        ...


def leader_with(arguments: Sequence[str]) -> Leader:
    """Start one, in a session of its own: who interrupts Locust at its terminal does not interrupt the leader."""
    return subprocess.Popen(
        [sys.executable, "-m", "chatproof.gate.standalone", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


class LedRun:
    """A run from its beginning to the written run directory; `on_end` is called once with the exit code.

    Attributes:
        prepared, going, written: what the leader said last, None while it has not.
        problems: what went wrong, in sentences.
    """

    def __init__(self, leader: Leader, planes: Planes, on_end: Callable[[int], None]) -> None:
        self.prepared: Prepared | None = None
        self.going: Going | None = None
        self.written: Written | None = None
        self.problems: tuple[str, ...] = ()
        self._planes = planes
        self._on_end = on_end
        self._over = Event()
        self._leader = leader
        gevent.spawn(self._listen)

    @property
    def phase(self) -> str:
        """Where the run is, in a word."""
        if self.written is not None or self._over.is_set():
            return "over"
        return self.going.phase if self.going else "setup" if self.prepared else "starting"

    def stop(self) -> None:
        """End main now, in good order: what follows it takes its time. A run that is over stays over."""
        self._tell(STOP)

    def wait_over(self) -> None:
        """Wait until everything is written."""
        self._over.wait()

    def _listen(self) -> None:
        """Hear the leader to its end; the run is over with it, however it ended."""
        assert self._leader.stdout is not None
        for line in self._leader.stdout:
            try:
                said = _decoder.decode(line)
            except msgspec.DecodeError:
                self._give_up(f"The leader of the run said what is no announcement: {line[:_QUOTED_BYTES]!r}.")
            else:
                self._take(said)
        code = self._leader.wait()
        if code < 0:
            self._note(f"The leader of the run was ended by signal {-code}.")
        self._over.set()
        self._on_end(code if code >= 0 else EXIT_INVALID)

    def _give_up(self, problem: str) -> None:
        """Listen no more to be understood: the end of its stdin has the leader end the run, and write what there is."""
        assert self._leader.stdin is not None
        self._note(problem)
        self._leader.stdin.close()

    def _note(self, *problems: str) -> None:
        """Log problems, and keep those that are new."""
        for problem in problems:
            if problem not in self.problems:
                _log.error(problem)
                self.problems += (problem,)

    def _take(self, said: Announcement) -> None:
        match said:
            case Prepared(plan=plan):
                self.prepared = said
                self._planes.start(plan)
            case Going():
                self.going = said
            case Closed(problems):
                self._note(*problems)
                if self.prepared is not None:
                    self._planes.wait_over(GATHER_S)
                    self._tell(GATHERED)
            case Written():
                self.written = said
                self._note(*said.problems)
                self._report(said)

    def _report(self, written: Written) -> None:
        for note in written.notes:
            _log.warning(note)
        _log.info("the run is in %s; judge it: chatproof check %s", written.run_dir, written.run_dir)

    def _tell(self, word: str) -> None:
        """Say a word to the leader, if it is there."""
        assert self._leader.stdin is not None
        if self._over.is_set() or self._leader.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._leader.stdin.write(word.encode() + b"\n")
            self._leader.stdin.flush()
