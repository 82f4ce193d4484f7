"""A clock that somebody else moves."""

import asyncio
import time
from pathlib import Path

import pytest

from chatproof.reference_server.composition import healthy_parts
from chatproof.simulation import with_moved_clock
from chatproof.simulation.moved_clock import FIELD_BYTES, FILE_BYTES, MovedClock

HOUR_NS = 3_600_000_000_000


class StoppedClock:
    """Both clocks stand still."""

    def monotonic_ns(self) -> int:
        """Always the same."""
        return 7

    def wall_ns(self) -> int:
        """Always the same."""
        return 10 * HOUR_NS


def move(path: Path, offset_ns: int) -> None:
    """Ask for an offset, as the nemesis does."""
    with path.open("r+b") as file:
        file.write(offset_ns.to_bytes(FIELD_BYTES, "little", signed=True))


def test_a_new_file_moves_nothing(tmp_path: Path) -> None:
    """Where there is no file, one is made that asks for no offset."""
    clock = MovedClock(StoppedClock(), tmp_path / "offset")

    assert 10 * HOUR_NS == clock.wall_ns()
    assert bytes(FILE_BYTES) == (tmp_path / "offset").read_bytes()


@pytest.mark.parametrize("offset_ns", [HOUR_NS, -HOUR_NS])
def test_the_time_of_day_follows_the_file_at_each_reading(tmp_path: Path, offset_ns: int) -> None:
    """Forward or back, at once, and what was used is written down beside it."""
    path = tmp_path / "offset"
    clock = MovedClock(StoppedClock(), path)
    move(path, offset_ns)

    assert 10 * HOUR_NS + offset_ns == clock.wall_ns()
    assert offset_ns == int.from_bytes(path.read_bytes()[FIELD_BYTES:], "little", signed=True)


def test_the_monotonic_clock_does_not_jump(tmp_path: Path) -> None:
    """Deadlines and durations are not what a step of the time of day breaks."""
    clock = MovedClock(StoppedClock(), tmp_path / "offset")
    move(tmp_path / "offset", HOUR_NS)

    assert 7 == clock.monotonic_ns()


async def _engine_time(directory: Path) -> int:
    """What an engine on a moved clock takes the time to be."""
    parts = with_moved_clock(healthy_parts(), directory / "offset")
    engine = await parts.engine(directory / "data", parts.disk)
    try:
        return engine.clock.wall_ns()
    finally:
        await engine.log.close()
        await engine.store.close()


def test_a_server_on_it_has_the_time_of_the_file(tmp_path: Path) -> None:
    """The whole engine reads this clock; nothing else of the server changes."""
    (tmp_path / "offset").write_bytes(HOUR_NS.to_bytes(FIELD_BYTES, "little") + bytes(FIELD_BYTES))

    ahead_ns = asyncio.run(_engine_time(tmp_path)) - time.time_ns()

    assert 0 == round(ahead_ns / HOUR_NS - 1, 1)
