"""The whole load generator by itself: Locust, two planes, the driver's own target, all phases, a recorded history."""

import os
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

import psutil
import pytest

from chatproof.backends import ports
from chatproof.checkers.history.segments import SegmentRows, read_segments, read_texts

pytestmark = pytest.mark.timeout(300)  # several processes, on a machine that may be busy

LOCUSTFILE = str(files("chatproof.loadtests") / "locustfile.py")
PATIENCE_S = 90


def run_locust(tmp_path: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Headless Locust with two workers, on a port of its own, to its end."""
    (port,) = ports.free_ports(1)
    argv = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--headless", "--only-summary", "--processes", "2"]
    argv += ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(port), "--master-port", str(port), *options]
    return subprocess.run(
        argv, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, env={**os.environ, **(env or {})}
    )


def texts_of(run_dir: Path, segments: tuple[SegmentRows, ...], name: str, column: str) -> Counter[str | None]:
    """How often each text stands in a column, over both workers."""
    found: Counter[str | None] = Counter()
    for segment in segments:
        if segment.name == name:
            texts = read_texts(run_dir / "segments", segment.worker)
            found.update(texts[code] if code >= 0 else None for code in segment.rows[column].tolist())
    return found


@pytest.mark.slow
def test_locust_alone_plays_a_run_to_its_end(tmp_path: Path) -> None:
    """Exit code 0, acks in Locust's own table, a complete history of both workers, no process left."""
    done = run_locust(tmp_path, "-u", "60", "-r", "60", "-t", "6s")
    assert 0 == done.returncode, done.stderr
    assert "send → ack" in done.stdout + done.stderr
    (run_dir,) = (tmp_path / "runs").iterdir()
    segments = read_segments(run_dir / "segments")
    assert all(segment.closed for segment in segments)
    rows = {name: sum(len(s.rows) for s in segments if s.name == name) for name in {s.name for s in segments}}
    assert rows["operations.begin"] == rows["operations.end"]
    assert rows["attempts.begin"] == rows["attempts.end"]
    assert rows["connections.begin"] == rows["connections.end"]
    assert rows["deliveries"] > 2_000
    assert texts_of(run_dir, segments, "operations.end", "outcome")["ok"] > 300
    assert {"audit", "probe", "app"} <= set(texts_of(run_dir, segments, "reads.begin", "purpose"))
    left = [p for p in psutil.process_iter(["cmdline"]) if str(run_dir) in " ".join(p.info["cmdline"] or ())]
    assert [] == left


@pytest.mark.slow
def test_a_plan_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    """The planes say so in a sentence and end, and Locust with them, with exit code 1."""
    done = run_locust(tmp_path, "-u", "60", "-r", "60", env={"CHATPROOF_PLAN": str(tmp_path / "no-plan.json")})
    assert 1 == done.returncode
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_target_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Before any plane starts."""
    (port,) = ports.free_ports(1)
    done = run_locust(tmp_path, "-u", "60", "-t", "3s", "--host", f"ws://127.0.0.1:{port}/v1/ws")
    assert 30 == done.returncode
    assert "chatproof: POST" in done.stderr
    assert "Traceback" not in done.stderr
