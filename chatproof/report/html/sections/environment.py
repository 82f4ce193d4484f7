"""What ran where, what was claimed and bounded, and how much was recorded: run.json in words."""

from __future__ import annotations

from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS
from chatproof.report.html.parts import Cell, Section, Table, count_cell
from chatproof.report.wording import quantity

NS_PER_MS = 1e6


def environment(history: History) -> Section:
    """The run document, and the size of every table."""
    run = history.run
    versions = [(Cell(name), Cell(text, form="code")) for name, text in run.versions.items()]
    claims = [
        (Cell(name, form="code"), _claim(value), Cell(CLAIMS[name].sentence, tone="faint"))
        for name, value in run.claims.items()
    ]
    bounds = [
        (Cell(name, form="code"), _bound(name, value), Cell(BOUNDS[name].sentence, tone="faint"))
        for name, value in run.bounds.items()
    ]
    return Section("environment", "Environment", tables=[
        Table("Run", ("what", "value"), _run(run)),
        Table("Versions", ("of", "version"), versions, is_folded=True),
        Table("Claims of the target", ("claim", "value", "meaning"), claims, is_folded=True),
        Table("Bounds", ("bound", "value", "meaning"), bounds, is_folded=True),
        Table("Tables recorded", ("table", "rows"), [_rows(history, name) for name in TABLES], is_folded=True),
    ])


def _run(run: RunDocument) -> list[tuple[Cell, ...]]:
    clocks = ", ".join(
        f"worker {each.worker} on {each.host} ± {quantity(each.err_ns / NS_PER_MS, 'ms')}" for each in run.workers
    )
    told = {
        "run": run.run_id, "begun": run.started_at, "scenario": run.scenario, "seed": str(run.seed),
        "target": run.target, "driver": run.driver, "engine": run.engine, "schedule (SHA-256)": run.schedule_sha256,
        **{f"host: {name}": str(value) for name, value in run.host.items()}, "clocks": clocks,
    }
    unknown = Cell("not told", tone="faint")
    return [(Cell(name), Cell(text, form="code") if text else unknown) for name, text in told.items()]


def _claim(value: object) -> Cell:
    if isinstance(value, bool):
        return Cell("yes" if value else "no", tone="" if value else "faint")
    return Cell(f"{value:,}" if isinstance(value, int) else str(value), str(value))


def _bound(name: str, value: int) -> Cell:
    if not name.endswith("_ns"):
        return count_cell(value)
    text = f"{value / 1e9:,g} s" if value >= 10**9 else f"{value / NS_PER_MS:,g} ms"
    return Cell(text, str(value), form="number")


def _rows(history: History, name: str) -> tuple[Cell, ...]:
    if not history.has(name):
        return (Cell(name, form="code"), Cell("not recorded", tone="faint", form="number"))
    return (Cell(name, form="code"), count_cell(history.rows(f"SELECT count(*) FROM main.{name}")[0][0]))
