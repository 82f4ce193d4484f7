"""`chatproof report`: a page of one run, or what became worse from one run to another."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from chatproof.checkers.history.history import write_run
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.results import Verdict
from chatproof.cli.main import cli
from chatproof.cli.problem import Problem
from chatproof.report.files import write_verdict
from tests.report.test_report import FAILED

pytestmark = pytest.mark.slow

RUN = RunDocument(
    run_id="r", seed=0, scenario="s", replay="", target="t", driver="d", engine="e", claims={}, bounds={}, required=(),
    slos_required=False,
)


def run_of(verdict: Verdict, directory: Path) -> Path:
    """A run directory that holds this verdict and no tables."""
    directory.mkdir()
    write_run(directory, RUN)
    write_verdict(verdict, directory)
    return directory


def exit_of(*arguments: str | Path) -> int:
    """The exit code of `chatproof report`."""
    done = CliRunner().invoke(cli, ["report", *map(str, arguments)], standalone_mode=False)
    if isinstance(done.exception, Problem):
        return done.exception.exit_code
    assert done.exception is None, done.exception
    return int(done.return_value)


def test_a_page_is_written_into_the_run(tmp_path: Path) -> None:
    """Or where --out says; a later verdict takes it away, for it is about another one."""
    run = run_of(FAILED, tmp_path / "run")
    assert 0 == exit_of(run)
    assert 0 == exit_of(run, "--out", tmp_path / "page.html")
    assert (run / "report.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    write_verdict(FAILED, run)
    assert not (run / "report.html").exists()


def test_a_page_that_cannot_be_written_is_the_environments_fault(tmp_path: Path) -> None:
    """Of one run or of two; one sentence, exit 30."""
    run, nowhere = run_of(FAILED, tmp_path / "run"), tmp_path / "nowhere" / "page.html"
    assert [30, 30] == [exit_of(run, "--out", nowhere), exit_of("--compare", run, run, "--out", nowhere)]


def test_a_verdict_stands_without_its_page(tmp_path: Path) -> None:
    """Who checks a run again gets an answer, and one line about the page."""
    run = run_of(FAILED, tmp_path / "run")
    (run / "report.html").touch()
    (run / "report.html.part").mkdir()
    done = CliRunner().invoke(cli, ["check", str(run)], standalone_mode=False)
    assert (None, 20) == (done.exception, done.return_value)
    assert "no report.html: " in done.output
    assert (run / "verdict.json").exists()


def test_a_run_without_a_verdict_is_usage(tmp_path: Path) -> None:
    """There is nothing to show; a file that is no verdict is no better."""
    assert 2 == exit_of(tmp_path)
    (tmp_path / "verdict.json").write_text("[]")
    assert 2 == exit_of(tmp_path)


def test_a_run_without_a_run_document_is_invalid(tmp_path: Path) -> None:
    """What was judged is not there any more."""
    run = run_of(FAILED, tmp_path / "run")
    (run / "run.json").unlink()
    assert 21 == exit_of(run)


def test_a_regression_has_its_own_exit_code(tmp_path: Path) -> None:
    """Both ways round: worse is 12, better is 0; the page is written where --out says."""
    healthy = replace(FAILED, guarantees=tuple(replace(each, result="held") for each in FAILED.guarantees))
    good, bad = run_of(healthy, tmp_path / "good"), run_of(FAILED, tmp_path / "bad")
    assert 12 == exit_of("--compare", good, bad, "--out", tmp_path / "page.html")
    assert 0 == exit_of("--compare", bad, good)
    assert "no-lost-message" in (tmp_path / "page.html").read_text()


def test_an_invalid_run_is_compared_with_nothing(tmp_path: Path) -> None:
    """Its numbers say nothing."""
    good = run_of(FAILED, tmp_path / "good")
    bad = run_of(replace(FAILED, verdict="invalid", exit=21), tmp_path / "bad")
    assert 21 == exit_of("--compare", good, bad)


@pytest.mark.parametrize("arguments", [(), ("run", "--compare", "a", "b")])
def test_one_run_or_two(arguments: tuple[str, ...]) -> None:
    """Neither none nor three."""
    done = CliRunner().invoke(cli, ["report", *arguments])
    assert 2 == done.exit_code
    assert "Name one run directory, or two with --compare." in done.output
