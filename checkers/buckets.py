"""Splits a history into buckets of conversations that can be judged one after the other, or far apart.

A bucket has every row of some conversations, the users' own streams (`me`) of some users, and all rows of the tables
that belong to no conversation. What a guarantee finds in the buckets is then together what it finds in the whole, if
its key is one that buckets keep together (`guarantee.SPLIT_KEYS`): conversations that rows of a broken target link,
such as a message of one that arrived in another, are put into one bucket.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import duckdb
from msgspec import Struct

from chatproof.checkers.history.history import History
from chatproof.checkers.history.parquet import quoted
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.questions import Answer

ROWS_PER_BUCKET = 6_000_000
"""Rows of split tables in one bucket: the relations over them then fit into some two gigabytes."""

_BY_CONVERSATION = "LEFT JOIN bucket_of b ON b.conv = t.conv"

_FLUSHED = 65_536
"""Rows of one bucket that a thread holds before it writes them."""

SPLIT: dict[str, str] = {
    "deliveries": f"""
        SELECT t.*, CASE t.scope WHEN 'me' THEN $first + coalesce(d."user", 0) % ($count - $first) ELSE b.bucket END
                    AS bucket
        FROM deliveries t {_BY_CONVERSATION} LEFT JOIN devices d ON d.dev = t.dev
    """,
    "attempts": """
        SELECT t.*, coalesce(b.bucket, $first) AS bucket
        FROM attempts t LEFT JOIN operations o ON o.op = t.op LEFT JOIN bucket_of b ON b.conv = o.conv
    """,
    "reads": f"""
        SELECT t.*, coalesce(b.bucket, $first) AS bucket FROM reads t {_BY_CONVERSATION}
        WHERE t.conv IS NOT NULL OR t.kind = 'history'
        UNION ALL
        SELECT t.*, r.bucket FROM reads t, range($count) r(bucket) WHERE t.conv IS NULL AND t.kind <> 'history'
    """,
    **{
        name: f"SELECT t.*, coalesce(b.bucket, $first) AS bucket FROM {name} t {_BY_CONVERSATION}"
        for name in (
            "operations", "read_items", "resumes", "subscriptions", "heads", "notices", "memberships", "receipts",
            "unread", "typing_truth", "typing_seen",
        )
    },
}
"""Table → its rows, each with its bucket; a search of everything is in all. Other tables are in every bucket.

