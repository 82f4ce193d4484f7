"""Judges one history: evidence, guarantees, SLOs, and what they come to.

    JudgeError
    ├── UnknownGuarantee    a guarantee was asked for by a name that none has
    ├── BadGuarantee        a guarantee of one's own cannot be judged beside the others
    └── QueryFailed         a query cannot be evaluated on this history
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import duckdb
from msgspec.structs import replace

from chatproof.checkers.evidence import bad_blocks, evidence_problems, is_about_load, load_problems
from chatproof.checkers.explanation import explain_all
from chatproof.checkers.guarantee import Finding, Guarantee, finding_of, is_claimed
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.history import History
from chatproof.checkers.implied import implied_by, unexplained
from chatproof.checkers.results import FaultResult, GuaranteeResult, Verdict
from chatproof.checkers.slos import evaluate_slos
from chatproof.checkers.totals import totals_of
from chatproof.checkers.verdict import Findings, decide, void_slos

MAX_TOLD = 5
"""Violations of one guarantee that are told; all are counted."""

MAX_KEPT = 5_000
"""Violations of one guarantee that are compared with those of others."""

_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")

_VOID_EVIDENCE = "the evidence is invalid"
_VOID_LOAD = "the load was not what was asked for, and this guarantee is about time"


class JudgeError(Exception):
    """The judge was asked for something that it cannot do; the message is one sentence."""


class UnknownGuarantee(JudgeError):
    """There is no guarantee of that name; the message lists all."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no guarantee {name!r}; there are {', '.join(known)}")
        self.name = name


class BadGuarantee(JudgeError):
    """A guarantee's name is taken, or is not made of lower-case words and hyphens."""


class QueryFailed(JudgeError):
    """The database refuses a guarantee's query; the message names the guarantee and says why."""


class _Judged(NamedTuple):
    """One guarantee's result and, where it is broken, its findings."""

    result: GuaranteeResult
    findings: tuple[Finding, ...] = ()


def judge(history: History, *, names: Sequence[str] | None = None, also: Sequence[Guarantee] = ()) -> Verdict:
    """The verdict on a history; with `names`, of these guarantees only; `also` are guarantees of the caller's own.

    Raises `UnknownGuarantee` for a name that neither has, `BadGuarantee` for one that cannot be told apart, and
    `QueryFailed` for a query that the database refuses.
    """
    known = _known(also)
    chosen = [_named(name, known) for name in names] if names is not None else list(known.values())
    try:
        return _judge(history, chosen, names)
    except duckdb.Error as problem:
        raise QueryFailed(f"this history cannot be judged: {_first_line(problem)}") from problem


def _judge(history: History, chosen: Sequence[Guarantee], names: Sequence[str] | None) -> Verdict:
    """The verdict on a history by the chosen guarantees."""
    evidence, load = evidence_problems(history), load_problems(history)
    with relations(history) as sql:
        totals = totals_of(sql)
        judged = [_judge_one(sql, history, guarantee, evidence, load) for guarantee in chosen]
    slos = () if evidence else evaluate_slos(history, bad_blocks(history))
    run = history.run
    implied = implied_by({each.result.name: each.findings for each in judged if each.findings})
    found = Findings(
        guarantees=tuple(_with_causes(each.result, implied.get(each.result.name, ())) for each in judged),
        slos=void_slos(slos) if load else slos,
        evidence_problems=evidence,
        load_problems=load if is_about_load(history) else (),
        required=[name for name in run.required if names is None or name in names],
        slos_required=run.slos_required and names is None,
        totals=totals,
    )
    decision = decide(found)
    return Verdict(
        verdict=decision.verdict,
        exit=decision.exit,
        sentence=decision.sentence,
        guarantees=tuple(found.guarantees),
        slos=tuple(found.slos),
        faults=faults_of(history),
        evidence_problems=evidence,
        load_problems=tuple(found.load_problems),
        totals=totals,
        unexplained=unexplained(implied),
        run_id=run.run_id,
        seed=run.seed,
        scenario=run.scenario,
        target=run.target,
        replay=run.replay,
    )


