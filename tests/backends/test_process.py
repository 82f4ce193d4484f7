"""Children in sessions of their own: started, signalled, waited for, never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from chatproof.backends.launcher import NOT_STARTED
from chatproof.backends.process import ChildProcess

PYTHON = (sys.executable, "-I", "-S", "-c")
SLEEPER = (*PYTHON, "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    *PYTHON,
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
)
PARENT = (
    *PYTHON,
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)",
)


async def first_line(child: ChildProcess) -> str:
    """Wait until the child has printed a line."""
    with trio.fail_after(10):
        while "\n" not in (text := child.log.read_text()):
            await trio.sleep(0.005)
    return text.splitlines()[0]


async def wait_gone(pid: int) -> None:
    """Wait until a process that is not our child is gone (or a zombie that its new parent has not reaped)."""
    with trio.fail_after(10):
        while (stat := Path(f"/proc/{pid}/stat")).exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            await trio.sleep(0.005)


@pytest.mark.trio
async def test_the_exit_code_and_output_are_kept(tmp_path: Path) -> None:
    """`wait` returns the program's exit code; what it printed is in the log."""
    child = ChildProcess.spawn((*PYTHON, "print('a last word'); raise SystemExit(7)"), os.environ, tmp_path / "log")
    assert 7 == await child.wait()
    assert "a last word" == child.last_words()


@pytest.mark.trio
async def test_a_program_that_does_not_exist_says_so_in_the_log(tmp_path: Path) -> None:
    """The child ends with the shells' code for it, and its log names the program."""
    child = ChildProcess.spawn(("no-such-program-anywhere",), os.environ, tmp_path / "log")
    assert NOT_STARTED == await child.wait()
    assert "cannot start no-such-program-anywhere: No such file or directory" == child.last_words()


@pytest.mark.trio
async def test_any_number_of_tasks_may_wait(tmp_path: Path) -> None:
    """Two tasks that wait for one child both get its end."""
    child = ChildProcess.spawn(SLEEPER, os.environ, tmp_path / "log")
    codes: list[int] = []

    async def wait() -> None:
        codes.append(await child.wait())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        child.signal(signal.SIGKILL)
    assert [-9, -9] == codes


@pytest.mark.trio
async def test_stop_asks_first(tmp_path: Path) -> None:
    """A child that obeys SIGTERM ends by it."""
    child = ChildProcess.spawn(SLEEPER, os.environ, tmp_path / "log")
    await first_line(child)
    assert -signal.SIGTERM == await child.stop(10)


@pytest.mark.trio
async def test_stop_does_not_ask_twice(tmp_path: Path) -> None:
    """A child that ignores SIGTERM is killed after the bound."""
    child = ChildProcess.spawn(STUBBORN, os.environ, tmp_path / "log")
    await first_line(child)
    assert -signal.SIGKILL == await child.stop(0.05)


@pytest.mark.trio
async def test_stop_ends_a_paused_child(tmp_path: Path) -> None:
    """A stopped process gets its SIGTERM, because it is continued first."""
    child = ChildProcess.spawn(SLEEPER, os.environ, tmp_path / "log")
    await first_line(child)
    child.signal(signal.SIGSTOP)
    with trio.fail_after(10):
        while not child.is_paused():
            await trio.sleep(0.001)
    assert -signal.SIGTERM == await child.stop(10)


@pytest.mark.trio
async def test_stop_is_finished_even_when_cancelled(tmp_path: Path) -> None:
    """A cancelled caller of `stop` still leaves no process."""
    child = ChildProcess.spawn(SLEEPER, os.environ, tmp_path / "log")
    with trio.CancelScope() as scope:
        scope.cancel()
        await child.stop(10)
    assert child.returncode is not None


@pytest.mark.trio
async def test_children_of_the_child_go_with_it(tmp_path: Path) -> None:
    """When the child ends, what it left in its group is killed."""
    child = ChildProcess.spawn(PARENT, os.environ, tmp_path / "log")
    grandchild = int(await first_line(child))
    await child.stop(10)
    await wait_gone(grandchild)


@pytest.mark.trio
async def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """kill -9 of the process that spawned a child ends the child as well."""
    log = tmp_path / "log"
    program = (
        "import os, pathlib, sys, time\n"
        "from chatproof.backends.process import ChildProcess\n"
        f"child = ChildProcess.spawn({SLEEPER!r}, os.environ, pathlib.Path({str(log)!r}))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        with trio.fail_after(10):
            while not (log.exists() and log.read_text()):
                await trio.sleep(0.005)
        parent.kill()
    await wait_gone(pid)


@pytest.mark.trio
async def test_last_words_are_the_end_of_a_long_log(tmp_path: Path) -> None:
    """Of a long log the last lines are quoted, the start is not."""
    child = ChildProcess.spawn((*PYTHON, "for n in range(9000): print('line', n)"), os.environ, tmp_path / "log")
    await child.wait()
    assert [f"line {n}" for n in range(8992, 9000)] == child.last_words().splitlines()
