"""A child process in a session of its own: started with a log, signalled as a whole, waited for on trio, never left.

Linux only (pidfd, PDEATHSIG). `spawn` must be called in the main thread: the kernel ties the child's life to the
*thread* that started it, and trio ends idle worker threads.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import trio

from chatproof.backends import launcher

LAST_LINES = 8
"""How many lines of a log an error message quotes: enough for the end of a traceback, few enough to read."""

LAST_BYTES = 4096
"""How much of the end of a log is read for them."""


class ChildProcess:
    """One running (or ended) child and its process group."""

    def __init__(self, popen: subprocess.Popen[bytes], log: Path) -> None:
        self._popen = popen
        self.log = log

    @classmethod
    def spawn(cls, argv: Sequence[str], env: Mapping[str, str], log: Path, cwd: str = "") -> ChildProcess:
        """Start `argv` in `cwd` (here) with `env` as its whole environment; its output is appended to `log`.

        Raises:
            OSError: the log cannot be written or no process can be made. A program that does not exist is no error
                here: the child ends with `launcher.NOT_STARTED` and says so in its log.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        wrapped = [sys.executable, "-I", "-S", str(launcher.__file__), str(os.getpid()), *argv]
        with log.open("ab") as output:
            popen = subprocess.Popen(
                wrapped, env=dict(env), cwd=cwd or None, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )
        return cls(popen, log)

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's; the launcher keeps it across exec."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit code (negative: the signal that ended it), once a `wait` or `stop` has seen the end; else None."""
        return self._popen.returncode

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group; does nothing once the end was seen (the number may be another's by now)."""
        if self._popen.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def terminate(self) -> None:
        """Ask the child itself, not its children, to end (SIGTERM): how it ends its own children is its affair."""
        if self._popen.returncode is None:
            self._popen.terminate()

    async def wait(self) -> int:
        """Wait for the end; what the child left behind in its group is killed. Any number of tasks may wait."""
        if self._popen.returncode is None:
            await self._wait_for_zombie()
        if self._popen.returncode is None:
            self.signal(signal.SIGKILL)
        return self._popen.wait()

    async def _wait_for_zombie(self) -> None:
        """Return when the child has ended. It is not reaped yet, so its group's number cannot be reused."""
        descriptor = os.pidfd_open(self.pid)
        try:
            await trio.lowlevel.wait_readable(descriptor)
        finally:
            os.close(descriptor)

    async def stop(self, drain_s: float) -> int:
        """SIGTERM, up to `drain_s` seconds to end, SIGKILL. Cannot be cancelled, so nothing is ever left."""
        # A paused process would take its SIGTERM only after the continue that nobody would send.
        self.signal(signal.SIGCONT)
        self.terminate()
        with trio.move_on_after(drain_s, shield=True):
            await self.wait()
        self.signal(signal.SIGKILL)
        with trio.CancelScope(shield=True):
            await self.wait()
        return self._popen.wait()

    def is_paused(self) -> bool:
        """Whether the kernel has the child stopped (SIGSTOP took effect)."""
        return self._popen.returncode is None and _state_of(self.pid) == "T"

    def last_words(self) -> str:
        """The last lines of the log, joined for an error message; empty where there are none."""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(line for line in lines[-LAST_LINES:] if line.strip())


def _state_of(pid: int) -> str:
    """The kernel's one-letter state of a process; empty where it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return ""
    return text.rpartition(")")[2].split()[0]  # The name in parentheses may itself hold blanks and parentheses.
