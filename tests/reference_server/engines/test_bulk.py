"""Many rows in one statement."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from chatproof.reference_server.engines.embedded.bulk import put_rows


@pytest.mark.parametrize("count", [0, 1, 3, 85, 256, 600])
def test_every_row_is_put_once(count: int) -> None:
    """Whatever the number, and whichever statements it takes."""
    rows = [(n, str(n)) for n in range(count)]
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        put_rows(connection, "INSERT INTO t (a, b) {rows}", rows)
        assert rows == connection.execute("SELECT a, b FROM t ORDER BY a").fetchall()


def test_a_clause_may_follow_the_rows() -> None:
    """Upserts keep their conflict clause, also between rows of one statement."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)")
        upsert = "INSERT INTO t (a, b) {rows} ON CONFLICT (a) DO UPDATE SET b = max(b, excluded.b)"
        put_rows(connection, upsert, [(1, 2), (1, 5), (1, 3), (2, 1)])
        assert [(1, 5), (2, 1)] == connection.execute("SELECT a, b FROM t ORDER BY a").fetchall()