def faults_of(history: History) -> tuple[FaultResult, ...]:
    """The faults of the run, in the order of their numbers."""
    if not history.has("faults"):
        return ()
    rows = history.rows(
        "SELECT fault, kind, target, start_confirmed_ns, effect_seen_ns, stop_confirmed_ns, coalesce(evidence, '') "
        "FROM faults ORDER BY fault"
    )
    return tuple(
        FaultResult(
            fault=fault, kind=kind, target=target, start_confirmed_ns=start, effect_seen_ns=effect,
            stop_confirmed_ns=stop, evidence=evidence,
        )
        for fault, kind, target, start, effect, stop, evidence in rows
    )


def _known(own: Sequence[Guarantee]) -> dict[str, Guarantee]:
    """All guarantees by name, the caller's after ours."""
    known = dict(GUARANTEES)
    for guarantee in own:
        if not _NAME.fullmatch(guarantee.name):
            raise BadGuarantee(f"{guarantee.name!r} is no name for a guarantee; lower-case words with hyphens are")
        if guarantee.name in known:
            raise BadGuarantee(f"there is already a guarantee {guarantee.name!r}")
        known[guarantee.name] = guarantee
    return known


def _named(name: str, known: Mapping[str, Guarantee]) -> Guarantee:
    if name not in known:
        raise UnknownGuarantee(name, known)
    return known[name]


def _judge_one(
    sql: duckdb.DuckDBPyConnection,
    history: History,
    guarantee: Guarantee,
    evidence: Sequence[str],
    load: Sequence[str],
) -> _Judged:
    """One guarantee, unless something says before that it cannot be judged."""
    minimum = max(1, history.run.minimums.get(guarantee.name, guarantee.minimum))
    blank = GuaranteeResult(
        name=guarantee.name, sentence=guarantee.sentence, result="not observable", opportunities=0, minimum=minimum
    )
    absent = [table for table in guarantee.tables if table in history.absent]
    if not is_claimed(guarantee, history.run.claims):
        return _Judged(replace(blank, result="not claimed", reason=f"needs {', '.join(guarantee.claims)}"))
    if evidence:
        return _Judged(replace(blank, reason=_VOID_EVIDENCE))
    if absent:
        return _Judged(replace(blank, reason=f"the run has no {', '.join(absent)}"))
    if load and guarantee.liveness:
        return _Judged(replace(blank, reason=_VOID_LOAD))
    return _query(sql, guarantee, blank)


def _query(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, blank: GuaranteeResult) -> _Judged:
    """Run the guarantee's queries and tell its first violations."""
    begun = perf_counter()
    findings = find(sql, guarantee)
    opportunities = count(sql, guarantee)
    result = replace(
        blank,
        result="held",
        opportunities=opportunities,
        violation_count=len(findings),
        qualifier=_qualifier(sql, guarantee),
        violations=explain_all(sql, guarantee, findings[:MAX_TOLD]),
        seconds=round(perf_counter() - begun, 3),
    )
    if findings:
        return _Judged(replace(result, result="broken"), tuple(findings[:MAX_KEPT]))
    if opportunities < blank.minimum:
        few = f"{opportunities} {guarantee.opportunity}, at least {blank.minimum} are needed"
        return _Judged(replace(result, result="not exercised", reason=few))
    return _Judged(result)


def find(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> list[Finding]:
    """All violations; `sql` has the relations in place. Raises `QueryFailed`."""
    columns, rows = _evaluate(sql, guarantee, guarantee.violations)
    return [finding_of(columns, row) for row in rows]


def count(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> int:
    """The opportunities; `sql` has the relations in place. Raises `QueryFailed`."""
    _, rows = _evaluate(sql, guarantee, guarantee.opportunities)
    return int(rows[0][0] or 0)


def _qualifier(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> str:
    """What the result is limited to; empty for nothing."""
    rows = _evaluate(sql, guarantee, guarantee.qualifier)[1] if guarantee.qualifier else []
    return str(rows[0][0]) if rows and rows[0][0] is not None else ""


def _evaluate(
    sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, query: str
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows of a guarantee's query."""
    try:
        answer = sql.execute(query)
        return [column[0] for column in answer.description or ()], answer.fetchall()
    except duckdb.Error as problem:
        reason = f"guarantee {guarantee.name} cannot be judged on this history: {_first_line(problem)}"
        raise QueryFailed(reason) from problem


def _first_line(problem: duckdb.Error) -> str:
    """What the database says, without the query."""
    return str(problem).partition("\n")[0]


def _with_causes(result: GuaranteeResult, causes: tuple[str, ...]) -> GuaranteeResult:
    return replace(result, implied_by=causes)