What belongs to no conversation is in the buckets from `$first` on, of `$count`.
"""

_LINKS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("deliveries", "operations"), "deliveries t JOIN operations o ON o.op = t.op AND t.scope = 'conv'"),
    (("read_items", "operations"), "read_items t JOIN operations o ON o.op = t.op"),
    (("memberships", "operations"), "memberships t JOIN operations o ON o.op = t.op AND t.op <> 0"),
    (("read_items", "reads"), "read_items t JOIN reads o ON o.read = t.read"),
    (("unread", "reads"), "unread t JOIN reads o ON o.read = t.read"),
)
"""(tables, joined rows of two conversations that must be judged together)."""


class Bucket(Struct, frozen=True):
    """One bucket, as files that any process that sees the directory can judge.

    Attributes:
        sources: table, or relation of the whole history, → what to select its rows from.
        absent: tables without a row.
    """

    number: int
    run: RunDocument
    directory: str
    sources: dict[str, str]
    absent: tuple[str, ...]


class Group(NamedTuple):
    """Conversations for one bucket, and what is known of them from an earlier judgement: guarantee → answer."""

    convs: Sequence[int]
    carried: Mapping[str, Answer] = MappingProxyType({})


def buckets_wanted(history: History) -> int:
    """Into how many buckets a history should be split; 1 for one that is small enough to be judged whole."""
    rows: int = sum(history.rows(f"SELECT count(*) FROM {name}")[0][0] for name in SPLIT if history.has(name))
    return max(1, -(-rows // ROWS_PER_BUCKET))


def split(
    history: History, groups: Sequence[Group], tables: Sequence[str], whole: Sequence[str], directory: Path
) -> list[Bucket]:
    """Write a bucket for each group into a directory: these tables, and these relations of the whole.

    The history is ready for relations, and the relations `whole` are in place. What belongs to no conversation is put
    into groups of which nothing is known yet; they come last, and there is one.
    """
    sql = history.sql
    _place(sql, groups)
    present = [name for name in tables if history.has(name)]
    first = sum(bool(each.carried) for each in groups)
    sql.execute(f"SET preserve_insertion_order = false; SET partitioned_write_flush_threshold = {_FLUSHED}")
    for name in present:
        if name in SPLIT:
            _write_split(sql, name, first, len(groups), directory)
    shared = {name: _write(sql, name, directory) for name in (*present, *whole) if name not in SPLIT}
    sql.execute("RESET preserve_insertion_order")
    return [_bucket(history, number, present, shared, directory) for number in range(len(groups))]


def spread(history: History, count: int) -> list[Group]:
    """The conversations of a history in so many groups of about as many rows each."""
    weights = weigh(history)
    return pack(weights, linked(history, weights), count)


def pack(weights: Mapping[int, int], together: Sequence[Sequence[int]], count: int) -> list[Group]:
    """Some conversations in so many groups of about the same weight; those that are linked stay together."""
    heavy_first = sorted(together, key=lambda convs: (-sum(weights[conv] for conv in convs), convs))
    groups: list[list[int]] = [[] for _ in range(count)]
    loads = [(0, number) for number in range(count)]
    for convs in heavy_first:
        load, number = heapq.heappop(loads)
        groups[number] += convs
        heapq.heappush(loads, (load + sum(weights[conv] for conv in convs), number))
    return [Group(tuple(convs)) for convs in groups]


def weigh(history: History) -> dict[int, int]:
    """Conversation → its rows in the tables that have conversations."""
    names = [name for name in SPLIT if name != "attempts" and history.has(name)]
    if not names:
        return {}
    union = " UNION ALL ".join(f"SELECT conv, count(*) AS n FROM {name} GROUP BY conv" for name in names)
    rows = history.rows(
        f"SELECT conv, sum(n)::BIGINT FROM ({union}) WHERE conv IS NOT NULL GROUP BY conv ORDER BY conv"
    )
    return dict(rows)


def linked(history: History, convs: Iterable[int]) -> list[list[int]]:
    """All conversations, those that something links in one list."""
    links = [
        pair
        for tables, joined in _LINKS
        if history.has(*tables)
        for pair in history.rows(f"SELECT DISTINCT t.conv, o.conv FROM {joined} WHERE t.conv <> o.conv ORDER BY ALL")
    ]
    return _components(convs, links)


def _components(convs: Iterable[int], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The conversations in groups that no link leaves."""
    leader = {conv: conv for conv in convs}
    for pair in links:
        one, other = (_find(leader, conv) for conv in pair)
        leader[max(one, other)] = min(one, other)
    together: dict[int, list[int]] = {}
    for conv in leader:
        together.setdefault(_find(leader, conv), []).append(conv)
    return list(together.values())


def _find(leader: dict[int, int], conv: int) -> int:
    while leader[conv] != conv:
        leader[conv] = conv = leader[leader[conv]]
    return conv


def _place(sql: duckdb.DuckDBPyConnection, groups: Sequence[Group]) -> None:
    """The table `bucket_of`: which bucket a conversation is in."""
    placed = [(conv, number) for number, each in enumerate(groups) for conv in each.convs]
    sql.execute(
        "CREATE TABLE bucket_of AS SELECT unnest(?)::INTEGER AS conv, unnest(?)::BIGINT AS bucket",
        [[conv for conv, _ in placed], [number for _, number in placed]],
    )


def _write_split(sql: duckdb.DuckDBPyConnection, name: str, first: int, count: int, directory: Path) -> None:
    query = SPLIT[name].replace("$first", str(first)).replace("$count", str(count))
    sql.execute(
        f"COPY ({query}) TO '{quoted(directory / name)}' (FORMAT parquet, PARTITION_BY (bucket), COMPRESSION lz4)"
    )


def _write(sql: duckdb.DuckDBPyConnection, name: str, directory: Path) -> str:
    path = directory / f"{name}.parquet"
    sql.execute(f"COPY (SELECT * FROM {name}) TO '{quoted(path)}' (FORMAT parquet, COMPRESSION lz4)")
    return f"read_parquet('{quoted(path)}')"


def _bucket(
    history: History, number: int, present: Sequence[str], shared: Mapping[str, str], directory: Path
) -> Bucket:
    own = {name: directory / name / f"bucket={number}" for name in present if name in SPLIT}
    sources = {
        name: f"read_parquet('{quoted(path)}/*.parquet', hive_partitioning = false)"
        for name, path in own.items() if path.exists()
    }
    absent = [*history.absent, *(name for name in own if name not in sources)]
    return Bucket(number, history.run, str(directory), {**shared, **sources}, tuple(absent))
