"""Judges one history: evidence, guarantees, SLOs, and what they come to.

    JudgeError
    └── UnknownGuarantee    a guarantee was asked for by a name that none has
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import duckdb
from msgspec.structs import replace

from chatproof.checkers.evidence import bad_blocks, evidence_problems, load_problems
from chatproof.checkers.explanation import explain_all
from chatproof.checkers.guarantee import FINDING_COLUMNS, Finding, Guarantee, finding_of, is_claimed
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

_VOID_EVIDENCE = "the evidence is invalid"
_VOID_LOAD = "the load was not what was asked for, and this guarantee is about time"


class JudgeError(Exception):
    """The judge was asked for something that it cannot do; the message is one sentence."""


class UnknownGuarantee(JudgeError):
    """There is no guarantee of that name; the message lists all."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no guarantee {name!r}; there are {', '.join(GUARANTEES)}")
        self.name = name


class _Judged(NamedTuple):
    """One guarantee's result and, where it is broken, its findings."""

    result: GuaranteeResult
    findings: tuple[Finding, ...] = ()


def judge(history: History, *, names: Sequence[str] | None = None) -> Verdict:
    """The verdict on a history; with `names`, of these guarantees only. Raises `UnknownGuarantee`."""
    chosen = [_guarantee(name) for name in names] if names is not None else list(GUARANTEES.values())
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
        load_problems=load,
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
        load_problems=load,
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


def _guarantee(name: str) -> Guarantee:
    if name not in GUARANTEES:
        raise UnknownGuarantee(name)
    return GUARANTEES[name]


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
    """All violations; `sql` has the relations in place."""
    answer = sql.execute(guarantee.violations)
    columns = [column[0] for column in answer.description or ()]
    missing = [name for name in FINDING_COLUMNS if name not in columns]
    assert not missing, f"{guarantee.name}: its violations have no {missing}"
    return [finding_of(columns, row) for row in answer.fetchall()]


def count(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> int:
    """The opportunities; `sql` has the relations in place."""
    row = sql.execute(guarantee.opportunities).fetchone()
    assert row is not None, f"{guarantee.name}: its opportunities are no count"
    return int(row[0] or 0)


def _qualifier(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> str:
    """What the result is limited to; empty for nothing."""
    row = sql.execute(guarantee.qualifier).fetchone() if guarantee.qualifier else None
    return str(row[0]) if row is not None and row[0] is not None else ""


def _with_causes(result: GuaranteeResult, causes: tuple[str, ...]) -> GuaranteeResult:
    return replace(result, implied_by=causes)
