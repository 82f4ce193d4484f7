"""What is asked of a history, or of one bucket of it, and what it answers: plain data, so that both can travel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any

import duckdb
from msgspec import Struct

from chatproof.checkers.guarantee import Finding, Guarantee, finding_of


class JudgeError(Exception):
    """The judge was asked for something that it cannot do; the message is one sentence."""


class QueryFailed(JudgeError):
    """The database refuses a guarantee's query; the message names the guarantee and says why."""


class Question(Struct, frozen=True):
    """The queries of one guarantee."""

    name: str
    violations: str
    opportunities: str
    qualifier: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        """All of them."""
        return (self.violations, self.opportunities, self.qualifier)


class Answer(Struct, frozen=True):
    """What the queries of one guarantee gave. `limit`: what ranks the qualifier among those of other buckets."""

    findings: tuple[Finding, ...]
    opportunities: int
    qualifier: str
    limit: int
    seconds: float


def question_of(guarantee: Guarantee) -> Question:
    """What to ask for a guarantee."""
    return Question(guarantee.name, guarantee.violations, guarantee.opportunities, guarantee.qualifier)


def ask(sql: duckdb.DuckDBPyConnection, question: Question) -> Answer:
    """The answer of whatever `sql` has the relations of. Raises `QueryFailed`."""
    begun = perf_counter()
    columns, rows = evaluate(sql, question.name, question.violations)
    findings = tuple(sorted((finding_of(columns, row) for row in rows), key=_order))
    _, counted = evaluate(sql, question.name, question.opportunities)
    qualified = evaluate(sql, question.name, question.qualifier)[1] if question.qualifier else []
    text, limit = (*qualified[0], 0)[:2] if qualified else (None, 0)
    seconds = perf_counter() - begun
    return Answer(findings, int(counted[0][0] or 0), "" if text is None else str(text), int(limit or 0), seconds)


def merged(answers: Sequence[Answer]) -> Answer:
    """The answer of a history from those of its buckets; there is at least one."""
    widest = max(answers, key=lambda answer: (answer.qualifier != "", answer.limit))
    return Answer(
        findings=tuple(sorted((finding for answer in answers for finding in answer.findings), key=_order)),
        opportunities=sum(answer.opportunities for answer in answers),
        qualifier=widest.qualifier,
        limit=widest.limit,
        seconds=sum(answer.seconds for answer in answers),
    )


def evaluate(sql: duckdb.DuckDBPyConnection, name: str, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows of a guarantee's query. Raises `QueryFailed`."""
    try:
        answer = sql.execute(query)
        return [column[0] for column in answer.description or ()], answer.fetchall()
    except duckdb.Error as problem:
        reason = f"guarantee {name} cannot be judged on this history: {first_line(problem)}"
        raise QueryFailed(reason) from problem


def first_line(problem: duckdb.Error) -> str:
    """What the database says, without the query."""
    return str(problem).partition("\n")[0]


def count_all(sql: duckdb.DuckDBPyConnection, counts: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Name → the number that its query gives."""
    return {name: int(sql.execute(query).fetchall()[0][0]) for name, query in counts}


def _order(finding: Finding) -> tuple[Any, ...]:
    """In the order of time, and then in one that does not depend on how a history was split."""
    conv = -1 if finding.conv is None else finding.conv
    return (finding.t_ns, finding.kind, conv, *finding[3:6], finding.ops, sorted(map(repr, finding.data.items())))
