"""One thread that owns one SQLite connection: jobs run on it in the order they were given."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from chatproof.reference_server.ports.disk import Connection, Disk

T = TypeVar("T")
Job = Callable[[Connection], T]


class Worker:
    """Runs jobs on its connection. Everything but the jobs happens on the loop that made it."""

    __slots__ = ("_connection", "_loop", "_thread")

    def __init__(self, name: str, disk: Disk, path: Path, pragmas: tuple[str, ...], schema: str) -> None:
        """Open or create the database on this disk; `name` is the thread's. Raises `sqlite3.Error`."""
        self._loop = asyncio.get_running_loop()
        self._connection = _open(disk, path, pragmas, schema)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def post(self, job: Job[None]) -> None:
        """Run a job that tells its result by itself, through `call`: one hop each way and no future."""
        self._thread.submit(job, self._connection)

    def call(self, callback: Callable[..., None], *args: object) -> None:
        """From a job: call back on the loop."""
        self._loop.call_soon_threadsafe(callback, *args)

    def run(self, job: Job[T]) -> asyncio.Future[T]:
        """Run a job; the future has its result, or its exception."""
        return self._loop.run_in_executor(self._thread, job, self._connection)

    async def close(self) -> None:
        """Finish the jobs given so far, close the connection, end the thread."""
        await self.run(lambda connection: connection.close())
        self._thread.shutdown()


def _open(disk: Disk, path: Path, pragmas: tuple[str, ...], schema: str) -> Connection:
    connection = disk.connect(path, pragmas)
    try:
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
