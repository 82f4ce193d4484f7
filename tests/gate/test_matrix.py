"""The kill matrix: what one run's verdict means."""

import pytest

from chatproof.checkers.results import GuaranteeResult, Verdict
from chatproof.gate.matrix import Cell, Job, exit_of, jobs_of, judge_cell
from chatproof.scenarios.matrix import MATRIX, SHORT_SCENARIOS, Expectation

ROW = Expectation("some-mutant", "short-links", "idempotent-send", "nowhere")


def verdict(word: str, code: int, **broken: tuple[str, ...]) -> Verdict:
    """A verdict in which the given guarantees (underscores for dashes) are broken, implied by the given others."""
    results = tuple(
        GuaranteeResult(
            name=name.replace("_", "-"), sentence="", result="broken", opportunities=1, minimum=1, implied_by=implied
        )
        for name, implied in broken.items()
    )
    return Verdict(
        verdict=word,
        exit=code,
        sentence="s",
        guarantees=results,
        slos=(),
        faults=(),
        evidence_problems=(),
        load_problems=(),
        totals={},
        unexplained=(),
        run_id="r",
        seed=1,
        scenario="s",
        target="t",
        replay="again",
    )


def state(job: Job, found: Verdict | None) -> str:
    """The state of a cell."""
    return judge_cell(job, found, "chatproof: no Go", 1.0).state


def test_a_mutant_is_caught_under_its_name_with_implied_alarms() -> None:
    """The named guarantee and what it implies may be broken, nothing else."""
    found = verdict("fail", 10, idempotent_send=(), shown_once=("idempotent-send",))
    assert state(Job("short-links", 1, ROW), found) == "caught"


def test_a_root_of_another_name_is_an_unexplained_alarm() -> None:
    """A broken guarantee that nothing implies, beside the named one, is no catch."""
    found = verdict("fail", 10, idempotent_send=(), no_phantom=())
    assert state(Job("short-links", 1, ROW), found) == "unexplained alarm"


@pytest.mark.parametrize("found", [verdict("pass", 0), verdict("fail", 10, no_phantom=())], ids=["pass", "other"])
def test_a_mutant_that_is_not_named_has_escaped(found: Verdict) -> None:
    """Green, or broken under another name only: escaped."""
    assert state(Job("short-links", 1, ROW), found) == "escaped"


def test_the_healthy_server() -> None:
    """Clean on pass, a false alarm on any broken guarantee, no verdict on invalid or silence."""
    job = Job("short-links", 1)
    found = [verdict("pass", 0), verdict("fail", 10, no_gap=()), verdict("invalid", 21), None]
    assert ["clean", "false alarm", "no verdict", "no verdict"] == [state(job, each) for each in found]


def test_exit_codes() -> None:
    """0 when all is good, 10 for a false alarm, 13 for an escape."""
    cells = {name: Cell("", "s", 1, name, "", 1.0) for name in ("clean", "caught", "escaped", "false alarm")}
    assert exit_of([cells["clean"], cells["caught"]]) == 0
    assert exit_of([cells["clean"], cells["escaped"]]) == 13
    assert exit_of([cells["escaped"], cells["false alarm"]]) == 10


def test_jobs_cover_every_mutant_and_every_short_scenario() -> None:
    """Each mutant once; the healthy server in each short scenario over each seed."""
    jobs = jobs_of(names=(), healthy_seeds=5, seed=3)
    assert len(jobs) == len(MATRIX) + 5 * len(SHORT_SCENARIOS)
    assert {row.mutant for row in MATRIX} == {job.expectation.mutant for job in jobs if job.expectation}
