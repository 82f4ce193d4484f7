"""The kill matrix: which runs it makes, and what one run's verdict means."""

import pytest

from chatproof.checkers.results import GuaranteeResult, Verdict, Violation
from chatproof.gate.matrix import Job, calm_jobs, exit_of, first_of_each, healthy_jobs, judge_cell, mutant_jobs
from chatproof.scenarios.matrix import MATRIX, SHORT_SCENARIOS
from chatproof.scenarios.recorded import Cell

BROKEN = Job("short-links", 1, "some-mutant", "idempotent-send")
HEALTHY = Job("short-links", 1)


def verdict(word: str, code: int, **broken: tuple[str, ...]) -> Verdict:
    """A verdict in which the given guarantees (underscores for dashes) are broken, implied by the given others."""
    results = tuple(
        GuaranteeResult(
            name=name.replace("_", "-"), sentence="", result="broken", opportunities=1, minimum=1, implied_by=implied,
            violations=tuple(Violation(sentence="s", t_ns=t_ns) for t_ns in (7_000_000_000, 8_000_000_000)),
        )
        for name, implied in broken.items()
    )  # fmt: skip
    return Verdict(
        verdict=word,
        exit=code,
        sentence="s",
        guarantees=results,
        slos=(),
        faults=(),
        evidence_problems=(),
        load_problems=(),
        totals={"acked_sends": 1000},
        unexplained=(),
        run_id="r",
        seed=1,
        scenario="s",
        target="t",
        replay="again",
    )


def cell(job: Job, found: Verdict | None) -> Cell:
    """What a run's verdict comes to; its load began after 4 s."""
    return judge_cell(job, found, "chatproof: no Go", load_ns=4_000_000_000, seconds=1.0)


def test_a_mutant_is_caught_under_its_name_with_implied_alarms() -> None:
    """The named guarantee and what it implies may be broken, nothing else; the time counts from the load on."""
    found = cell(BROKEN, verdict("fail", 10, idempotent_send=(), shown_once=("idempotent-send",)))
    assert Cell(
        mutant="some-mutant", scenario="short-links", seed=1, guarantee="idempotent-send", state="caught",
        broken=("idempotent-send", "shown-once"), shown_ns=3_000_000_000, acked_sends=1000, seconds=1.0,
    ) == found  # fmt: skip


def test_no_time_is_told_where_the_beginning_is_not_known() -> None:
    """The run is caught all the same."""
    found = judge_cell(BROKEN, verdict("fail", 10, idempotent_send=()), "", load_ns=None, seconds=1.0)
    assert ("caught", None) == (found.state, found.shown_ns)


def test_a_root_of_another_name_is_an_unexplained_alarm() -> None:
    """A broken guarantee that nothing implies, beside the named one, is no catch."""
    found = cell(BROKEN, verdict("fail", 10, idempotent_send=(), no_phantom=()))
    assert ("unexplained alarm", "by no-phantom") == (found.state, found.detail)


@pytest.mark.parametrize("found", [verdict("pass", 0), verdict("fail", 10, no_phantom=())], ids=["pass", "other"])
def test_a_mutant_that_is_not_named_has_escaped(found: Verdict) -> None:
    """Green, or broken under another name only: escaped, and nothing was shown."""
    escaped = cell(BROKEN, found)
    assert ("escaped", None) == (escaped.state, escaped.shown_ns)


@pytest.mark.parametrize("job", [HEALTHY, Job("calm", 1, "some-mutant")], ids=["healthy", "calm mutant"])
def test_who_must_be_clean(job: Job) -> None:
    """Clean on pass, a false alarm on any broken guarantee, no verdict on invalid or silence."""
    found = [verdict("pass", 0), verdict("fail", 10, no_gap=()), verdict("invalid", 21), None]
    assert ["clean", "false alarm", "no verdict", "no verdict"] == [cell(job, each).state for each in found]


def test_exit_codes() -> None:
    """0 when all is good, 10 when the healthy server was accused, 13 for an escape or an alarm of a calm mutant."""
    passed, accused = verdict("pass", 0), verdict("fail", 10, no_gap=())
    clean, escaped = cell(HEALTHY, passed), cell(BROKEN, passed)
    assert 0 == exit_of([clean])
    assert 13 == exit_of([clean, escaped])
    assert 13 == exit_of([clean, cell(Job("calm", 1, "some-mutant"), accused)])
    assert 10 == exit_of([escaped, cell(HEALTHY, accused)])


def test_every_mutant_runs_where_it_must_be_caught() -> None:
    """Each once, or only those that were named."""
    assert [row.mutant for row in MATRIX] == [job.mutant for job in mutant_jobs((), 3)]
    row = MATRIX[0]
    assert [Job(row.scenario, 3, row.mutant, row.guarantee)] == mutant_jobs([row.mutant], 3)


def test_the_short_matrix_has_each_guarantee_once() -> None:
    """The first mutant that must break it; no guarantee is left out."""
    chosen = first_of_each(mutant_jobs((), 1))
    assert list(dict.fromkeys(row.guarantee for row in MATRIX)) == [job.guarantee for job in chosen]
    assert mutant_jobs((), 1)[0] == chosen[0]


def test_who_needs_a_fault_runs_without_one() -> None:
    """In the calm scenario, where no guarantee may be broken."""
    calm = calm_jobs((), 3)
    assert [row.mutant for row in MATRIX if row.needs_fault] == [job.mutant for job in calm]
    assert {("calm", 3, "")} == {(job.scenario, job.seed, job.guarantee) for job in calm}


def test_the_healthy_server_runs_in_every_short_scenario_over_each_seed() -> None:
    """Seed by seed, so that what was broken off has whole seeds."""
    jobs = healthy_jobs(5, 3)
    assert [(seed, name) for seed in range(3, 8) for name in SHORT_SCENARIOS] == [(j.seed, j.scenario) for j in jobs]
    assert {"embedded"} == {job.target for job in jobs}
