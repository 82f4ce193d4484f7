"""Many rows in one statement.

`executemany` gives the interpreter's lock away and waits for it again at every row: beside a busy event loop that
is up to 5 ms a row. One statement of many rows waits once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain

from chatproof.reference_server.ports.disk import Connection

SIZES = (256, 64, 16, 4, 1)
"""Rows per statement, largest first: few enough texts that SQLite's prepared ones are used again."""


def put_rows(connection: Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Run an INSERT whose text says `{rows}` where the VALUES stand. Raises `sqlite3.Error`."""
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            part = rows[start : start + size]
            connection.execute(_text(statement, size, len(part[0])), tuple(chain.from_iterable(part)))
            start += size


@cache
def _text(statement: str, size: int, width: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(rows=f"VALUES {', '.join([row] * size)}")
