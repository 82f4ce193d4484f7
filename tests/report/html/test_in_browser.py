"""The page in a real browser: quiet, quick, the verdict's numbers, by day, by night, on paper and by keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from chatproof.report.files import verdict_json
from chatproof.report.html.report import report, write_page
from tests.report.html.opened import MAX_BYTES, OPENS_MS, open_page, shown_numbers, verdict_numbers
from tests.report.html.specimen import specimen

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the verdict and the page of a small run."""
    directory = tmp_path_factory.mktemp("run")
    small = specimen()
    (directory / "verdict.json").write_bytes(verdict_json(small.verdict))
    with small.history() as history:
        write_page(report(small.verdict, history), directory / "report.html")
    return directory


@pytest.fixture
def opened(page: Page, run: Path) -> Page:
    """The page, open."""
    open_page(page, run)
    return page


def test_it_opens_quickly_and_quietly(page: Page, run: Path) -> None:
    """No word on the console, nothing asked of the network, small, and loaded within two seconds."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    assert open_page(page, run) < OPENS_MS
    assert [] == said
    assert [(run / "report.html").as_uri()] == asked
    assert (run / "report.html").stat().st_size < MAX_BYTES


def test_its_numbers_are_those_of_the_verdict(opened: Page, run: Path) -> None:
    """Totals, guarantees, SLOs and faults, each number read from its own cell."""
    assert verdict_numbers(json.loads((run / "verdict.json").read_text())) == shown_numbers(opened)


def test_arrow_keys_read_a_chart(opened: Page) -> None:
    """Step by step, to both ends, and Escape ends it."""
    chart = opened.locator("#latency .chart").first
    chart.focus()
    chart.press("ArrowRight")
    first = chart.locator("output").text_content()
    assert first
    assert "p95" in first
    chart.press("ArrowRight")
    assert first != chart.locator("output").text_content()
    chart.press("Home")
    assert first == chart.locator("output").text_content()
    chart.press("Escape")
    assert "" == chart.locator("output").text_content()


def test_the_pointer_reads_a_chart(opened: Page) -> None:
    """Anywhere over a step, not only on a dot."""
    mark = opened.locator("#latency .chart").first.locator("[role=graphics-symbol][aria-label]").nth(3)
    mark.hover(force=True)
    assert mark.get_attribute("aria-label") == opened.locator("#latency .chart output").first.text_content()


def test_the_keyboard_reaches_everything(opened: Page) -> None:
    """Tab alone visits every link, summary, chart and scrolling region, in the order of the page, and shows where."""
    stops = opened.evaluate(
        "() => [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
        ".filter((e) => e.checkVisibility()).length"
    )
    visited = set()
    for _ in range(stops):
        opened.keyboard.press("Tab")
        visited.add(opened.evaluate("() => [...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert stops == len(visited)


def test_every_stop_has_a_name(opened: Page) -> None:
    """Links and summaries by their text, charts and regions by a label; every table has a caption and scopes."""
    assert [] == opened.evaluate(
        "() => [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
        ".filter((e) => !(e.getAttribute('aria-label') ?? e.textContent).trim()).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert 0 == opened.locator("table:not(:has(caption)), th:not([scope])").count()
    assert 1 == opened.locator("h1").count()


@pytest.mark.parametrize(
    ("scheme", "media", "paper"),
    [("light", "screen", "rgb(255, 255, 255)"), ("dark", "screen", "rgb(13, 17, 23)"),
     ("dark", "print", "rgb(255, 255, 255)")],
)
def test_it_suits_day_night_and_paper(opened: Page, scheme: str, media: str, paper: str) -> None:
    """Paper is white even at night; charts and lanes change with the page."""
    opened.emulate_media(media=media, color_scheme=scheme)  # type: ignore[arg-type]
    line = opened.locator('#latency .chart path[stroke="var(--p50)"]').first
    assert paper == opened.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == opened.locator(".lanes rect").first.evaluate("(rect) => getComputedStyle(rect).fill")
    by_day = "rgb(9, 105, 218)"
    assert (paper == "rgb(255, 255, 255)") == (by_day == line.evaluate("(path) => getComputedStyle(path).stroke"))


def test_paper_has_no_furniture(opened: Page) -> None:
    """No contents, no folds: it prints to a document of several pages."""
    opened.emulate_media(media="print")
    assert not opened.locator("nav").is_visible()
    assert opened.pdf(format="A4").startswith(b"%PDF-")


def test_nothing_is_wider_than_the_window(opened: Page) -> None:
    """On a telephone, too: what is wide scrolls by itself."""
    opened.set_viewport_size({"width": 400, "height": 800})
    assert opened.evaluate("() => document.documentElement.scrollWidth") <= 400
