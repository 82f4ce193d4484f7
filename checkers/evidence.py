"""Whether a history can be believed, and whether the load that made it was the load that was asked for.

Evidence that is invalid voids everything. A sick generator voids only what depends on time: SLOs and liveness.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chatproof.checkers.history.checksum import checksum, checksum_of, worker_rows
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import Segment
from chatproof.checkers.history.tables import TABLES, Table

SECOND_NS = 1_000_000_000
MAX_LAG_P99_NS = 20_000_000
MAX_STALL_NS = 100_000_000
MIN_STARTED = 0.99
SLIPPED = 2
"""Sends due in the last moments of a second may start in the next one; so many are never a shortfall."""
MAX_CPU_PCT = 70.0
LONGEST_ROW_NS = 1_250_000_000
"""A generator reports once a second, with some jitter; beyond this a row says nothing of what came after it."""
MAX_BAD_BLOCKS = 0.10
MAX_HELD = 2_000_000
"""Rows of one segment that are held in memory to be compared with their checksum."""

_ORDER: tuple[tuple[str, str, str], ...] = (
    ("operations", "invoke_ns", "done_ns"),
    ("attempts", "invoke_ns", "done_ns"),
    ("memberships", "invoke_ns", "done_ns"),
    ("reads", "invoke_ns", "done_ns"),
    ("keys", "invoke_ns", "done_ns"),
    ("resumes", "invoke_ns", "live_ns"),
    ("connections", "connect_ns", "hello_ok_ns"),
    ("connections", "connect_ns", "close_ns"),
    ("subscriptions", "from_ns", "to_ns"),
    ("presence_truth", "from_ns", "to_ns"),
    ("phases", "start_ns", "end_ns"),
    ("faults", "start_req_ns", "start_confirmed_ns"),
    ("faults", "start_confirmed_ns", "stop_confirmed_ns"),
    ("faults", "stop_req_ns", "stop_confirmed_ns"),
)
"""(table, earlier, later): the second instant is never before the first by more than the clock error."""


def evidence_problems(history: History) -> tuple[str, ...]:
    """Why this history proves nothing, a sentence each; empty for one that can be judged."""
    present = [table for table in TABLES.values() if history.has(table.name)]
    return (
        *history.run.problems,
        *(problem for table in present for problem in _repeated_keys(history, table)),
        *(problem for table in present if table.recorded for problem in _repeated_recs(history, table)),
        *(problem for table, *instants in _ORDER for problem in _backward_times(history, table, *instants)),
        *(problem for table in present if table.recorded for problem in _clocks_gone_back(history, table)),
        *_changed_segments(history),
        *_unconfirmed_faults(history),
        *_missing_faults(history),
    )


def _repeated_keys(history: History, table: Table) -> list[str]:
    """A row is identified by its key: two rows of one key are two stories of one thing."""
    if not table.key:
        return []
    key = ", ".join(table.key)
    repeated = history.rows(f"SELECT {key} FROM {table.name} GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1")
    return [
        f"table {table.name}: more than one row has "
        + ", ".join(f"{name} {value}" for name, value in zip(table.key, row, strict=True))
        for row in repeated
    ]


def _repeated_recs(history: History, table: Table) -> list[str]:
    """Put in order, a worker's `rec` strictly increases. Holes are no matter, nor is the order of rows in a file."""
    if _is_in_order(history, table):
        return []
    repeated = history.rows(
        f"SELECT worker, rec FROM {table.name} GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    )
    return [f"table {table.name}, worker {worker}: rec {rec} is there more than once" for worker, rec in repeated]


def _is_in_order(history: History, table: Table) -> bool:
    """Whether each worker's `rec` strictly increases in the table as it stands, as a merge leaves it."""
    last: dict[int, int] = {}
    for batch in history.batches(f"SELECT worker, rec FROM {table.name}"):
        worker, rec = (batch.column(at).to_numpy() for at in range(2))
        for each in np.unique(worker).tolist():
            own = rec[worker == each]
            if own[0] <= last.get(each, -1) or (own[1:] <= own[:-1]).any():
                return False
            last[each] = int(own[-1])
    return True


def _backward_times(history: History, table: str, earlier: str, later: str) -> list[str]:
    """Nothing ends before it begins."""
    if not history.has(table):
        return []
    key = TABLES[table].key[0] if TABLES[table].key else earlier
    rows = history.rows(
        f"SELECT {key}, {later}, {earlier} FROM {table} WHERE {later} < {earlier} - ? ORDER BY ALL LIMIT 1",
        [history.run.bounds["clock_error_ns"]],
    )
    return [f"table {table}, {key} {value}: {later} {b} is before {earlier} {a}" for value, b, a in rows]


def _clocks_gone_back(history: History, table: Table) -> list[str]:
    """What a worker recorded later did not happen earlier.

    Compares rows with the one before them in the file, which costs no sort and never accuses a shuffled file. Two in a
    row must be early: one stray row is no clock, and what it shows is for the guarantees to say.
    """
    if "t_ns" not in table.column_names or table.name == "generator":
        return []
    rows = history.rows(
        "SELECT worker, rec, t_ns, before_ns FROM ("
        "SELECT lag(worker, 2) OVER () AS before_worker, lag(rec, 2) OVER () AS before_rec, "
        "lag(t_ns, 2) OVER () AS before_ns, lag(worker) OVER () AS worker, lag(rec) OVER () AS rec, "
        "lag(t_ns) OVER () AS t_ns, worker AS next_worker, t_ns AS next_ns "
        f"FROM {table.name}) WHERE worker = before_worker AND rec > before_rec AND t_ns < before_ns - ? "
        "AND next_worker = worker AND next_ns < before_ns - ? ORDER BY ALL LIMIT 1",
        [history.run.bounds["clock_error_ns"]] * 2,
    )
    return [
        f"table {table.name}, worker {worker}, rec {rec}: t_ns {t_ns} is before {before} of the row before it"
        for worker, rec, t_ns, before in rows
    ]


def _changed_segments(history: History) -> list[str]:
    """Where run.json keeps the checksums of the merge, its segments were finished and the tables still have them."""
    problems = []
    for segment in history.run.segments:
        if not segment.closed:
            problems.append(f"table {segment.table}, worker {segment.worker}: the recorder did not finish it")
        if not history.has(segment.table):
            problems.append(f"table {segment.table} is gone, and run.json has {segment.rows} rows of it")
            continue
        if _checksum(history, segment) != segment.sha256:
            (found,) = history.rows(f"SELECT count(*) FROM {segment.table} WHERE worker = {segment.worker}")[0]
            problems.append(
                f"table {segment.table}, worker {segment.worker}: its rows are not those that were merged "
                f"({found} now, {segment.rows} then)"
            )
    return problems


def _checksum(history: History, segment: Segment) -> str:
    """The checksum of a segment's rows as they are now; of many, one column at a time."""
    table = TABLES[segment.table]
    if segment.rows <= MAX_HELD:
        return checksum(table, worker_rows(history.sql.table(table.name).to_arrow_table(), segment.worker))
    rows = f"FROM {table.name} WHERE worker = {segment.worker} ORDER BY rec"
    return checksum_of(table, lambda name: (batch.column(0) for batch in history.batches(f'SELECT "{name}" {rows}')))


def _unconfirmed_faults(history: History) -> list[str]:
    """A fault counts when its start and its end are confirmed and a probe outside saw its effect."""
    if not history.has("faults"):
        return []
    rows = history.rows(
        "SELECT fault, kind, target, CASE WHEN start_confirmed_ns IS NULL THEN 'its start was not confirmed' "
        "WHEN effect_seen_ns IS NULL THEN 'no probe saw its effect' "
        "WHEN stop_confirmed_ns IS NULL THEN 'its end was not confirmed' END AS missing "
        "FROM faults WHERE missing IS NOT NULL ORDER BY fault"
    )
    return [f"fault {fault} ({kind} of {target}): {missing}" for fault, kind, target, missing in rows]


def _missing_faults(history: History) -> list[str]:
    """A promised fault that never started would let a run pass in calm weather."""
    expected = history.run.expected_faults
    found = history.rows("SELECT count(*) FROM faults")[0][0] if history.has("faults") else 0
    return [f"the scenario has {expected} faults and the history {found}"] if found < expected else []


# --- the load ---------------------------------------------------------------------------------------------------


def load_window(history: History) -> tuple[int, int] | None:
    """Main without its warm-up, (start, end) in ns, or None where the run has no main that ended."""
    if not history.has("phases"):
        return None
    start, end = history.rows(
        "SELECT max(CASE phase WHEN 'main' THEN start_ns WHEN 'warm_up' THEN end_ns END), "
        "max(end_ns) FILTER (phase = 'main') FROM phases"
    )[0]
    return (start, end) if end is not None and start is not None and start < end else None


def blocks_of(window: tuple[int, int]) -> range:
    """The one-second blocks (t_ns // 10^9) that lie wholly in a window."""
    return range(-(-window[0] // SECOND_NS), window[1] // SECOND_NS)


def bad_blocks(history: History) -> frozenset[int]:
    """The blocks of main after its warm-up in which some load worker was sick or did not report."""
    window = load_window(history)
    if window is None:
        return frozenset()
    blocks = blocks_of(window)
    if not history.has("generator"):
        return frozenset(blocks)
    return frozenset(block for (block,) in history.rows(_BAD_BLOCKS, [blocks.start, blocks.stop]))


def is_about_load(history: History) -> bool:
    """Whether the run says anything about its load. Without a generator and without SLOs that are required it does
    not: then what depends on time is not observable, and the rest of a verdict stands."""
    return history.has("generator") or history.run.slos_required


def load_problems(history: History) -> tuple[str, ...]:
    """Why this load supports no statement about time, a sentence each; empty for a load that was as asked for."""
    window = load_window(history)
    if window is None or not blocks_of(window):
        return ("the run has no whole second of main after its warm-up",)
    blocks, bad = blocks_of(window), bad_blocks(history)
    if len(bad) <= MAX_BAD_BLOCKS * len(blocks):
        return ()
    reasons = _sickness(history, blocks)
    return (
        f"the generator was sick in {len(bad)} of {len(blocks)} seconds, more than {MAX_BAD_BLOCKS:.0%}: "
        + (", ".join(f"{reason} in {count}" for reason, count in reasons) or "no worker reported"),
    )


_SICK = f"""
    CASE WHEN lag_p99_ns >= {MAX_LAG_P99_NS} THEN 'operations started late'
         WHEN stall_max_ns >= {MAX_STALL_NS} THEN 'the process stood still'
         WHEN started < {MIN_STARTED} * intended AND intended - started > {SLIPPED} THEN 'operations were not started'
         WHEN cpu_pct >= {MAX_CPU_PCT} THEN 'the processor was full'
    END"""
"""What is wrong with a row of `generator`, or NULL."""


_BAD_BLOCKS = f"""
    WITH reported AS (
        SELECT worker, t_ns, {_SICK} IS NOT NULL AS sick,
               coalesce(lead(t_ns) OVER (PARTITION BY worker ORDER BY t_ns), t_ns + {SECOND_NS}) AS next_ns
        FROM generator
    ), healthy AS (
        SELECT worker, t_ns AS from_ns, least(next_ns, t_ns + {LONGEST_ROW_NS}) AS to_ns FROM reported WHERE NOT sick
    ), expected AS (
        SELECT block * {SECOND_NS} AS from_ns, (block + 1) * {SECOND_NS} AS to_ns, block, worker
        FROM range(?, ?) AS blocks(block), (SELECT DISTINCT worker FROM generator)
    )
    SELECT DISTINCT e.block FROM expected e
    LEFT JOIN healthy h ON h.worker = e.worker AND h.from_ns < e.to_ns AND h.to_ns > e.from_ns
    GROUP BY e.block, e.worker, e.from_ns, e.to_ns
    HAVING coalesce(sum(least(h.to_ns, e.to_ns) - greatest(h.from_ns, e.from_ns)) FILTER (h.worker IS NOT NULL), 0)
           <= {SECOND_NS // 2}"""
"""Blocks of which some worker's healthy rows cover no more than half; a row reaches to the worker's next one.

The filter is needed: DuckDB's `least` and `greatest` pass over NULLs, and a block without a row would be whole."""


def _sickness(history: History, blocks: range) -> list[tuple[Any, ...]]:
    """(reason, seconds) over the workers' rows in these blocks, the most frequent first; missing rows have none."""
    if not history.has("generator"):
        return []
    return history.rows(
        f"SELECT {_SICK} AS reason, count(DISTINCT t_ns // {SECOND_NS}) AS seconds FROM generator "
        "WHERE reason IS NOT NULL AND t_ns BETWEEN ? AND ? GROUP BY ALL ORDER BY seconds DESC, reason",
        [blocks.start * SECOND_NS, blocks.stop * SECOND_NS],
    )
