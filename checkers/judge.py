"""Judges one history: evidence, guarantees, SLOs, and what they come to.

    JudgeError
    ├── UnknownGuarantee    a guarantee was asked for by a name that none has
    ├── BadGuarantee        a guarantee of one's own cannot be judged beside the others
    └── QueryFailed         a query cannot be evaluated on this history
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import duckdb
from msgspec.structs import replace

from chatproof.checkers.buckets import buckets_wanted, spread
from chatproof.checkers.evidence import bad_blocks, evidence_problems, is_about_load, load_problems
from chatproof.checkers.explanation import MAX_TRIALS, explain_all
from chatproof.checkers.guarantee import Finding, Guarantee, finding_of, is_claimed
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import judging
from chatproof.checkers.hearing import Heard, hear_buckets, hear_whole
from chatproof.checkers.history.history import History
from chatproof.checkers.implied import implied_by, unexplained
from chatproof.checkers.questions import Answer, JudgeError, QueryFailed, evaluate, first_line
from chatproof.checkers.results import FaultResult, GuaranteeResult, Verdict
from chatproof.checkers.since import plan, recall, remember
from chatproof.checkers.slos import evaluate_slos, slo_queries
from chatproof.checkers.verdict import Findings, decide, void_slos
from chatproof.checkers.workers import Here, Workers

__all__ = ["BadGuarantee", "JudgeError", "QueryFailed", "UnknownGuarantee", "count", "find", "judge"]

MAX_TOLD = 5
"""Violations of one guarantee that are told; all are counted."""

MAX_KEPT = 5_000
"""Violations of one guarantee that are compared with those of others."""

_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")

_VOID_EVIDENCE = "the evidence is invalid"
_VOID_LOAD = "the load was not what was asked for, and this guarantee is about time"


class UnknownGuarantee(JudgeError):
    """There is no guarantee of that name; the message lists all."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no guarantee {name!r}; there are {', '.join(known)}")
        self.name = name


class BadGuarantee(JudgeError):
    """A guarantee's name is taken, or is not made of lower-case words and hyphens."""


class _Judged(NamedTuple):
    """One guarantee's result and, where it is broken, its findings."""

    result: GuaranteeResult
    findings: tuple[Finding, ...] = ()


class _Manner(NamedTuple):
    """How a history is judged, without influence on what is found."""

    buckets: int | None
    workers: Workers | None
    since: Path | None
    trials: int


def judge(
    history: History,
    *,
    names: Sequence[str] | None = None,
    also: Sequence[Guarantee] = (),
    buckets: int | None = None,
    workers: Workers | None = None,
    since: Path | None = None,
    trials: int = MAX_TRIALS,
) -> Verdict:
    """The verdict on a history; with `names`, of these guarantees only; `also` are guarantees of the caller's own.

    A large history is judged in `buckets` (so many as its size asks for), by `workers` (this process); what the file
    `since` remembers of finished conversations is carried over, and it is written anew: the verdict is the same.
    With fewer `trials` for each guarantee its counter-examples are found sooner, and are not the smallest.
    Raises `UnknownGuarantee` for a name that neither has, `BadGuarantee` for one that cannot be told apart, and
    `QueryFailed` for a query that the database refuses.
    """
    known = _known(also)
    chosen = [_named(name, known) for name in names] if names is not None else list(known.values())
    try:
        return _judge(history, chosen, names, _Manner(buckets, workers, since, trials))
    except duckdb.Error as problem:
        raise QueryFailed(f"this history cannot be judged: {first_line(problem)}") from problem


def _judge(
    history: History, chosen: Sequence[Guarantee], names: Sequence[str] | None, manner: _Manner
) -> Verdict:
    """The verdict on a history by the chosen guarantees."""
    evidence, load = evidence_problems(history), load_problems(history)
    blanks = {guarantee.name: _blank(history, guarantee, evidence, load) for guarantee in chosen}
    asked = [guarantee for guarantee in chosen if not blanks[guarantee.name].reason]
    also = () if evidence else slo_queries(history.run)
    with judging(history) as sql, _hear(history, asked, also, manner) as heard:
        judged = [
            _result(sql, guarantee, blanks[guarantee.name], heard.answers.get(guarantee.name), manner.trials)
            for guarantee in chosen
        ]
        slos = () if evidence else evaluate_slos(history, bad_blocks(history))
    totals = heard.totals
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
        unavailable=run.unavailable,
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


