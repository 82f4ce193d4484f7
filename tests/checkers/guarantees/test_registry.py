"""Every guarantee against its worked example, and what all of them have in common."""

from __future__ import annotations

import re

import pytest

from chatproof.checkers.guarantee import FINDING_COLUMNS, Guarantee
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import RELATIONS
from chatproof.checkers.history.tables import TABLES
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS
from chatproof.checkers.judge import count, find
from tests.checkers.guarantees.judged import ready
from tests.checkers.stories import history_of

every_guarantee = pytest.mark.parametrize("guarantee", GUARANTEES.values(), ids=GUARANTEES)

QUERIES = {
    **{f"{name}: violations": guarantee.violations for name, guarantee in GUARANTEES.items()},
    **{f"{name}: opportunities": guarantee.opportunities for name, guarantee in GUARANTEES.items()},
    **{f"{name}: qualifier": guarantee.qualifier for name, guarantee in GUARANTEES.items() if guarantee.qualifier},
    **{f"relation {relation.name}": relation.select for relation in RELATIONS},
}
every_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


@every_guarantee
def test_the_clean_example_is_clean_and_exercises_it(guarantee: Guarantee) -> None:
    """The example that keeps the guarantee has no violation, and at least one opportunity: it is not vacuous."""
    with history_of(guarantee.story.clean) as history, ready(history, guarantee) as sql:
        assert [] == find(sql, guarantee)
        assert 1 <= count(sql, guarantee)


@every_guarantee
def test_the_broken_example_is_found_and_told(guarantee: Guarantee) -> None:
    """The example that breaks it has a violation, told in a sentence."""
    with history_of(guarantee.story.broken) as history, ready(history, guarantee) as sql:
        findings = find(sql, guarantee)
    assert findings
    assert "None" not in guarantee.explain(findings[0])


@every_guarantee
def test_its_violations_have_every_column(guarantee: Guarantee) -> None:
    """Ours leave none out: what is empty is said to be empty."""
    with history_of(guarantee.story.broken) as history, ready(history, guarantee) as sql:
        columns = {column[0] for column in sql.execute(guarantee.violations).description or ()}
    assert set() == set(FINDING_COLUMNS) - columns


@every_guarantee
def test_it_rests_on_things_that_exist(guarantee: Guarantee) -> None:
    """Claims, bounds and tables are those of the vocabulary; the minimum is never zero."""
    assert set() == set(guarantee.claims) - set(CLAIMS)
    assert set() == set(guarantee.bounds) - set(BOUNDS)
    assert set() == set(guarantee.tables) - set(TABLES)
    assert 1 <= guarantee.minimum


@every_guarantee
def test_an_empty_history_offers_no_opportunity(guarantee: Guarantee) -> None:
    """With no rows at all there is nothing to accuse and nothing to count."""
    with history_of("") as history, ready(history, guarantee) as sql:
        assert [] == find(sql, guarantee)
        assert 0 == count(sql, guarantee)


@every_query
def test_no_query_can_be_emptied_by_a_null(query: str) -> None:
    """`NOT IN` with a NULL is an empty, vacuous pass: anti joins and NOT EXISTS are used instead."""
    assert not re.search(r"\bNOT\s+IN\b", query, re.IGNORECASE)


@every_query
def test_every_order_says_where_nulls_go(query: str) -> None:
    """Each term of each ORDER BY names the place of NULLs: the default differs between databases and settings."""
    for clause in re.findall(r"ORDER BY (.*?)(?:\n\s+ROWS|\n\s+RANGE|\)|$)", query, re.DOTALL):
        for term in clause.split(","):
            assert re.search(r"NULLS (FIRST|LAST)", term), clause


@every_query
def test_time_is_whole_numbers(query: str) -> None:
    """Instants and durations stay integers: no float literal, no true division, no floating type."""
    assert not re.search(r"\b\d+\.\d+\b", query)
    assert not re.search(r"(?<!/)/(?!/)", query)
    assert not re.search(r"\b(DOUBLE|FLOAT|REAL|DECIMAL)\b", query, re.IGNORECASE)
