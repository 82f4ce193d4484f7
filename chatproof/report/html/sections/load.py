"""The load that was made, and whether its generator was well: throughput, lag, stalls, processor."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.checkers.evidence import (
    MAX_BAD_BLOCKS,
    MAX_CPU_PCT,
    MAX_LAG_P99_NS,
    MAX_STALL_NS,
    bad_blocks,
    blocks_of,
    load_window,
)
from chatproof.checkers.history.history import History
from chatproof.report.html.bands import Band, Span
from chatproof.report.html.charts import Limit, Line, Steps, count_chart, latency_chart
from chatproof.report.html.parts import Cell, Figure, Key, Section, Table, count_cell, not_recorded
from chatproof.report.html.percentiles import NS_PER_MS, milliseconds
from chatproof.report.wording import number

_RATES = """
    WITH things AS (
        SELECT intended_ns AS t_ns, 'due' AS what FROM operations WHERE kind = 'send' AND expect = 'ok'
        UNION ALL SELECT acked_ns, 'acked' FROM sends WHERE expect = 'ok'
        UNION ALL SELECT t_ns, 'shown' FROM deliveries WHERE shown AND event = 'message'
    )
    SELECT t_ns // 1000000000 // $step_s * $step_s AS start_s, count(*) FILTER (what = 'due') / $step_s,
           count(*) FILTER (what = 'acked') / $step_s, count(*) FILTER (what = 'shown') / $step_s
    FROM things WHERE t_ns BETWEEN $start_s * 1000000000 AND $end_s * 1000000000 GROUP BY 1 ORDER BY 1"""
QUERIES = (_RATES,)
_HEALTH = """
    SELECT t_ns // 1000000000 // $step_s * $step_s AS start_s, max(lag_p99_ns), max(stall_max_ns), max(cpu_pct)
    FROM generator WHERE t_ns BETWEEN $start_s * 1000000000 AND $end_s * 1000000000 GROUP BY 1 ORDER BY 1"""
_WORKERS = """
    SELECT worker, sum(intended), sum(started), max(lag_p99_ns), max(lag_max_ns), max(stall_max_ns), max(cpu_pct),
           max(rss_bytes), max(backlog), max(recorded_rows)
    FROM generator GROUP BY worker ORDER BY worker"""


def load(history: History, span: Span | None, bands: Sequence[Band]) -> Section:
    """Sends due and acknowledged, messages shown, and the health of every load worker."""
    title = "Load and generator"
    absent = [name for name in ("operations", "deliveries", "phases") if not history.has(name)]
    if absent or span is None:
        return not_recorded("load", title, absent or ["phases"])
    figures = [*_throughput(history, span, bands)]
    if not history.has("generator"):
        return Section("load", title, "Health of the generator: not recorded.", figures)
    return Section("load", title, _health_sentence(history), [*figures, *_health(history, span, bands)],
                   [_workers(history)])


def _throughput(history: History, span: Span, bands: Sequence[Band]) -> list[Figure]:
    rows = history.sql.execute(_RATES, span._asdict()).fetchall()
    if not rows:
        return []
    steps = Steps(
        [row[0] for row in rows],
        [f"{at:.0f} s: {due:,.0f} due, {acked:,.0f} acknowledged, {shown:,.0f} shown a second"
         for at, due, acked, shown in rows],
    )
    sends = count_chart(span, bands, steps, [Line("due", _column(rows, 1)), Line("acked", _column(rows, 2))])
    shown = count_chart(span, bands, steps, [Line("shown", _column(rows, 3))])
    return [
        Figure("Sends", "Due by the schedule, and acknowledged, a second; those meant to be refused are left out.",
               sends, [Key("due", "due"), Key("acked", "acknowledged")], _rates(rows)),
        Figure("Messages shown", "On all devices together, a second; a resume shows many at once.", shown,
               [Key("shown", "shown")]),
    ]


def _health(history: History, span: Span, bands: Sequence[Band]) -> list[Figure]:
    rows = history.sql.execute(_HEALTH, span._asdict()).fetchall()
    if not rows:
        return []
    labels = [
        f"{row[0]:.0f} s: lag p99 {milliseconds(row[1] / NS_PER_MS)}, longest stall {milliseconds(row[2] / NS_PER_MS)},"
        f" processor {row[3]:.0f} %" for row in rows
    ]
    steps = Steps([row[0] for row in rows], labels)
    late = [Line("lag", [row[1] / NS_PER_MS for row in rows]), Line("stall", [row[2] / NS_PER_MS for row in rows])]
    limits = [
        Limit(MAX_LAG_P99_NS / NS_PER_MS, f"lag p99 < {MAX_LAG_P99_NS / NS_PER_MS:.0f} ms"),
        Limit(MAX_STALL_NS / NS_PER_MS, f"stall < {MAX_STALL_NS / NS_PER_MS:.0f} ms"),
    ]
    full = Limit(MAX_CPU_PCT, f"< {MAX_CPU_PCT:.0f} %")
    cpu = count_chart(span, bands, steps, [Line("cpu", _column(rows, 3))], [full])
    return [
        Figure("Generator: lateness", "How late the worst worker began operations (p99), and its longest stall.",
               latency_chart(span, bands, steps, late, limits), [Key("lag", "lag p99"), Key("stall", "longest stall")]),
        Figure("Generator: processor", "Of the busiest worker, in percent of a core.", cpu, [Key("cpu", "processor")]),
    ]


def _health_sentence(history: History) -> str:
    window = load_window(history)
    if window is None:
        return "Health of the generator: the run has no main phase."
    blocks, bad = len(blocks_of(window)), len(bad_blocks(history))
    return (
        f"The generator was sick in {bad} of {blocks} seconds of main; these are left out of the SLOs, and more than"
        f" {MAX_BAD_BLOCKS:.0%} of them void SLOs and liveness."
    )


def _workers(history: History) -> Table:
    head = ("worker", "operations due", "started", "lag p99", "lag max", "longest stall", "processor", "memory",
            "backlog", "rows recorded")
    return Table("Workers, each at its worst", head, [_worker(*row) for row in history.rows(_WORKERS)])


def _worker(
    worker: int, due: int, started: int, lag_p99_ns: int, lag_ns: int, stall_ns: int, cpu: float, rss: int,
    backlog: int, rows: int,
) -> tuple[Cell, ...]:
    late = (Cell(milliseconds(ns / NS_PER_MS), f"{ns / NS_PER_MS:.3f}", form="number") for ns in
            (lag_p99_ns, lag_ns, stall_ns))
    return (
        Cell(str(worker)), count_cell(due), count_cell(started), *late,
        Cell(f"{cpu:.0f} %", f"{cpu:.1f}", form="number"), Cell(f"{number(rss >> 20)} MiB", str(rss), form="number"),
        count_cell(backlog), count_cell(rows),
    )


def _rates(rows: Sequence[Sequence[float]]) -> Table:
    cells = [
        (Cell(f"{row[0]:.0f} s", f"{row[0]:.0f}", form="number"),
         *(Cell(f"{value:,.0f}", f"{value:.3f}", form="number") for value in row[1:]))
        for row in rows
    ]
    return Table("A second, by step", ("from", "due", "acknowledged", "shown"), cells)


def _column(rows: Sequence[Sequence[float]], at: int) -> list[float]:
    return [float(row[at]) for row in rows]
