"""Locust with workers over the network: the same run for any number of them, and no run without all of them."""

import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from chatproof.checkers.history.errors import SegmentError
from chatproof.checkers.history.run_document import RunDocument, read_run
from chatproof.checkers.history.segments import read_segments
from chatproof.cli.main import cli
from tests.loadtests.locust_process import PATIENCE_S, Locusts, network

pytestmark = pytest.mark.timeout(300)  # several processes, on a machine that may be busy

LOAD = ("-u", "30", "-r", "30")


def run_with(locusts: Locusts, workers: list[tuple[str, ...]]) -> RunDocument:
    """A short run with a worker for each tuple of options."""
    master_options, worker_options = network()
    master = locusts.start(*master_options, "--expect-workers", str(len(workers)), *LOAD, "-t", "5s")
    for own in workers:
        locusts.start(*worker_options, *own)
    code, output = locusts.end(master)
    assert 0 == code, output
    return read_run(locusts.run_dir)


def judged(run_dir: Path) -> int:
    """The exit code of `chatproof check`."""
    return int(cli.main(["check", str(run_dir), "--json"], standalone_mode=False))


@pytest.mark.slow
def test_one_worker_and_two_have_one_schedule(tmp_path: Path) -> None:
    """And the second one's recording comes back from a directory that the master never sees."""
    runs = []
    for count, more in ((1, []), (2, [("--chat-recordings", str(tmp_path))])):
        locusts = Locusts(tmp_path / str(count))
        locusts.directory.mkdir()
        try:
            runs.append(run_with(locusts, [(), *more]))
        finally:
            locusts.close()
    assert runs[0].schedule_sha256 == runs[1].schedule_sha256 != ""
    assert ([0], [0, 1]) == tuple(sorted({segment.worker for segment in run.segments}) for run in runs)
    assert [(), ()] == [run.problems for run in runs]
    assert all(segment.closed for run in runs for segment in run.segments)


def acknowledged(segments: Path) -> set[int]:
    """The workers whose plane has recorded the end of an operation; none while a segment has no header yet."""
    try:
        return {each.worker for each in read_segments(segments) if each.name == "operations.end" and len(each.rows)}
    except SegmentError:
        return set()


def wait_for_acks(locusts: Locusts, master: subprocess.Popen[bytes]) -> psutil.Process:
    """Wait until both planes have heard acknowledgements; that of worker 1."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and master.poll() is None:
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            is_plane = "chatproof.loadtests.plane" in line and "1" in line and str(locusts.directory) in " ".join(line)
            if is_plane and {0, 1} == acknowledged(locusts.run_dir / "segments"):
                return psutil.Process(process.pid)
        time.sleep(0.1)
    raise AssertionError(f"no plane came: {locusts.end(master)}")


@pytest.mark.slow
def test_a_lost_worker_makes_the_run_invalid_and_the_evidence_is_kept(locusts: Locusts) -> None:
    """Exit code 21 of Locust, and of the judge, which has the rows of both workers up to then."""
    master_options, worker_options = network()
    master = locusts.start(*master_options, "--expect-workers", "2", *LOAD, "-t", "60s")
    workers = [locusts.start(*worker_options) for _ in range(2)]
    plane = wait_for_acks(locusts, master)
    lost = next(worker for worker in workers if worker.pid == plane.ppid())
    lost.kill()
    code, output = locusts.end(master)
    assert 21 == code, output
    run = read_run(locusts.run_dir)
    assert ("The process that started plane 1 is gone.",) == run.problems
    assert {0, 1} == {segment.worker for segment in run.segments}
    assert 21 == judged(locusts.run_dir)
    assert "invalid" == json.loads((locusts.run_dir / "verdict.json").read_text())["verdict"]
