"""Who comes back: presence of users as others see it, and devices that resume."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.checkers.history.history import History
from chatproof.report.html.bands import Band, Span
from chatproof.report.html.parts import Cell, Section, Table, count_cell, not_recorded
from chatproof.report.html.percentiles import NS_PER_MS, milliseconds
from chatproof.report.html.sections.latency import judged_figure

_CHANGES = """
    SELECT coalesce(cause, 'not told'), count(*) FILTER (state = 'online'), count(*) FILTER (state = 'offline'),
           count(*) FILTER (state = 'either')
    FROM presence_truth GROUP BY 1 ORDER BY 1"""
_SEEN = """
    SELECT coalesce(source, 'not told'), count(*), count(DISTINCT session)
    FROM presence_seen GROUP BY 1 ORDER BY 1"""
_RESUMES = """
    SELECT coalesce(outcome, 'not over') || coalesce(': ' || reason, '') AS ended, count(DISTINCT session), count(*),
           count(*) FILTER (own_contiguous_seq < frontier_seq),
           quantile_disc(frontier_seq - own_contiguous_seq, [0.5, 0.95, 1.0]),
           quantile_disc(live_ns - invoke_ns, [0.5, 0.95, 1.0])
    FROM resumes GROUP BY 1 ORDER BY count(*) DESC, ended"""


def presence(history: History, span: Span | None, bands: Sequence[Band]) -> Section:
    """Changes that the load made, what was seen of them, and how long the slowest watcher took."""
    title, needs = "Presence", ("presence_truth", "presence_seen")
    absent = [name for name in needs if not history.has(name)]
    if absent:
        return not_recorded("presence", title, absent)
    lead = "Per change of a user: until the slowest eligible watcher no longer held anything else."
    figures = () if span is None else tuple(judged_figure(
        history, "presence", span, bands, "Seen by the slowest watcher",
        "What the SLO judges, by when the change began.",
    ))
    return Section("presence", title, lead, figures, [
        Table("Changes made", ("cause", "to online", "to offline", "could be either"), _counts(history, _CHANGES)),
        Table("Seen by watchers", ("told by", "times", "sessions"), _counts(history, _SEEN)),
    ])


def resumes(history: History, span: Span | None, bands: Sequence[Band]) -> Section:
    """How resumes ended, how much they brought, and how long a returning device took to catch up."""
    title = "Resumes"
    if not history.has("resumes", "connections"):
        return not_recorded("resumes", title, [name for name in ("resumes", "connections") if not history.has(name)])
    lead = "A device that returns says how far it got; a gap is what it had missed, in events of one stream."
    figures = () if span is None else tuple(judged_figure(
        history, "caught_up", span, bands, "Caught up", "What the SLO judges: sessions with a gap, by when they began,"
        " until all of their streams had reached the frontier.",
    ))
    head = ("outcome", "sessions", "streams", "with a gap", "gap p50", "gap p95", "gap max", "live after p50", "p95",
            "max")
    return Section("resumes", title, lead, figures, [
        Table("Resumes by outcome", head, [_resume(*row) for row in history.rows(_RESUMES)])
    ])


def _counts(history: History, query: str) -> list[tuple[Cell, ...]]:
    return [(Cell(row[0].replace("_", " ")), *(count_cell(count) for count in row[1:])) for row in history.rows(query)]


def _resume(
    ended: str, sessions: int, streams: int, gaps: int, events: Sequence[int] | None, live_ns: Sequence[int] | None
) -> tuple[Cell, ...]:
    return (
        Cell(ended), count_cell(sessions), count_cell(streams), count_cell(gaps),
        *(count_cell(gap) for gap in events or ()), *(Cell("–") for _ in range(0 if events else 3)),
        *(Cell(milliseconds(ns / NS_PER_MS), f"{ns / NS_PER_MS:.3f}", form="number") for ns in live_ns or ()),
        *(Cell("–") for _ in range(0 if live_ns else 3)),
    )
