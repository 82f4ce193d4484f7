"""Live judging from the gate's side: what the judge's process says is heard, and a violation ends the run early."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import trio

from chatproof.backends.process import ChildProcess
from chatproof.checkers.history.history import History
from chatproof.checkers.live.rounds import LiveFinding, Round
from chatproof.gate.live import LiveJudging

pytestmark = pytest.mark.slow

NS = 1_000_000_000
FOUND = Round(
    round=1, judged_ns=12_300_000_000, rows=9, conversations=1, seconds=0.1, over=False,
    findings=(LiveFinding("ordered-stream", "device 1 got seq 2 before seq 1", 5),),
)  # fmt: skip


def heard(tmp_path: Path, program: str, *, until_broken: bool) -> tuple[LiveJudging, list[str]]:
    """What a judge's process that runs this program gets across."""
    told: list[str] = []

    async def listen() -> LiveJudging:
        child = ChildProcess.spawn([sys.executable, "-c", program], os.environ, tmp_path / "live.log")
        live = LiveJudging(child)
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(live.watch, told.append)
                await (live.wait_broken() if until_broken else child.wait())
                if until_broken:
                    nursery.cancel_scope.cancel()
        await child.stop(0)
        return live

    return trio.run(listen), told


def test_a_violation_is_heard_while_the_judge_goes_on(tmp_path: Path) -> None:
    """It is told in its sentence, and up to when the run is judged is known."""
    line = msgspec.json.encode(FOUND).decode()
    live, told = heard(tmp_path, f"import signal; print({line!r}, flush=True); signal.pause()", until_broken=True)
    assert (["broken: ordered-stream: device 1 got seq 2 before seq 1"], FOUND.judged_ns) == (told, live.judged_ns)


def test_the_first_violation_of_each_guarantee_is_kept_and_the_rest_counted(tmp_path: Path) -> None:
    """A server that breaks one for an hour fills no memory; the first few are told, whatever they break."""
    often = tuple(LiveFinding("ordered-stream", f"message {number}", number) for number in range(1000))
    found = msgspec.structs.replace(FOUND, findings=(*often, LiveFinding("no-gap", "a hole", 7)))
    line = msgspec.json.encode(found).decode()
    live, told = heard(tmp_path, f"import signal; print({line!r}, flush=True); signal.pause()", until_broken=True)
    assert {"ordered-stream": "message 0", "no-gap": "a hole"} == {
        name: each.sentence for name, each in live.first.items()
    }
    assert {"ordered-stream": 1000, "no-gap": 1} == live.counts
    assert [f"broken: ordered-stream: message {number}" for number in range(5)] == told


def test_a_live_judge_that_fails_spoils_nothing(tmp_path: Path) -> None:
    """Its last words are told, and nobody takes them for a violation."""
    _, told = heard(tmp_path, "raise SystemExit('no such run')", until_broken=False)
    assert ["live judging ended: no such run"] == told


@pytest.mark.timeout(200)
def test_a_violation_ends_the_run_early(tmp_path: Path) -> None:
    """With --fail-fast main ends within seconds of a violation, in good order; the verdict is the final judge's."""
    command = [sys.executable, "-m", "chatproof.cli.main", "gate", "--target", "mutant:larger-seq-first"]
    command += ["--scenario", "short-links", "--fail-fast", "--json", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert 10 == done.returncode, done.stderr
    verdict = json.loads(done.stdout)
    broken = {result["name"]: result for result in verdict["guarantees"] if result["result"] == "broken"}
    with History.open(tmp_path / verdict["run_id"]) as history:
        ended_ns = history.rows("SELECT max(end_ns) FROM phases WHERE phase = 'main'")[0][0]
    assert [] == verdict["evidence_problems"]
    assert ended_ns - broken["ordered-stream"]["violations"][0]["t_ns"] < 15 * NS
