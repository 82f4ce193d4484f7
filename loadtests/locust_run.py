"""One run of a Locust that was started by hand: its leader, a process of its own, and what that has said so far."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence

import gevent
import msgspec
from gevent.event import Event

from chatproof.loadtests.announcements import GATHERED, STOP, Announcement, Closed, Going, Prepared, Written
from chatproof.loadtests.locust_planes import Planes

GATHER_S = 90.0
"""How long planes may take to end, and recordings to come in, once the leader says that the run is over."""

_decoder: msgspec.json.Decoder[Announcement] = msgspec.json.Decoder(Announcement)
_log = logging.getLogger("chatproof")


class LedRun:
    """A run from its beginning to the written run directory; `on_end` is called once with the exit code.

    Attributes:
        prepared, going, written: what the leader said last, None while it has not.
        problems: what went wrong, in sentences.
    """

    def __init__(self, arguments: Sequence[str], planes: Planes, on_end: Callable[[int], None]) -> None:
        self.prepared: Prepared | None = None
        self.going: Going | None = None
        self.written: Written | None = None
        self.problems: tuple[str, ...] = ()
        self._planes = planes
        self._on_end = on_end
        self._over = Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chatproof.gate.standalone", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )
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
        """Hear the leader to its end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._take(_decoder.decode(line))
        code = self._process.wait()
        self._over.set()
        self._on_end(code)

    def _take(self, said: Announcement) -> None:
        match said:
            case Prepared(plan=plan):
                self.prepared = said
                self._planes.start(plan)
            case Going():
                self.going = said
            case Closed(problems):
                self.problems = problems
                if self.prepared is not None:
                    self._planes.wait_over(GATHER_S)
                    self._tell(GATHERED)
            case Written():
                self.written = said
                self.problems = said.problems
                self._report(said)

    def _report(self, written: Written) -> None:
        for problem in written.problems:
            _log.error(problem)
        for note in written.notes:
            _log.warning(note)
        _log.info("the run is in %s; judge it: chatproof check %s", written.run_dir, written.run_dir)

    def _tell(self, word: str) -> None:
        """Say a word to the leader, if it is there."""
        assert self._process.stdin is not None
        if self._over.is_set():
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(word.encode() + b"\n")
            self._process.stdin.flush()
