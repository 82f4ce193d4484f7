"""The rows of a history around a finding: those that share an operation, a seq, a session, a device with it.

What a table has in common with a finding is read off its columns, so that a new table or guarantee needs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from chatproof.checkers.guarantee import Finding
from chatproof.checkers.history.tables import TABLES, Table

MAX_PER_TABLE = 16
"""Rows of one table that are looked at, beside a walk's pages; the nearest ones by score, then by time."""

MAX_MEMBERS = 1_000
"""Provisioned memberships that are looked at; more only where so many users are involved in one finding."""

LEVELS = (8, 4, 2, 1)
"""Scores at which more distant rows come in: the thing itself, its session or subject, its device, its conversation."""

_SAME, _CLOSE, _NEAR, _THERE = LEVELS
_FAULT_REACH_NS = 60_000_000_000
"""A fault or a process's end this long before a finding may be its cause."""

_SEQ_COLUMNS = ("seq", "ack_seq", "head_seq", "upto_seq")
_USER_COLUMNS = ("user", "subject")
_THING_COLUMNS = ("walk", "read", "blob", "key_id", "episode", "fault", "item", "canary_conv")
"""Columns that name a thing; a finding's data may name one too, as `walk` or `other_walk`."""
_TIME_COLUMNS = ("t_ns", "invoke_ns", "connect_ns", "from_ns", "start_ns", "start_req_ns", "complete_ns")


class Row(NamedTuple):
    """One row of a history. `score`: how much it has to do with the finding; `t_ns`: when, None for a plain fact."""

    table: str
    values: Mapping[str, Any]
    score: int
    t_ns: int | None


class Neighbourhood(NamedTuple):
    """Rows that may be taken away, the nearest first, and facts without which no row means anything.

    `owners`: session → device, of every session that a row names.
    """

    rows: tuple[Row, ...]
    facts: tuple[Row, ...]
    owners: Mapping[int, int]


def neighbourhood(sql: duckdb.DuckDBPyConnection, finding: Finding) -> Neighbourhood:
    """What surrounds a finding; `sql` has every table, absent ones empty."""
    parameters = _parameters(sql, finding)
    near = [
        row
        for table in TABLES.values()
        if table.name not in _FACTS
        for row in _rows_near(sql, table, finding, parameters)
    ]
    near.sort(key=lambda row: (-row.score, abs((row.t_ns or 0) - finding.t_ns)))
    return Neighbourhood(tuple(near), tuple(_facts(sql, finding, near)), _owners(sql, near))


_EVENTS_ONLY = {"memberships": "change <> 'initial'"}
"""A provisioned membership is a fact, not an event."""

_FACTS = ("devices", "conversations", "phases", "generator")
"""Who there is and when what phase was; nobody would take one away. How the generator felt matters to no guarantee."""


def _rows_near(
    sql: duckdb.DuckDBPyConnection, table: Table, finding: Finding, parameters: Mapping[str, object]
) -> list[Row]:
    """The rows of one table that have most to do with the finding."""
    score, time = _score(table, finding), _time_of(table)
    query = f"""
        SELECT *, {score} AS score_, {time} AS t_ns_ FROM {table.name}
        WHERE score_ > 0 AND {_in_conversation(table)} AND {_EVENTS_ONLY.get(table.name, "true")}
        ORDER BY score_ DESC NULLS LAST, abs(t_ns_ - $t_ns) NULLS LAST, {_tie(table)} NULLS LAST
        LIMIT {_limit(table, finding)}
    """
    return [
        Row(table.name, {key: row[key] for key in table.column_names}, row["score_"], row["t_ns_"])
        for row in _fetch(sql, query, parameters)
    ]


def _limit(table: Table, finding: Finding) -> str:
    """How many rows. A walk says something only with all of its pages, which come first: they are the thing itself."""
    walks = _things("walk", finding) if table.name == "reads" else []
    pages = f" + (SELECT count(*) FROM reads WHERE walk IN ({', '.join(map(str, walks))}))" if walks else ""
    return f"{MAX_PER_TABLE}{pages}"


def _time_of(table: Table) -> str:
    return next((name for name in _TIME_COLUMNS if name in table.column_names), "NULL::BIGINT")


def _tie(table: Table) -> str:
    """What puts rows of one moment in order."""
    return "rec" if table.recorded else " NULLS LAST, ".join(f'"{name}"' for name in table.key or table.column_names)


def _in_conversation(table: Table) -> str:
    """Rows of other conversations have nothing to do with it, unless they are about the same operation."""
    if "conv" not in table.column_names:
        return "true"
    same_op = " OR list_contains($ops, op)" if "op" in table.column_names else ""
    return f"($conv IS NULL OR conv IS NULL OR conv = $conv{same_op})"


def _score(table: Table, finding: Finding) -> str:
    """An expression that adds up what a row of the table and the finding have in common."""
    if table.name in ("faults", "processes"):
        return _reach(table, finding)
    return " + ".join(f"{points} * coalesce({term}, false)::INTEGER" for points, term in _terms(table, finding)) or "0"


