"""The mutator of the judge: what it changes, that it tells mutants apart, and that its page and reasons agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chatproof.checkers.history.tables import TABLES
from tests.checkers.model import Recorded
from tests.checkers.stories import tables_of
from tests.mutation.arguments import argued
from tests.mutation.corpus import BATCHES
from tests.mutation.jumble import jumble
from tests.mutation.merged import beside, merged
from tests.mutation.module_trial import MODULES, is_killed, source_of
from tests.mutation.python_mutations import module_mutations
from tests.mutation.queries import Mutant, mutants, parsed, subjects
from tests.mutation.sql_mutations import Mutation, mutations
from tests.mutation.trial import StillBorn, Trial


def changed(sql: str) -> set[str]:
    """All that a query becomes."""
    return {mutation.text for mutation in mutations(sql)}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE a < 7", {"SELECT a FROM t WHERE a <= 7", "SELECT a FROM t WHERE a < 8",
                                         "SELECT a FROM t WHERE TRUE"}),
        ("SELECT a FROM t WHERE p AND q", {"SELECT a FROM t WHERE p", "SELECT a FROM t WHERE q",
                                           "SELECT a FROM t WHERE (p OR q)"}),
        ("SELECT MIN(a) FROM t ANTI JOIN u ON t.a = u.a", {
            "SELECT MAX(a) FROM t ANTI JOIN u ON t.a = u.a", "SELECT MIN(a) FROM t SEMI JOIN u ON t.a = u.a",
            "SELECT MIN(a) FROM t ANTI JOIN u ON TRUE", "SELECT MIN(a) FROM t ANTI JOIN u ON t.a <> u.a",
        }),
        ("SELECT DISTINCT a FROM t UNION ALL SELECT b FROM u", {
            "SELECT a FROM t UNION ALL SELECT b FROM u", "SELECT DISTINCT a FROM t", "SELECT b FROM u",
        }),
        ("SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM t", {
            "SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) FROM t",
            "SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
            "SELECT SUM(a) OVER (ORDER BY b DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM t",
        }),
        ("SELECT list(DISTINCT op) AS ops FROM t WHERE EXISTS(SELECT 1 FROM u)", {
            "SELECT ARRAY_AGG(DISTINCT op) AS ops FROM t WHERE NOT EXISTS(SELECT 1 FROM u)",
            "SELECT ARRAY_AGG(DISTINCT op) AS ops FROM t WHERE TRUE",
        }),
    ],
)
def test_each_mutant_is_one_small_mistake(sql: str, expected: set[str]) -> None:
    """What cannot change an answer, as DISTINCT in a finding's lists or what EXISTS selects, is left alone."""
    assert expected == changed(sql)


def test_an_inner_join_stays_where_its_partner_is_compared_later() -> None:
    """A row without a partner would be dropped by the later condition, so the mutant would be the same query."""
    joins = "SELECT a FROM t JOIN u ON u.x = t.x JOIN v ON v.y = u.y AND t.n BETWEEN u.n AND v.n"
    assert ["join: [ → LEFT] JOIN v ON v.y"] == [each.name for each in mutations(joins) if "LEFT" in each.name]
    assert [] == [each.name for each in mutations(f"{joins} WHERE v.k > 1") if "LEFT" in each.name]


def test_names_are_unique_and_say_what_changed() -> None:
    """A reason is kept under the name, so two mutants never share one."""
    names = [mutation.name for mutation in mutations("SELECT a FROM t WHERE a < b OR a < b")]
    assert len(names) == len(set(names))
    assert "comparison: a [< → <=] b" in names
    assert "comparison: a [< → <=] b #2" in names


def test_a_shared_part_is_changed_in_both_queries() -> None:
    """It stands once in the source, so a mistake in it is in violations and opportunities."""
    shared = "WITH seen AS (SELECT a FROM t WHERE a > 1)"
    violations = parsed("violations", f"{shared} SELECT * FROM seen")
    queries = (violations, parsed("opportunities", f"{shared} SELECT count(*) FROM seen"))
    flipped = [mutant for mutant in mutants("g", queries) if "[> → >=]" in mutant.name]
    assert [2] == [len(mutant.queries) for mutant in flipped]


def test_decisions_are_changed_by_their_tree() -> None:
    """Conditions, comparisons, numbers; annotations and docstrings are no code."""
    source = "def f(a: int) -> bool:\n    'Says 1.'\n    return a > 1\n"
    assert {"f: a > 1 → a >= 1", "f: 1 → 2"} == {mutation.name for mutation in module_mutations(source)}


@contextmanager
def trial_of(recorded: Recorded) -> Iterator[Trial]:
    """A history, ready to judge mutants."""
    trial = Trial(recorded, subjects())
    try:
        yield trial
    finally:
        trial.close()