@contextmanager
def _hear(
    history: History, asked: Sequence[Guarantee], also: Sequence[str], manner: _Manner
) -> Iterator[Heard]:
    """Whole or in buckets, and with the relations in place that further queries rest on."""
    workers = manner.workers or Here()
    if manner.since is not None and asked:
        planned = plan(history, asked, recall(manner.since))
        with hear_buckets(history, asked, also, workers, planned.groups) as heard:
            remember(manner.since, planned, heard.by_group)
            yield heard
    elif (count := _buckets(history, manner)) > 1:
        with hear_buckets(history, asked, also, workers, spread(history, count)) as heard:
            yield heard
    else:
        with hear_whole(history, asked, also) as heard:
            yield heard


def _buckets(history: History, manner: _Manner) -> int:
    """As many as were asked for, or as its size asks for; for workers elsewhere there is more than one."""
    if manner.buckets is not None:
        return manner.buckets
    return max(buckets_wanted(history), 1 if manner.workers is None else 2)


def _blank(
    history: History, guarantee: Guarantee, evidence: Sequence[str], load: Sequence[str]
) -> GuaranteeResult:
    """What is known before anything is asked; with a reason where it cannot be judged."""
    minimum = max(1, history.run.minimums.get(guarantee.name, guarantee.minimum))
    blank = GuaranteeResult(
        name=guarantee.name, sentence=guarantee.sentence, result="not observable", opportunities=0, minimum=minimum
    )
    absent = [table for table in guarantee.tables if table in history.absent]
    if not is_claimed(guarantee, history.run.claims):
        return replace(blank, result="not claimed", reason=f"needs {', '.join(guarantee.claims)}")
    if evidence:
        return replace(blank, reason=_VOID_EVIDENCE)
    if absent:
        return replace(blank, reason=f"the run has no {', '.join(absent)}")
    if load and guarantee.liveness:
        return replace(blank, reason=_VOID_LOAD)
    return blank


def _result(
    sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, blank: GuaranteeResult, answer: Answer | None, trials: int
) -> _Judged:
    """What an answer says of a guarantee, with its first violations told; without an answer, what was known before."""
    if answer is None:
        return _Judged(blank)
    begun = perf_counter()
    told = explain_all(sql, guarantee, answer.findings[:MAX_TOLD], trials)
    result = replace(
        blank,
        result="held",
        opportunities=answer.opportunities,
        violation_count=len(answer.findings),
        qualifier=answer.qualifier,
        violations=told,
        seconds=round(answer.seconds + perf_counter() - begun, 3),
    )
    if answer.findings:
        return _Judged(replace(result, result="broken"), answer.findings[:MAX_KEPT])
    if answer.opportunities < blank.minimum:
        few = f"{answer.opportunities} {guarantee.opportunity}, at least {blank.minimum} are needed"
        return _Judged(replace(result, result="not exercised", reason=few))
    return _Judged(result)


def find(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> list[Finding]:
    """All violations, in the order of the query; `sql` has the relations in place. Raises `QueryFailed`."""
    columns, rows = evaluate(sql, guarantee.name, guarantee.violations)
    return [finding_of(columns, row) for row in rows]


def count(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee) -> int:
    """The opportunities; `sql` has the relations in place. Raises `QueryFailed`."""
    _, rows = evaluate(sql, guarantee.name, guarantee.opportunities)
    return int(rows[0][0] or 0)


def _with_causes(result: GuaranteeResult, causes: tuple[str, ...]) -> GuaranteeResult:
    return replace(result, implied_by=causes)
