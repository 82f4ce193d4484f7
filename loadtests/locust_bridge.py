"""A Locust worker's plane: its own process, started after the fork, heard through a pipe, ended with its worker."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Sequence

import gevent
import msgspec
from locust.stats import RequestStats

from chatproof.loadtests.histograms import Snapshot
from chatproof.loadtests.locust_stats import fold

_decoder = msgspec.json.Decoder(list[Snapshot])


class PlaneProcess:
    """One plane process; `on_end` is called once with its exit code. The plane ends when its stdin does.

    It is in a session of its own: a Ctrl-C is for Locust, which then ends the run in good order.
    """

    def __init__(
        self, plan: str, worker: int, stats: RequestStats, on_end: Callable[[int], None], more: Sequence[str] = ()
    ) -> None:
        self._stats = stats
        self._on_end = on_end
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chatproof.loadtests.plane", plan, "--worker", str(worker), "--pipe", *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )
        gevent.spawn(self._listen)

    def _listen(self) -> None:
        """Fold what comes, once a second, until the pipe ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(msgspec.DecodeError):  # half a line: the plane was killed, as its exit code says
                for snapshot in _decoder.decode(line):
                    fold(snapshot, self._stats)
        self._on_end(self._process.wait())
