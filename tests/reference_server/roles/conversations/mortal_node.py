"""A host that talks to itself until it dies: run by test_crash as `python -m … DIRECTORY POINT COUNT DISK`.

Every acknowledgement is written to stdout before anything else happens, one `name seq` a line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from chatproof.reference_server.core.commands import Answer, Appended, ChangeMembership, Command
from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.engine import open_engine
from chatproof.reference_server.ports.crash import CrashPoint
from chatproof.reference_server.ports.disk import Disk
from chatproof.reference_server.roles.conversations import Conversations
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.simulation.lossy_disk import LossyDisk
from tests.reference_server.roles.conversations.node import PARTITIONS, group, key, message

ROUNDS = 40
BURST = 5


class DieAt:
    """Kills this process when it passes the point for the n-th time."""

    def __init__(self, point: str, count: int) -> None:
        self._point = point
        self._left = count

    def crash_at(self, point: CrashPoint) -> None:
        """Count down; then no exit handler runs and nothing is flushed."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def commands() -> dict[str, Command]:
    """Everything that is asked, by name: a restarted host can be asked the same."""
    asked: dict[str, Command] = {"create": group(1, "a", "b", "c")}
    for n in range(2, 2 + ROUNDS * BURST):
        if n % 11 == 0:
            change = "kick" if n % 2 else "join"
            asked[f"{change}{n}"] = ChangeMembership("g", "a", "c", key(n), change)  # type: ignore[arg-type]
        else:
            asked[f"send{n}"] = message(n, "a" if n % 2 else "b", f"body {n}")
    return asked


async def run(directory: Path, point: str, count: int, disk: Disk) -> None:
    """Ask in bursts, and note what is acknowledged."""
    engine = await open_engine(directory, disk, partitions=PARTITIONS, crash=DieAt(point, count))
    host = Conversations(*engine, bounds=Bounds(snapshot_every=20, snapshot_bytes_per_record=10_000))
    await host.start()
    asked = list(commands().items())
    await asyncio.gather(ask(host, *asked[0]))
    for number, start in enumerate(range(1, len(asked), BURST)):
        await asyncio.gather(*(ask(host, *one) for one in asked[start : start + BURST]))
        if number % 2:
            await engine.store.drained()  # so that the views are written, and snapshots taken, many times over


def ask(host: Conversations, name: str, command: Command) -> asyncio.Future[None]:
    """Submit; the acknowledgement leaves the process at once."""
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(answer: Answer) -> None:
        if isinstance(answer.outcome, Appended):
            os.write(1, f"{name} {answer.outcome.seq}\n".encode())
        answered.set_result(None)

    host.submit(command, done)
    return answered


if __name__ == "__main__":
    where = Path(sys.argv[1])
    disk = LossyDisk(where / "unsynced") if sys.argv[4] == "lossy" else SystemDisk()
    asyncio.run(run(where, sys.argv[2], int(sys.argv[3]), disk))
