"""The database that judges: DuckDB in memory, with a bound on what it holds there and a place for what it does not."""

from __future__ import annotations

import os
import tempfile
from itertools import count
from pathlib import Path
from typing import NamedTuple

import duckdb

GIB = 1 << 30

_numbers = count(1)


class Resources(NamedTuple):
    """What a judge may use.

    Attributes:
        memory_bytes: what the database holds in memory; the process takes up to a gigabyte beside it.
        threads: as many as there are cores, unless somebody knows better.
        spill_dir: an existing directory for what does not fit, and for the buckets of a large history.
        loaded_rows: tables of no more rows are read into memory; of larger ones so many rows at a time.
    """

    memory_bytes: int = 5 * GIB // 2
    threads: int = os.cpu_count() or 1
    spill_dir: Path = Path(tempfile.gettempdir())
    loaded_rows: int = 250_000


def connect(resources: Resources, *, keeps_order: bool = True) -> duckdb.DuckDBPyConnection:
    """An empty database; what it spills is gone when it is closed. `keeps_order`: rows come in the order of a file."""
    spill = resources.spill_dir / f"chatproof-spill-{os.getpid()}-{next(_numbers)}"
    return duckdb.connect(config={
        "threads": resources.threads,
        "memory_limit": f"{resources.memory_bytes}B",
        "temp_directory": str(spill),
        "preserve_insertion_order": keeps_order,
    })
