"""The judge's SQL in parts: each query's common table expressions and its last SELECT, and which query stands on which.

A part that two queries of a guarantee share (the same name and text, as violations and opportunities often do) is one
part: it stands once in the source, so a mistake in it is in both.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlglot
from sqlglot import exp

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import RELATIONS
from tests.mutation.sql_mutations import DIALECT, Mutation, mutations, written

_REPEATING = ("rows: SELECT [DISTINCT", "UNION [ → ALL]")
"""In the names of mutants that say the same rows more than once."""

LAST = ""
"""The name of a query's last SELECT among its parts."""


class Query(NamedTuple):
    """A query taken apart.

    Attributes:
        kind: violations, opportunities, qualifier or relation.
        parts: name → SELECT, the last one under LAST.
        reads: the tables and relations that it names.
    """

    kind: str
    source: str
    parts: dict[str, str]
    reads: frozenset[str]

    def sql(self, part: str = LAST, instead: str | None = None) -> str:
        """The query as one text, with another SELECT for one part."""
        parts = self.parts if instead is None else {**self.parts, part: instead}
        named = ", ".join(f"{name} AS ({select})" for name, select in parts.items() if name)
        return f"WITH {named} {parts[LAST]}" if named else parts[LAST]


class Mutant(NamedTuple):
    """A changed part of a guarantee's or relation's queries; `name` is what it is called in docs/MUTATION.md."""

    subject: str
    part: str
    queries: tuple[Query, ...]
    mutation: Mutation

    @property
    def name(self) -> str:
        """`no-gap, jumps: comparison: …`; opportunities have parts of their own."""
        first = self.queries[0].kind
        is_other = first in ("opportunities", "qualifier")
        part = f"{self.part} of {first}" if self.part and is_other else self.part or first
        return f"{self.subject}, {part}: {self.mutation.name}"


def subjects() -> dict[str, tuple[Query, ...]]:
    """Each guarantee and each relation (`relation sends`) with its queries."""
    guarantees = {
        name: tuple(parsed(kind, sql) for kind, sql in (
            ("violations", each.violations), ("opportunities", each.opportunities), ("qualifier", each.qualifier),
        ) if sql)
        for name, each in GUARANTEES.items()
    }
    return guarantees | {f"relation {each.name}": (parsed("relation", each.select),) for each in RELATIONS}


def parsed(kind: str, sql: str) -> Query:
    """A query taken apart."""
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    named = frozenset(table.name for table in tree.find_all(exp.Table))
    above = tree.args.get("with_")
    parts = {each.alias: _select_of(each) for each in above.expressions} if above else {}
    tree.set("with_", None)
    return Query(kind, sql, {**parts, LAST: written(tree)}, named - set(parts))


def _select_of(part: exp.CTE) -> str:
    """What a common table expression selects, its columns named inside."""
    select, columns = written(part.this), part.args["alias"].columns
    return f"SELECT * FROM ({select}) AS named({', '.join(map(written, columns))})" if columns else select


def mutants(subject: str, queries: tuple[Query, ...]) -> list[Mutant]:
    """All mutants of a guarantee or relation."""
    return [
        Mutant(subject, part, owners, mutation)
        for part, owners in _distinct_parts(queries)
        for mutation in mutations(owners[0].parts[part])
        if not (any(text in mutation.name for text in _REPEATING) and all(_is_asked(part, owner) for owner in owners))
    ]


def _is_asked(part: str, query: Query) -> bool:
    """Whether a part is at most read by anti and semi joins and by EXISTS: its repeated rows make no difference."""
    others = [sqlglot.parse_one(select, dialect=DIALECT) for select in query.parts.values()]
    uses = [table for tree in others for table in tree.find_all(exp.Table) if table.name == part]
    return part != LAST and all(
        (isinstance(use.parent, exp.Join) and use.parent.kind in ("ANTI", "SEMI"))
        or isinstance(use.parent_select.parent, exp.Exists)
        for use in uses
    )


def _distinct_parts(queries: tuple[Query, ...]) -> list[tuple[str, tuple[Query, ...]]]:
    """(name, the queries that have exactly this part)."""
    texts = dict.fromkeys(part for query in queries for part in query.parts.items())
    return [(name, tuple(query for query in queries if query.parts.get(name) == select)) for name, select in texts]
