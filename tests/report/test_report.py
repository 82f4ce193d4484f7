"""Every output says the same thing: numbers, results and counter-examples of one verdict."""

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import msgspec
import pytest
from rich.console import Console

from chatproof.checkers.results import FaultResult, GuaranteeResult, SloResult, Verdict, Violation, Witness
from chatproof.report.files import verdict_json, verdict_schema, write_verdict
from chatproof.report.markdown import markdown_summary
from chatproof.report.terminal import print_verdict

BROKEN = Violation(
    sentence="Message 7 of conversation 3 was acknowledged and device 12 never got it.",
    ops=(77,), conv=3, seqs=(7,), faults=("kill on node-0",),
    witnesses=(Witness(1_500_000_000, "device 4", "send op 77 is acked as seq 7"),),
)  # fmt: skip
FAILED = Verdict(
    verdict="fail", exit=10, sentence="no-lost-message is broken.",
    guarantees=(
        GuaranteeResult(
            name="no-lost-message", sentence="s", result="broken", opportunities=1200, minimum=100,
            violation_count=2, violations=(BROKEN,),
        ),
        GuaranteeResult(name="no-gap", sentence="s", result="broken", opportunities=9, minimum=1, violation_count=1,
                        violations=(BROKEN,), implied_by=("no-lost-message",)),
        GuaranteeResult(name="idempotent-send", sentence="s", result="held", opportunities=60, minimum=20,
                        qualifier="held to 31 seconds"),
        GuaranteeResult(name="durable-ack", sentence="s", result="not exercised", opportunities=3, minimum=20,
                        reason="3 of 20"),
    ),
    slos=(SloResult(name="delivery", objective="p99 < 1000 ms", result="missed", value=float("inf"), low=900.0,
                    high=float("inf"), threshold=1000.0, unit="ms", samples=10, blocks=3),),
    faults=(FaultResult(fault=0, kind="kill", target="node-0", start_confirmed_ns=1_000_000_000,
                        effect_seen_ns=1_000_100_000, stop_confirmed_ns=None, evidence="exit -9 | waited"),),
    evidence_problems=(), load_problems=("a | b",), totals={"acked_sends": 12345}, unexplained=(), run_id="r", seed=4,
    scenario="default", target="embedded", replay="chatproof gate --seed 4",
)  # fmt: skip


def terminal(verdict: Verdict) -> str:
    """What the terminal shows, without colour."""
    stream = io.StringIO()
    print_verdict(verdict, Console(file=stream, width=200), Path("runs/r"))
    return stream.getvalue()


@pytest.mark.parametrize("shown", [terminal(FAILED), markdown_summary(FAILED)], ids=["terminal", "markdown"])
def test_a_person_finds_everything(shown: str) -> None:
    """Sentence, totals, results with their limits, SLO bounds, counter-example, problems and replay are all there."""
    wanted = [
        "no-lost-message is broken.", "12,345", "broken 2×", "implied by no-lost-message", "held to 31 seconds",
        "not exercised: 3 of 20", "never", BROKEN.sentence, "1.500 s", "send op 77", "chatproof gate --seed 4",
    ]  # fmt: skip
    assert [] == [text for text in wanted if text not in shown]


def test_markdown_tables_survive_pipes() -> None:
    """A pipe inside a cell does not make a new column."""
    row = next(line for line in markdown_summary(FAILED).splitlines() if line.startswith("| kill"))
    assert row.replace("\\|", "").count("|") == 7


def test_the_json_is_valid_under_its_own_schema() -> None:
    """verdict.json validates, an infinite value included, and decodes to the same results."""
    document = json.loads(verdict_json(FAILED))
    jsonschema.validate(document, verdict_schema())
    assert document["slos"][0]["value"] is None
    assert msgspec.json.decode(verdict_json(FAILED), type=Verdict).guarantees == FAILED.guarantees


def test_junit_counts_what_failed(tmp_path: Path) -> None:
    """Two broken guarantees, one missed SLO and the run itself are failures; what was not exercised is skipped."""
    write_verdict(FAILED, tmp_path)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert 4 == len(root.findall(".//failure"))
    assert ["durable-ack"] == [
        case.get("name") for case in root.findall(".//testcase") if case.find("skipped") is not None
    ]
    assert {"verdict.json", "verdict.schema.json", "summary.md", "junit.xml", "counterexamples"} == {
        path.name for path in tmp_path.iterdir()
    }


def test_every_counter_example_is_drawn_and_old_pictures_are_gone(tmp_path: Path) -> None:
    """One SVG for each violation that is told, and the terminal says where the first one is."""
    (tmp_path / "counterexamples").mkdir()
    (tmp_path / "counterexamples" / "shown-once-1.svg").write_text("of an earlier verdict")
    write_verdict(FAILED, tmp_path)
    drawn = sorted(path.name for path in (tmp_path / "counterexamples").iterdir())
    assert ["no-gap-1.svg", "no-lost-message-1.svg"] == drawn
    assert "runs/r/counterexamples/no-lost-message-1.svg" in terminal(FAILED)
