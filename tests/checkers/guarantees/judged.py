"""How the tests of single guarantees judge a story."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import duckdb

from chatproof.checkers.guarantee import Finding, Guarantee
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import count, find
from chatproof.checkers.questions import question_of
from tests.checkers.stories import history_of, opened


def ready(history: History, guarantee: Guarantee) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """The history's connection with what one guarantee rests on."""
    return relations(history, question_of(guarantee).queries)


def found(
    name: str, story: str, claims: dict[str, Any] | None = None, bounds: dict[str, int] | None = None
) -> list[Finding]:
    """The violations of a guarantee in a story."""
    with history_of(story, claims, bounds) as history, ready(history, GUARANTEES[name]) as sql:
        return find(sql, GUARANTEES[name])


def kinds(
    name: str, story: str, claims: dict[str, Any] | None = None, bounds: dict[str, int] | None = None
) -> list[str]:
    """Their sub-classes, in order."""
    return [finding.kind for finding in found(name, story, claims, bounds)]


def kinds_in(name: str, tables: dict[str, list[dict[str, Any]]], claims: dict[str, Any] | None = None) -> list[str]:
    """The sub-classes of the violations in rows that a test has changed."""
    with opened(tables, claims) as history, ready(history, GUARANTEES[name]) as sql:
        return [finding.kind for finding in find(sql, GUARANTEES[name])]


def chances(name: str, story: str) -> int:
    """The opportunities of a guarantee in a story."""
    with history_of(story) as history, ready(history, GUARANTEES[name]) as sql:
        return count(sql, GUARANTEES[name])
