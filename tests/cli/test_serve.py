"""`chatproof serve` as somebody starts it: a ready line, a clean end, and one sentence for each thing that is wrong."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.reference_server.conformance.process import PORTS, served, start
from tests.reference_server.conformance.world import PATIENCE_S

pytestmark = pytest.mark.slow

START_S = 20.0
"""Longer than any start that fails, on a machine that is shared."""


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr of a server that does not start."""
    with process:
        try:
            _, complaint = process.communicate(timeout=START_S)
        finally:
            process.kill()
        return process.returncode, complaint


def one_sentence(complaint: str) -> bool:
    """Whether a person can read it: one line, no traceback."""
    return complaint.startswith("chatproof: ") and 1 == complaint.count("\n")


def test_sigterm_drains_and_exits_with_0(tmp_path: Path) -> None:
    """Ready line first; the next life has a larger incarnation."""
    lives = []
    for _ in range(2):
        with served(tmp_path) as server:
            lives.append(int(server.incarnation))
            server.process.send_signal(signal.SIGTERM)
            assert 0 == server.process.wait(PATIENCE_S)
            assert server.process.stderr is not None
            assert "" == server.process.stderr.read()
    assert sorted(set(lives)) == lives


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """30 and the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, complaint = outcome(start(tmp_path, "--http-port", port))
    assert (30, True, True) == (code, one_sentence(complaint), port in complaint)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """30 and the directory."""
    (tmp_path / "file").write_text("in the way")
    code, complaint = outcome(start(tmp_path / "file" / "data"))
    assert (30, True, True) == (code, one_sentence(complaint), str(tmp_path) in complaint)


def test_a_directory_in_use_is_named(tmp_path: Path) -> None:
    """Two servers never share a log."""
    with served(tmp_path):
        code, complaint = outcome(start(tmp_path))
    assert (30, True) == (code, one_sentence(complaint))


def test_an_unreadable_key_file_is_named(tmp_path: Path) -> None:
    """30 and the file."""
    code, complaint = outcome(start(tmp_path, "--admin-key-file", str(tmp_path / "none")))
    assert (30, True) == (code, one_sentence(complaint))


@pytest.mark.parametrize("options", [("--ws-port", "x"), ("--dance",), ("--mutant", "nobody"), ("--storage", "cloud")])
def test_a_wrong_flag_is_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    """2, and no traceback."""
    code, complaint = outcome(start(tmp_path, *options))
    assert (2, False) == (code, "Traceback" in complaint)


def test_the_ports_of_the_ready_line_are_real(tmp_path: Path) -> None:
    """Port 0 picks free ones, and the line names them."""
    assert "0" in PORTS
    with served(tmp_path) as server:
        for url in (server.ws_url, server.http_url):
            host, port = url.split("/")[2].split(":")
            socket.create_connection((host, int(port)), timeout=PATIENCE_S).close()


def test_a_lossy_storage_says_what_it_holds(tmp_path: Path) -> None:
    """The view is not synced at once: something is held while it serves, and nothing after an orderly end."""
    counts = []
    with served(tmp_path, "--storage", "lossy") as server:
        counts.append(int.from_bytes((tmp_path / "unsynced").read_bytes(), "little"))
        server.process.send_signal(signal.SIGTERM)
        assert 0 == server.process.wait(PATIENCE_S)
    counts.append(int.from_bytes((tmp_path / "unsynced").read_bytes(), "little"))
    assert (True, 0) == (counts[0] > 0, counts[1])


def test_unreadable_data_is_named(tmp_path: Path) -> None:
    """30, one sentence, and the process ends: no thread of the engine outlives the failure."""
    with served(tmp_path):
        pass
    for kept in tmp_path.glob("log.db*"):
        kept.write_bytes(b"not a database, but as long as one" * 400)
    code, complaint = outcome(start(tmp_path))
    assert (30, True) == (code, one_sentence(complaint))
