"""Spoils a run directory at random: bytes of its files, the shape of its tables, single values, its run document.

    write_sealed(recorded, run_dir)    a run directory with the checksums that a merge leaves
    spoil(run_dir, draw)               one mutation, a pure function of directory and generator; says what it did
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec.structs import replace

from chatproof.checkers.history.checksum import checksum, worker_rows
from chatproof.checkers.history.parquet import data_of, write_data
from chatproof.checkers.history.run_document import Segment, write_run
from chatproof.checkers.history.tables import TABLES
from tests.checkers.model import Recorded

EXTREMES = (0, -1, 1, 2**15, 2**31 - 1, -(2**31), 2**31, 2**62, 2**63 - 1, -(2**63))
WORDS = ("", "ok", "unknown", "message", "\0", "ö" * 300, "'; DROP TABLE deliveries; --", "<svg onload=x>")


def write_sealed(recorded: Recorded, run_dir: Path) -> None:
    """Write the tables, and a run document that holds the checksum of each worker's rows of each recorded table."""
    segments = []
    for name, rows in recorded.tables.items():
        table = TABLES[name]
        data = data_of(table, list(rows))
        write_data(run_dir, table, data)
        for worker in (0, 1) if table.recorded else ():
            own = worker_rows(data, worker)
            segments.append(Segment(name, worker, own.num_rows, checksum(table, own), 0, True))
    write_run(run_dir, replace(recorded.run, segments=tuple(segments)))


def unseal(run_dir: Path) -> None:
    """Take the checksums away, so that whatever is changed reaches the guarantees."""
    path = run_dir / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"segments": []}))


def spoil(run_dir: Path, draw: random.Random) -> str:
    """One mutation."""
    kind = draw.choice((_spoil_bytes, _spoil_table, _spoil_table, _spoil_value, _spoil_value, _spoil_value, _spoil_run))
    return kind(run_dir, draw)


def _any_table(run_dir: Path, draw: random.Random) -> Path:
    return draw.choice(sorted((run_dir / "history").glob("*.parquet")))


# --- bytes ---


def _spoil_bytes(run_dir: Path, draw: random.Random) -> str:
    path = draw.choice([_any_table(run_dir, draw), _any_table(run_dir, draw), run_dir / "run.json"])
    whole = path.read_bytes()
    how = draw.choice(("truncate", "flip", "empty", "remove", "garbage", "foreign name"))
    match how:
        case "truncate":
            path.write_bytes(whole[: draw.randrange(len(whole))])
        case "flip":
            path.write_bytes(_flipped(whole, draw))
        case "empty":
            path.write_bytes(b"")
        case "remove":
            path.unlink()
        case "garbage":
            path.write_bytes(draw.randbytes(draw.randrange(2000)))
        case _:
            path.with_name("strangers.parquet").write_bytes(whole)
    return f"{how} {path.name}"


def _flipped(whole: bytes, draw: random.Random) -> bytes:
    """Up to ten bytes changed, half of the time near the end, where a Parquet file says what it holds."""
    changed = bytearray(whole)
    for _ in range(draw.randint(1, 10)):
        at = draw.randrange(len(changed))
        changed[max(at, len(changed) - 200) if draw.random() < 0.5 else at] ^= 1 << draw.randrange(8)
    return bytes(changed)


# --- tables ---


def _spoil_table(run_dir: Path, draw: random.Random) -> str:
    path = _any_table(run_dir, draw)
    data = pq.read_table(path)
    how, change = draw.choice(tuple(_TABLE_CHANGES.items()))
    name = draw.choice(data.column_names)
    pq.write_table(change(data, name, draw), path)
    return f"{how} in {path.name}, {name}"


def _retyped(data: pa.Table, name: str, draw: random.Random) -> pa.Table:
    """A column of another type, holding the same values as far as that is possible, or none."""
    kind: pa.DataType = draw.choice((pa.string(), pa.float64(), pa.list_(pa.int64()), pa.binary(), pa.null(),
                                     pa.timestamp("ns"), pa.int8(), pa.uint64(), pa.struct([("a", pa.int64())])))
    try:
        column = data.column(name).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        column = pa.chunked_array([pa.nulls(data.num_rows, kind)])
    return data.set_column(data.column_names.index(name), name, column)


_TABLE_CHANGES: dict[str, Callable[[pa.Table, str, random.Random], pa.Table]] = {
    "drop a column": lambda data, name, _: data.drop_columns([name]),
    "rename a column": lambda data, name, _: data.rename_columns(
        ["x" + each if each == name else each for each in data.column_names]
    ),
    "repeat a column": lambda data, name, _: data.append_column(name, data.column(name)),
    "retype": _retyped,
    "no rows": lambda data, _, __: data.slice(0, 0),
    "half the rows": lambda data, _, draw: data.slice(0, draw.randrange(data.num_rows + 1)),
    "rows twice": lambda data, _, __: pa.concat_tables([data, data]),
    "sort": lambda data, name, _: data.sort_by([(name, "descending")]),
    "all NULL": lambda data, name, _: data.set_column(
        data.column_names.index(name), name, pa.nulls(data.num_rows, data.schema.field(name).type)
    ),
}


# --- values ---


def _spoil_value(run_dir: Path, draw: random.Random) -> str:
    """Some values of a column, each replaced by an extreme, a neighbour's, a NULL or another word."""
    path = _any_table(run_dir, draw)
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    if not rows:
        return f"nothing in {path.name}"
    name = draw.choice(list(rows[0]))
    for row in draw.sample(rows, draw.randint(1, min(5, len(rows)))):
        row[name] = _other(row[name], [each[name] for each in rows], draw)
    schema = pq.read_schema(path)
    try:
        data = pa.Table.from_pylist(rows, schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        data = pa.Table.from_pylist([{**row, name: str(row[name])} for row in rows])
    pq.write_table(data, path)
    return f"values in {path.name}, {name}"


def _other(value: object, others: list[Any], draw: random.Random) -> object:
    if draw.random() < 0.5:
        return draw.choice([*others, None])
    if isinstance(value, bool):
        return not value
    return draw.choice(WORDS if isinstance(value, str) else EXTREMES)


# --- run.json ---


def _spoil_run(run_dir: Path, draw: random.Random) -> str:
    path = run_dir / "run.json"
    document: dict[str, Any] = json.loads(path.read_text())
    place = draw.choice([document, document, document["claims"], document["bounds"], document["minimums"]])
    key = draw.choice([*place, "strange"])
    if draw.random() < 0.3:
        place.pop(key, None)
        how = "without"
    else:
        place[key] = draw.choice([*EXTREMES, *WORDS, None, True, False, [], {}, 1.5, ["no-gap"], [{"a": 1}]])
        how = f"{place[key]!r} for"
    path.write_text(json.dumps(document))
    return f"run.json {how} {key}"
