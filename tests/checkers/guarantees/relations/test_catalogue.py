"""Laying the relations over a history and taking them away again."""

from __future__ import annotations

import duckdb
import pytest
from msgspec.structs import replace

from chatproof.checkers.guarantees.relations.catalogue import RELATIONS, clock_error_ns, relations
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import Worker
from tests.checkers.stories import history_of

STORY = "members a b\na sends m1\na acked m1 = 1\n"


def test_every_relation_is_there_and_gone_afterwards() -> None:
    """While judging each can be read; afterwards the history is as it was."""
    with history_of(STORY) as history:
        with relations(history) as sql:
            for relation in RELATIONS:
                sql.execute(f"SELECT count(*) FROM {relation.name}")
        with pytest.raises(duckdb.CatalogException):
            history.rows("SELECT * FROM sends")


def test_an_error_leaves_nothing_behind() -> None:
    """A judgement that is broken off can be begun again."""
    with history_of(STORY) as history:
        with pytest.raises(duckdb.CatalogException), relations(history) as sql:
            sql.execute("SELECT * FROM no_such_relation")
        with relations(history) as sql:
            assert [(1,)] == sql.execute("SELECT count(*) FROM sends").fetchall()


def test_relations_have_names_of_their_own() -> None:
    """None hides another one or a table."""
    names = [relation.name for relation in RELATIONS]
    with history_of(STORY) as history:
        tables = [name for (name,) in history.rows("SELECT table_name FROM information_schema.tables")]
    assert sorted({*names, *tables}) == sorted([*names, *tables])


def test_absent_tables_are_empty_while_judging() -> None:
    """A relation need not know which tables a run has; the history still lacks them."""
    with history_of(STORY) as complete, History.of(complete.run, {}) as history:
        with relations(history) as sql:
            assert [(0,)] == sql.execute("SELECT count(*) FROM deliveries").fetchall()
        assert "deliveries" in history.absent


def test_bounds_and_claims_are_relations_of_one_row() -> None:
    """Queries read the run's own values."""
    with history_of(STORY, {"echo": "all"}, {"presence_ns": 7}) as history, relations(history) as sql:
        assert [("all",)] == sql.execute("SELECT echo FROM claims").fetchall()
        assert [(7,)] == sql.execute("SELECT presence_ns FROM bounds").fetchall()


def test_the_clock_error_is_the_worst_of_all_workers() -> None:
    """A worker on another host may be further off than the bound says."""
    with history_of(STORY) as history:
        run = replace(history.run, workers=(Worker(0, "here"), Worker(1, "there", err_ns=9_000_000)))
    assert 9_000_000 == clock_error_ns(run)
    assert 1_000_000 == clock_error_ns(replace(run, workers=()))
