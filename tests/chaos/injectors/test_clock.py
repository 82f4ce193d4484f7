"""Moving the clock of a process that looks into a file."""

from pathlib import Path

import pytest
import trio

from chatproof.chaos.errors import ChaosError, EffectNotSeen
from chatproof.chaos.faults import At, ClockFaultSpec
from chatproof.chaos.injectors.clock import FIELD_BYTES, ClockInjection
from chatproof.drivers.interface import Endpoint, StartCommand

pytestmark = pytest.mark.trio

HOUR = ClockFaultSpec("node-a", 3600.0, At(0.0), 1.0)


def injection_by(clock_offset: str) -> ClockInjection:
    """The step of a node that looks into this file."""
    endpoint = Endpoint(ws="ws://127.0.0.1:1/", http="http://127.0.0.1:1")
    command = StartCommand("node-a", (), {}, endpoint.http, endpoint, clock_offset=clock_offset)
    return ClockInjection(command, HOUR)


def look(path: Path) -> None:
    """Do what the process does at each reading of its clock: use whatever offset is asked for."""
    with path.open("r+b") as file:
        asked = file.read(FIELD_BYTES)
        file.write(asked)


async def undo(injection: ClockInjection, undone: trio.Event) -> None:
    """Undo the step, and say so."""
    await injection.stop()
    undone.set()


async def test_a_step_is_seen_and_undone(tmp_path: Path) -> None:
    """The process says that it uses the offset; the end waits until it says that it uses none."""
    path = tmp_path / "offset"
    path.write_bytes(bytes(2 * FIELD_BYTES))
    injection = injection_by(str(path))
    await injection.start()
    look(path)

    assert "the process reads the time of day +3600 s off" == await injection.effect()
    undone = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(undo, injection, undone)
        await trio.testing.wait_all_tasks_blocked()
        is_undone_unseen = undone.is_set()
        look(path)
    assert (False, True) == (is_undone_unseen, undone.is_set())
    assert bytes(2 * FIELD_BYTES) == path.read_bytes()


async def test_a_process_that_does_not_look_was_not_broken(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """An offset that nobody reads has no effect."""
    path = tmp_path / "offset"
    path.write_bytes(bytes(2 * FIELD_BYTES))
    injection = injection_by(str(path))
    await injection.start()

    with pytest.raises(EffectNotSeen, match="node-a has not read its clock within 3 s"):
        await injection.effect()


async def test_a_clock_without_a_file_cannot_be_moved() -> None:
    """The sentence says why."""
    with pytest.raises(ChaosError, match="it was started without a file for it"):
        injection_by("")