def _reach(table: Table, finding: Finding) -> str:
    """Faults and processes share no column with others: what counts is whether they were at work just before."""
    named = finding.data.get("fault") if table.name == "faults" else None
    same = f"WHEN fault = {int(named)} THEN {_SAME} " if isinstance(named, int) else ""
    return (
        f"CASE {same}WHEN {_time_of(table)} BETWEEN $t_ns - {_FAULT_REACH_NS} AND $t_ns + {_FAULT_REACH_NS // 10} "
        f"THEN {_NEAR} ELSE 0 END"
    )


def _terms(table: Table, finding: Finding) -> list[tuple[int, str]]:
    """(points, condition) for each column that can have something in common with a finding."""
    names = table.column_names
    terms = [(_SAME, "list_contains($ops, op)")] if "op" in names else []
    if "conv" in names:
        terms.append((_THERE, "conv = $conv"))
        terms += [(_SAME, f"conv = $conv AND list_contains($seqs, {name})") for name in _SEQ_COLUMNS if name in names]
    terms += [(_SAME, f"{name} = {thing}") for name in _THING_COLUMNS if name in names
              for thing in _things(name, finding)]
    terms += [(_NEAR, "conv = $conv AND list_contains($seqs, ref_seq)")] if "ref_seq" in names else []
    terms += [(_CLOSE, "list_contains($sessions, session)")] if "session" in names else []
    terms += [(_CLOSE, f'"{name}" = $subject') for name in _USER_COLUMNS if name in names]
    terms += [(_NEAR, "list_contains($devs, dev)")] if "dev" in names else []
    terms += [(_NEAR, 'list_contains($users, "user")')] if "user" in names else []
    return terms + _WEIGHTY.get(table.name, [])


_WEIGHTY = {
    "reads": [(_NEAR, "conv = $conv AND purpose = 'audit'")],
    "policies": [(_CLOSE, "scope <> 'conversation' OR scope_id = $conv")],
    "heads": [(_CLOSE, "conv = $conv AND list_contains($devs, dev) AND source = 'resume'")],
}
"""Rows that say what others mean: walks through everything, policies, and where a device's view begins."""


def _things(name: str, finding: Finding) -> list[int]:
    """The things of a kind that a finding's own columns name."""
    named = [finding.data.get(key) for key in (name, f"other_{name}")]
    return [value for value in named if isinstance(value, int)]


def _parameters(sql: duckdb.DuckDBPyConnection, finding: Finding) -> dict[str, object]:
    """Everything that a finding names; `users` are those of its devices."""
    devs = sorted({*finding.devs, *(op >> 32 for op in finding.ops)})
    owners = _fetch(sql, 'SELECT DISTINCT "user" FROM devices WHERE list_contains($devs, dev)', {"devs": devs})
    return {
        "ops": list(finding.ops),
        "conv": finding.conv,
        "seqs": list(finding.seqs),
        "sessions": list(finding.sessions),
        "devs": devs,
        "users": sorted(row["user"] for row in owners),
        "subject": finding.data.get("subject"),
        "t_ns": finding.t_ns,
    }


def _fetch(sql: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
    """The rows of a query as dicts; parameters that it does not name are left out."""
    named = {name: value for name, value in parameters.items() if f"${name}" in query}
    answer = sql.execute(query, named)
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def _subject(finding: Finding) -> list[int]:
    """The user whose presence or markers it is about, if it is about one."""
    subject = finding.data.get("subject")
    return [subject] if isinstance(subject, int) else []


def _facts(sql: duckdb.DuckDBPyConnection, finding: Finding, near: Sequence[Row]) -> list[Row]:
    """The devices of everybody involved, the conversation, the phases."""
    values = [row.values for row in near]
    devs = {row["dev"] for row in values if row.get("dev") is not None} | {op >> 32 for op in finding.ops}
    users = {row["user"] for row in values if row.get("user") is not None} | set(_subject(finding))
    parameters: dict[str, object] = {"devs": sorted(devs), "users": sorted(users)}
    involved = """
        WITH concerned AS (
            SELECT "user" AS usr FROM devices WHERE list_contains($devs, dev) OR list_contains($users, "user")
        )
    """
    devices = f'{involved} SELECT * FROM devices WHERE "user" IN (SELECT usr FROM concerned) ORDER BY dev NULLS LAST'
    convs = {row["conv"] for row in values if row.get("conv") is not None}
    queries: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("devices", devices, parameters),
        ("conversations", "SELECT * FROM conversations WHERE list_contains($convs, conv)", {"convs": sorted(convs)}),
        ("phases", "SELECT * FROM phases", {}),
        ("memberships", f"""
            {involved}
            SELECT * FROM memberships
            WHERE change = 'initial' AND list_contains($convs, conv) AND "user" IN (SELECT usr FROM concerned)
            ORDER BY rec NULLS LAST LIMIT {MAX_MEMBERS}
        """, {**parameters, "convs": sorted(convs)}),
    )
    return [Row(name, row, 0, None) for name, query, given in queries for row in _fetch(sql, query, given)]


def _owners(sql: duckdb.DuckDBPyConnection, near: Sequence[Row]) -> dict[int, int]:
    sessions = sorted({row.values["session"] for row in near if row.values.get("session") is not None})
    query = "SELECT session, dev FROM connections WHERE list_contains($sessions, session)"
    return {row["session"]: row["dev"] for row in _fetch(sql, query, {"sessions": sessions})}
