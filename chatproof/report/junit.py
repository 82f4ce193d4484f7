"""junit.xml: one test case per guarantee and SLO, so that a CI system shows them by name."""

from __future__ import annotations

from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from chatproof.checkers.results import GuaranteeResult, SloResult, Verdict
from chatproof.report.wording import interval, quantity, result_text, seconds


def write_junit(verdict: Verdict, path: Path) -> None:
    """Write the verdict as JUnit XML. Broken or missed is a failure, an invalid run an error, not judged is skipped."""
    guarantees, slos = TestSuite("guarantees"), TestSuite("slos")
    guarantees.add_testcases([_guarantee_case(result) for result in verdict.guarantees])
    slos.add_testcases([_slo_case(slo) for slo in verdict.slos])
    run = TestSuite("run")
    run.add_testcase(_run_case(verdict))
    xml = JUnitXml("chatproof")
    for suite in (guarantees, slos, run):
        xml.add_testsuite(suite)
    xml.write(str(path), pretty=True)


def _guarantee_case(result: GuaranteeResult) -> TestCase:
    case = TestCase(result.name, "chatproof.guarantees", result.seconds)
    if result.result == "broken":
        failure = Failure(result_text(result), "broken")
        first = result.violations[0]
        lines = [f"{seconds(witness.t_ns)} {witness.lane} {witness.text}" for witness in first.witnesses]
        failure.text = "\n".join([first.sentence, *lines])
        case.result = [failure]
    elif result.result != "held":
        case.result = [Skipped(result_text(result))]
    return case


def _slo_case(slo: SloResult) -> TestCase:
    case = TestCase(slo.name, "chatproof.slos")
    text = f"{slo.objective}: {quantity(slo.value, slo.unit)} {interval(slo)}"
    if slo.result == "missed":
        case.result = [Failure(text, "missed")]
    elif slo.result != "met":
        case.result = [Skipped(f"{slo.result}: {slo.reason or text}")]
    return case


def _run_case(verdict: Verdict) -> TestCase:
    case = TestCase("verdict", "chatproof.run")
    if verdict.verdict in {"invalid", "inconclusive"}:
        case.result = [Error(verdict.sentence, verdict.verdict)]
    elif verdict.verdict == "fail":
        case.result = [Failure(verdict.sentence, "fail")]
    return case
