"""One run as a page, from its verdict and the history that this is about; two runs as a page, from their verdicts.

    ReportError     a history cannot be shown
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.results import Verdict
from chatproof.checkers.slos import slo_queries
from chatproof.report.comparison import Comparison
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
    """A history cannot be shown; the message is a sentence's part that says why."""


def report(verdict: Verdict, history: History) -> str:
    """The page. Raises `ReportError` where the database refuses, or the run has an SLO that cannot be read."""
    try:
        sections = _sections(verdict, history)
    except (duckdb.Error, HistoryError) as problem:
        raise ReportError(f"the history cannot be shown: {str(problem).splitlines()[0]}") from problem
    return run_page(RunPage(verdict, history.run.started_at, counter_examples(verdict), sections))


def comparison(compared: Comparison) -> str:
    """The page of two verdicts."""
    return comparison_page(ComparisonPage(compared, changes(compared)))


def write_report(verdict: Verdict, history: History, path: Path) -> None:
    """Write the page, whole or not at all. Raises as `report` does, and OSError."""
    write_page(report(verdict, history), path)


def write_page(page: str, path: Path) -> None:
    """Write a page, whole or not at all. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(page, encoding="utf-8")
    part.replace(path)


def _sections(verdict: Verdict, history: History) -> tuple[Section, ...]:
    span = span_of(history)
    bands = () if span is None else bands_of(verdict.faults, span)
    with relations(history, [*slo_queries(history.run), *latencies.QUERIES, *loads.QUERIES]):
        return (
            claims(verdict), slos(verdict), faults(verdict, history), latency(history, span, bands), fan_out(history),
            presence(history, span, bands), resumes(history, span, bands), load(history, span, bands),
            environment(history),
        )
