"""One run as a page, from its verdict and the history that this is about; two runs as a page, from their verdicts.

    ReportError
    ├── HistoryNotShown     the history is none, or the database refuses to show it
    └── PageNotWritten      a directory that is not there or may not be written, a full disk
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.database import Resources
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.results import Verdict
from chatproof.checkers.slos import slo_queries
from chatproof.report.comparison import Comparison
from chatproof.report.files import REPORT_FILE
from chatproof.report.html.bands import bands_of, span_of
from chatproof.report.html.page import ComparisonPage, RunPage, comparison_page, run_page
from chatproof.report.html.parts import Section
from chatproof.report.html.sections import latency as latencies
from chatproof.report.html.sections import load as loads
from chatproof.report.html.sections.changes import changes
from chatproof.report.html.sections.environment import environment
from chatproof.report.html.sections.fan_out import fan_out
from chatproof.report.html.sections.faults import faults
from chatproof.report.html.sections.findings import claims, counter_examples
from chatproof.report.html.sections.latency import latency
from chatproof.report.html.sections.load import load
from chatproof.report.html.sections.returns import presence, resumes
from chatproof.report.html.sections.slos import slos


class ReportError(Exception):
    """There is no page; the message is a sentence's part that says why."""


class HistoryNotShown(ReportError):
    """The history is none, or the database refuses to show it."""


class PageNotWritten(ReportError):
    """The page cannot be put where it should be."""


def report(verdict: Verdict, history: History) -> str:
    """The page. Raises `HistoryNotShown`, also where the run has an SLO that cannot be read."""
    try:
        sections = _sections(verdict, history)
    except (duckdb.Error, HistoryError) as problem:
        raise HistoryNotShown(f"the history cannot be shown: {str(problem).splitlines()[0]}") from problem
    return run_page(RunPage(verdict, history.run.started_at, counter_examples(verdict), sections))


def comparison(compared: Comparison) -> str:
    """The page of two verdicts."""
    return comparison_page(ComparisonPage(compared, changes(compared)))


def write_report(
    verdict: Verdict, run_dir: Path, path: Path | None = None, resources: Resources | None = None
) -> None:
    """Write the page of a run directory into it, or to `path`. Raises `ReportError`."""
    try:
        with History.open(run_dir, resources) as history:
            page = report(verdict, history)
    except HistoryError as problem:
        raise HistoryNotShown(str(problem)) from problem
    write_page(page, path or run_dir / REPORT_FILE)


def write_page(page: str, path: Path) -> None:
    """Write a page, whole or not at all. Raises `PageNotWritten`."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(path)
    except OSError as problem:
        raise PageNotWritten(f"{path} cannot be written: {problem.strerror}") from problem


def _sections(verdict: Verdict, history: History) -> tuple[Section, ...]:
    span = span_of(history)
    bands = () if span is None else bands_of(verdict.faults, span)
    with relations(history, [*slo_queries(history.run), *latencies.QUERIES, *loads.QUERIES]):
        return (
            claims(verdict), slos(verdict), faults(verdict, history), latency(history, span, bands), fan_out(history),
            presence(history, span, bands), resumes(history, span, bands), load(history, span, bands),
            environment(history),
        )