def told(story: str) -> Recorded:
    """A story's history, not opened yet."""
    return Recorded(jumble(0).run, tables_of(story))


def named(subject: str, text: str) -> Mutant:
    """The mutant of a guarantee whose name has this text."""
    return next(mutant for mutant in mutants(subject, subjects()[subject]) if text in mutant.name)


MAKERS = list(dict.fromkeys(batch.make for batch in BATCHES))


@pytest.mark.slow
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_made_history_depends_on_its_seed_alone(make: Callable[[int], Recorded]) -> None:
    """What is recorded of it, and the mutants that it kills, stay the same."""
    assert make(3) == make(3)
    assert make(3).tables != make(4).tables


@pytest.mark.slow
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_made_history_has_each_key_once(make: Callable[[int], Recorded]) -> None:
    """The evidence demands it of every history that is judged."""
    for seed in range(20):
        for name, rows in make(seed).tables.items():
            keys = [tuple(row.get(column) for column in TABLES[name].key) or at for at, row in enumerate(rows)]
            assert len(rows) == len(set(keys)), name


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tested_with_the_source_that_is_given(module: str) -> None:
    """Else every mutant would survive; with its own source its tests pass."""
    assert [False, True] == [is_killed(module, source) for source in (source_of(module), "raise SystemError")]


@pytest.mark.slow
def test_a_mutant_is_told_by_what_it_finds() -> None:
    """Shown once is not shown twice; where nothing arrives nothing tells the mutant from the original."""
    mutant = named("shown-once", "[> → >=]")
    with trial_of(told("members a b\na sends m1\nb shows m1 = 1\n")) as telling:
        assert telling.kills(mutant)
    with trial_of(told("members a b")) as silent:
        assert not silent.kills(mutant)


@pytest.mark.slow
def test_a_mistake_in_a_relation_is_told_by_the_guarantees_above_it() -> None:
    """Who was away would be owed what came meanwhile."""
    story = "members a b\na sends m1\nb kicked = 2\na acked m1 = 3\nb joins = 4\n"
    with trial_of(told(story)) as trial:
        assert trial.kills(named("relation entitlement", "function: [LEAST("))


@pytest.mark.slow
def test_what_is_no_query_is_no_mutant() -> None:
    """The database refuses it on any history."""
    mutant = named("shown-once", "[> → >=]")
    with trial_of(told("members a b")) as trial, pytest.raises(StillBorn):
        trial.kills(mutant._replace(mutation=Mutation("nonsense", "SELECT nothing FROM nowhere")))


@pytest.mark.slow
def test_taken_apart_and_put_together_a_query_is_the_same() -> None:
    """The parser changes nothing, so what differs is the mutant's."""
    with trial_of(jumble(3)) as trial:
        assert [] == [subject for subject in subjects() if not trial.is_faithful(subject)]


@pytest.mark.slow
def test_a_sample_of_the_argued_mutants_exists_and_survives() -> None:
    """Three jumbles do not tell them apart either."""
    names = [name for name in list(argued())[::12] if name.partition(",")[0] in subjects()]
    touched = dict.fromkeys(name.partition(",")[0] for name in names)
    found = [each for subject in touched for each in mutants(subject, subjects()[subject]) if each.name in names]
    assert sorted(names) == sorted(mutant.name for mutant in found)
    for seed in range(3):
        with trial_of(jumble(seed)) as trial:
            assert [] == [mutant.name for mutant in found if trial.kills(mutant)]


def test_merged_histories_have_nothing_in_common() -> None:
    """Each has devices, conversations and time of its own; what is one for all is the run."""
    stories = [told("members a b\na sends m1\na acked m1 = 1\n") for _ in range(2)]
    both = merged(stories)
    assert stories[0].run == both.run
    for column in ("dev", "conv", "op", "rec"):
        first, second = (row[column] for row in both.tables["operations"])
        assert first < second
    ends = [row["done_ns"] for row in both.tables["operations"]]
    assert ends[0] < both.tables["operations"][1]["invoke_ns"] < ends[1] < both.tables["phases"][-1]["end_ns"]


def test_beside_each_other_two_histories_are_of_the_same_people() -> None:
    """So that what is mixed up between two conversations of one user is seen."""
    story = "members a b\na sends m1\na acked m1 = 1\n"
    both = beside(told(story), told(story))
    assert [0, 1] == [row["dev"] for row in both.tables["devices"]]
    assert [(0, 1), (0, 501)] == [(row["dev"], row["conv"]) for row in both.tables["operations"]]
    first, second = (row["rec"] for row in both.tables["operations"])
    assert 1 == second - first
