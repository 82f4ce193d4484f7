"""A generator that stalls: SLOs and liveness are void, what was proven stays proven."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

STALLS = 10
STALL_S = 0.5


def stall_a_plane(gate: int) -> None:
    """Stop one plane for half a second in each of ten different seconds. The waits are the fault itself."""
    planes = [child.pid for child in psutil.Process(gate).children(recursive=True) if "--worker" in child.cmdline()]
    plane = min(pid for pid in planes if "loadtests.plane" in " ".join(psutil.Process(pid).cmdline()))
    for _ in range(STALLS):
        os.kill(plane, signal.SIGSTOP)
        time.sleep(STALL_S)
        os.kill(plane, signal.SIGCONT)
        time.sleep(1.05 - STALL_S)


@pytest.mark.parametrize(
    ("target", "code"), [("embedded", 21), ("mutant:larger-seq-first", 10)], ids=["healthy", "mutant"]
)
def test_ten_stalls_of_half_a_second(target: str, code: int, tmp_path: Path) -> None:
    """The healthy server's run is invalid for its load alone; a mutant is found all the same."""
    command = [sys.executable, "-m", "chatproof.cli.main", "gate", "--target", target, "--scenario", "short-links"]
    command += ["--out", str(tmp_path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as gate:
        assert gate.stderr is not None
        assert any("main:" in line for line in gate.stderr), "main never began"
        stall_a_plane(gate.pid)
        stdout, stderr = gate.communicate(timeout=120)
    assert code == gate.returncode, stderr
    verdict = json.loads(stdout)
    assert [] == verdict["evidence_problems"]
    assert len(verdict["load_problems"]) > 0
