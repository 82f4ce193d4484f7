"""Judges one history with a mutant: does anything that the judge says differ from what it says with the original?

A changed part is first run alone, over the original's other parts, which are tables here. Most mutants change nothing
on most histories, and this says so in a millisecond. Only where the part's rows differ is the whole judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import duckdb

from chatproof.checkers.guarantee import finding_of
from chatproof.checkers.guarantees.relations.catalogue import relations
from tests.checkers.model import Recorded
from tests.mutation.queries import LAST, Mutant, Query

Answer = list[str]
"""All findings, or the count, in an order of their own."""

_RELATIONS = "judging,main"
_PARTS = "parts_{}"
_MUTATED = "mutated"


class StillBorn(Exception):
    """The mutant is no query at all: the database refuses it on any history."""


class Trial:
    """One history, open, with its relations; as a context manager it closes them."""

    def __init__(self, recorded: Recorded, subjects: Mapping[str, tuple[Query, ...]]) -> None:
        self._stack = ExitStack()
        self._subjects = subjects
        history = self._stack.enter_context(recorded.history())
        # One thread: any_value and lists come in one order. No optimizer: planning is the cost with some hundred rows.
        # Little memory and no file to spill to: a mutant that counts to two billion fails, which tells it.
        history.sql.execute(
            "SET threads = 1; PRAGMA disable_optimizer; SET memory_limit = '1GB'; SET temp_directory = ''"
        )
        self._sql = self._stack.enter_context(relations(history))
        self._asked = [
            (name, query) for name, queries in subjects.items() for query in queries if query.kind != "relation"
        ]
        self._answers: dict[tuple[str, str], Answer] = {}
        self._digests: dict[tuple[str, str], Any] = {}
        self._prepared = self._current_path = ""

    def close(self) -> None:
        """Let go of the history."""
        self._path(_RELATIONS)
        self._stack.close()

    def _prepare(self, subject: str) -> None:
        """Make the parts of a subject's queries tables."""
        self._prepared = subject
        self._digests.clear()
        for query in self._subjects[subject]:
            schema = _PARTS.format(query.kind)
            self._path(_RELATIONS)
            self._sql.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
            self._path(f"{schema},{_RELATIONS}")
            for name, select in query.parts.items():
                if name != LAST:
                    self._sql.execute(f"CREATE TABLE {schema}.{name} AS {select}")

    def kills(self, mutant: Mutant) -> bool:
        """Whether the judge's answer on this history differs. Raises `StillBorn`."""
        if self._prepared != mutant.subject:
            self._prepare(mutant.subject)
        return any(self._differs(mutant, query) for query in mutant.queries)

    def _differs(self, mutant: Mutant, query: Query) -> bool:
        self._path(f"{_PARTS.format(query.kind)},{_RELATIONS}")
        try:
            if self._digest(mutant.mutation.text) == self._original_digest(query, mutant.part):
                return False
            changed = query.sql(mutant.part, mutant.mutation.text)
            self._path(_RELATIONS)
            if query.kind == "relation":
                return self._relation_differs(mutant.subject.removeprefix("relation "), changed)
            return self._ask(query.kind, changed) != self._answer(mutant.subject, query)
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as refused:
            raise StillBorn(str(refused)) from refused
        except duckdb.Error:
            return True

    def _relation_differs(self, name: str, changed: str) -> bool:
        """Build it and what stands on it anew; ask the guarantees that read anything that came out otherwise.

        The query that told the last mutant is asked first.
        """
        self._sql.execute(f"CREATE SCHEMA {_MUTATED}")
        try:
            self._path(f"{_MUTATED},{_RELATIONS}")
            touched = self._rebuild(name, changed)
            for place, (subject, query) in enumerate(self._asked):
                if query.reads & touched and self._ask(query.kind, query.sql()) != self._answer(subject, query):
                    self._asked.insert(0, self._asked.pop(place))
                    return True
            return False
        finally:
            self._path(_RELATIONS)
            self._sql.execute(f"DROP SCHEMA {_MUTATED} CASCADE")

    def _rebuild(self, name: str, changed: str) -> set[str]:
        """The names of the relations whose rows are others than before."""
        self._sql.execute(f"CREATE TABLE {_MUTATED}.{name} AS {changed}")
        if not self._is_other(name):
            return set()
        touched = {name}
        for subject, (query, *_) in self._subjects.items():
            other = subject.removeprefix("relation ")
            if query.kind == "relation" and other != name and query.reads & touched:
                self._sql.execute(f"CREATE TABLE {_MUTATED}.{other} AS {query.sql()}")
                if self._is_other(other):
                    touched.add(other)
        return touched

    def _is_other(self, relation: str) -> bool:
        """Whether the relation built anew has other rows."""
        return bool(self._digest(f"FROM {_MUTATED}.{relation}") != self._digest(f"FROM judging.{relation}"))

    def _answer(self, subject: str, query: Query) -> Answer:
        """What the original says."""
        if (subject, query.kind) not in self._answers:
            before = self._current_path
            self._path(_RELATIONS)
            self._answers[subject, query.kind] = self._ask(query.kind, query.sql())
            self._path(before)
        return self._answers[subject, query.kind]

    def _ask(self, kind: str, sql: str) -> Answer:
        answer = self._sql.execute(sql)
        columns = [column[0] for column in answer.description or ()]
        if kind == "opportunities":
            return [repr(int(row[0] or 0)) for row in answer.fetchall()]
        if kind == "qualifier":
            return [repr(answer.fetchone())]
        return sorted(repr(finding_of(columns, row)) for row in answer.fetchall())

    def _original_digest(self, query: Query, part: str) -> Any:
        """The digest of the part as it is; the path leads to the query's parts."""
        if (query.kind, part) not in self._digests:
            self._digests[query.kind, part] = self._digest(query.parts[part])
        return self._digests[query.kind, part]

    def is_faithful(self, subject: str) -> bool:
        """Whether a subject's queries, taken apart and put together, say what the originals say."""
        self._path(_RELATIONS)
        queries = self._subjects[subject]
        return all(self._ask(query.kind, query.sql()) == self._ask(query.kind, query.source) for query in queries)

    def _digest(self, select: str) -> Any:
        """A number for the rows of a SELECT, whatever their order."""
        return self._sql.execute(f"SELECT count(*), sum(hash(rows)) FROM ({select}) AS rows").fetchone()

    def _path(self, schemas: str) -> None:
        if schemas != self._current_path:
            self._sql.execute(f"SET search_path = '{schemas}'")
            self._current_path = schemas
