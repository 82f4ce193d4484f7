"""`python -m chatproof.checkers.live RUN [SECONDS]`: judges a run while it goes on, behind everything else.

Reads RUN/live/ (run.json, history/devices.parquet, history/conversations.parquet: what is known from the start) and
follows RUN/segments. Writes a `Round` on stdout, one line of JSON each, SECONDS (default 1) apart or more, so that
it is never busy for more than half the time. Ends when every worker has finished.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.parquet import read_tables
from chatproof.checkers.history.run_document import read_run
from chatproof.checkers.history.tail import Tail
from chatproof.checkers.judge import JudgeError
from chatproof.checkers.live.rounds import LiveJudge

NICENESS = 19
"""Behind everything, so that what is judged does not depend on whether it is judged now."""


def follow(run_dir: Path, pause_s: float) -> None:
    """Judge the run until it is over. Raises `HistoryError` and `JudgeError`."""
    run = read_run(run_dir / "live")
    tail = Tail(run_dir / "segments", [worker.worker for worker in run.workers])
    judge = LiveJudge(tail, run, read_tables(run_dir / "live"))
    try:
        while True:
            looked = judge.round()
            print(msgspec.json.encode(looked).decode(), flush=True)
            if looked.over:
                return
            time.sleep(max(pause_s, looked.seconds))
    finally:
        judge.close()


def main(argv: list[str]) -> int:
    """0 when the run was judged to its end, 1 when it cannot be judged, 2 for wrong arguments."""
    if len(argv) not in {1, 2}:
        print("usage: python -m chatproof.checkers.live RUN [SECONDS]", file=sys.stderr)
        return 2
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    try:
        follow(Path(argv[0]), float(argv[1]) if len(argv) == 2 else 1.0)
    except (HistoryError, JudgeError) as problem:
        print(f"live judging: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
