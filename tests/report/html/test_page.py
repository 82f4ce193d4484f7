"""From a verdict and a history to one file: the same numbers, nothing from elsewhere, nothing made up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatproof.checkers.history.history import History
from chatproof.checkers.results import FaultResult, SloResult, Verdict
from chatproof.report.comparison import compare
from chatproof.report.html.report import comparison, report, write_page
from tests.report.html.specimen import Specimen, specimen
from tests.report.test_report import FAILED

pytestmark = pytest.mark.slow

SECTIONS = ("claims", "slos", "faults", "latency", "fan-out", "presence", "resumes", "load", "environment", "replay")


@pytest.fixture(scope="module")
def small() -> Specimen:
    """A small run that was judged."""
    return specimen()


@pytest.fixture(scope="module")
def page(small: Specimen) -> str:
    """Its page."""
    with small.history() as history:
        return report(small.verdict, history)


def bare(verdict: Verdict, small: Specimen) -> str:
    """The page of a verdict on a run of which nothing was recorded."""
    with History.of(replace(small.recorded.run, expected_faults=0), {}) as history:
        return report(verdict, history)


def test_every_section_is_there(page: str) -> None:
    """In the contents and on the page."""
    assert [] == [name for name in SECTIONS if f'<section id="{name}"' not in page or f'href="#{name}"' not in page]


def test_every_counter_example_is_drawn_and_told(page: str, small: Specimen) -> None:
    """Its lanes, its sentence and its events, under the anchor that the guarantee's row leads to."""
    told = [(result.name, result.violations) for result in small.verdict.guarantees if result.violations]
    assert told
    for name, violations in told:
        assert f'href="#{name}-1"' in page
        assert [] == [at for at in range(1, len(violations) + 1) if f'id="{name}-{at}"' not in page]
        assert f"<title>{name} is broken</title>" in page


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    """No address is loaded, and the browser is told to load none."""
    assert [] == re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#)[a-z]+:[^"'\s>]*""", page)
    assert "default-src 'none'" in page


def test_charts_take_their_colours_from_the_style_sheet(page: str) -> None:
    """Every colour that a chart names is one that the style sheet has, by day and by night."""
    sheet = page[page.index("<style>"):page.index("</style>")]
    named = set(re.findall(r'(?:fill|stroke)="var\(--([a-z0-9-]+)\)"', page))
    assert {"p50", "p95", "p99", "fault", "bad"} <= named
    assert set() == {name for name in named if sheet.count(f"--{name}:") < 2}


def test_what_was_not_recorded_is_said_not_to_be(small: Specimen) -> None:
    """A run without tables: no chart, no zero that was never counted, and the sections say why."""
    page = bare(small.verdict, small)
    assert 5 == page.count('<p class="absent">Not recorded: this run has no table')
    assert "<data" not in page[page.index('<section id="latency"'):page.index('<section id="environment"')]


def test_whatever_a_target_says_stays_text(small: Specimen) -> None:
    """Sentences and evidence that look like markup are shown as they are."""
    nasty = "<script>alert(1)</script>"
    fault = FaultResult(fault=1, kind="kill", target=nasty, start_confirmed_ns=1, effect_seen_ns=None,
                        stop_confirmed_ns=None, evidence=nasty)
    page = bare(replace(FAILED, sentence=f"fail: {nasty}", faults=(fault,), target=nasty, replay=nasty), small)
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_slo_that_was_never_reached_is_drawn(small: Specimen) -> None:
    """An infinite value, and one that was not judged, make no chart fail."""
    never = SloResult(name="delivery", objective="p99", result="missed", value=None, low=900.0, high=None,
                      threshold=1000.0, unit="ms", samples=10, blocks=3)
    few = replace(never, name="presence", result="too few samples", low=None)
    page = bare(replace(FAILED, slos=(never, few)), small)
    assert "delivery" in page
    assert "too few samples" in page


def test_invalid_evidence_stands_at_the_top(small: Specimen) -> None:
    """With every reason."""
    page = bare(replace(FAILED, verdict="invalid", evidence_problems=("a clock went back",)), small)
    assert page.index("a clock went back") < page.index('id="claims"')


def test_a_page_is_written_whole(small: Specimen, tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    with small.history() as history:
        write_page(report(small.verdict, history), tmp_path / "report.html")
    assert ["report.html"] == [path.name for path in tmp_path.iterdir()]


def test_two_verdicts_have_a_page(small: Specimen) -> None:
    """The sentence, both results of each guarantee, both intervals of each SLO."""
    page = comparison(compare(replace(small.verdict, slos=FAILED.slos), FAILED))
    assert "regression" in page
    assert [] == [name for name in ("runs", "guarantees", "slos") if f'<section id="{name}"' not in page]
