"""Turns a finding into a counter-example that a person can follow: a sentence and at most twelve events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from chatproof.checkers.guarantee import Finding, Guarantee, name_op
from chatproof.checkers.narration import Event, Narrator
from chatproof.checkers.neighbourhood import Neighbourhood, Row, neighbourhood
from chatproof.checkers.results import Violation, Witness
from chatproof.checkers.witnesses import smallest

MAX_WITNESSES = 12
MAX_TRIALS = 60
"""Parts of the history that are judged again for the counter-examples of one guarantee."""

MAX_CONTEXT = 6
"""Events beside the needed ones that help to read a counter-example."""

_TELLING = ("operations", "attempts", "faults", "processes", "resumes", "deliveries")
"""Tables whose rows help most where they are not needed, in this order."""

_ACTIVE_FAULTS = """
    SELECT kind || ' of ' || target FROM faults, bounds b
    WHERE start_req_ns <= ? AND coalesce(stop_confirmed_ns, ?) + b.calm_after_heal_ns >= ?
    ORDER BY start_req_ns NULLS LAST, fault NULLS LAST
"""


def explain_all(
    sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, findings: Sequence[Finding], trials: int = MAX_TRIALS
) -> tuple[Violation, ...]:
    """The findings as counter-examples; the first ones get the smallest proofs, as long as the trials last."""
    told = []
    for finding in findings:
        around = neighbourhood(sql, finding)
        proof = smallest(sql, guarantee, finding, around, trials)
        trials -= proof.trials
        told.append(_violation(sql, guarantee, finding, _witnesses(finding, around, proof.rows)))
    return tuple(told)


def explain(sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, finding: Finding) -> Violation:
    """One finding with its sentence, its witnesses and the active faults; `sql` has the relations in place."""
    return explain_all(sql, guarantee, [finding])[0]


def _violation(
    sql: duckdb.DuckDBPyConnection, guarantee: Guarantee, finding: Finding, witnesses: tuple[Witness, ...]
) -> Violation:
    faults = sql.execute(_ACTIVE_FAULTS, [finding.t_ns] * 3).fetchall()
    return Violation(
        sentence=guarantee.explain(finding),
        t_ns=finding.t_ns,
        ops=finding.ops,
        conv=finding.conv,
        seqs=finding.seqs,
        sessions=finding.sessions,
        witnesses=witnesses,
        faults=tuple(name for (name,) in faults),
    )


def _witnesses(finding: Finding, around: Neighbourhood, needed: Sequence[Row]) -> tuple[Witness, ...]:
    """The needed events first, as far as there is room, then those that help to read them; in the order of time.

    Where the neighbourhood alone shows nothing, none is needed and the nearest are told.
    """
    narrator = Narrator(around)
    proof = _distinct(event for row in needed for event in narrator.tell(row))[:MAX_WITNESSES]
    rest = [row for row in around.rows if row not in needed]
    helping = sorted((row for row in rest if _helps(row, finding)), key=lambda row: _TELLING.index(row.table))
    context = _distinct([*(event for row in helping for event in narrator.tell(row)), *_log(around.rows, finding)])
    if not proof:
        context = _distinct([*context, *(event for row in rest for event in narrator.tell(row))])
    room = min(MAX_WITNESSES - len(proof), MAX_CONTEXT if proof else MAX_WITNESSES)
    chosen = [Witness(*event) for event in proof]
    chosen += [Witness(*event, needed=False) for event in [event for event in context if event not in proof][:room]]
    return tuple(sorted(chosen, key=lambda witness: (witness.t_ns, witness.lane, witness.text)))


def _distinct(events: Iterable[Event]) -> list[Event]:
    """Each event once, where it first stands."""
    return list(dict.fromkeys(events))


def _helps(row: Row, finding: Finding) -> bool:
    """What was done to the same operation or thing, and what broke before."""
    if row.table in ("faults", "processes"):
        return row.t_ns is not None and row.t_ns <= finding.t_ns
    return row.table in _TELLING and row.score >= 8


def _log(rows: Sequence[Row], finding: Finding) -> list[Event]:
    """What stands at the finding's seqs, when anybody first saw it."""
    placed = [
        Event(row.t_ns, "log", f"seq {row.values['seq']} is {row.values['event']}{_operation(row)}")
        for row in rows
        if row.table == "deliveries" and row.values["conv"] == finding.conv and row.values["seq"] in finding.seqs
        and row.t_ns is not None
    ]
    first: dict[str, Event] = {}
    for event in sorted(placed):
        first.setdefault(event.text, event)
    return list(first.values())


def _operation(row: Row) -> str:
    return "" if row.values["op"] is None else f", operation {name_op(row.values['op'])}"
