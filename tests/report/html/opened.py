"""A run's page, opened in a browser, and the numbers on it beside those of its verdict.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

MAX_BYTES = 3_000_000
OPENS_MS = 2_000

_CELLS = "(row) => [...row.querySelectorAll('td data')].map((data) => data.value)"
Numbers = dict[str, dict[str, list[float]]]
"""Section → name → numbers, in the order in which they stand."""


def open_page(page: Page, run: Path) -> float:
    """Open RUN/report.html; how long it took until it was loaded, in ms."""
    page.goto((run / "report.html").as_uri(), wait_until="load")
    return float(page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd"))


def shown_numbers(page: Page) -> Numbers:
    """What the page says."""
    return {
        "totals": {
            str(row.locator("dt").text_content()): [float(row.locator("data").get_attribute("value") or "nan")]
            for row in page.locator(".totals > div").all()
        },
        **{name: _rows(page, name) for name in ("claims", "slos", "faults")},
    }


def _rows(page: Page, section: str) -> dict[str, list[float]]:
    """The numbers of each row of a section's table; an interval is two. Rows of one name are told apart by order."""
    found: dict[str, list[float]] = {}
    for at, row in enumerate(page.locator(f"#{section} > .scroll tbody tr").all()):
        name = str(row.locator("th code, th").first.evaluate("(e) => (e.querySelector('code') ?? e).textContent"))
        values = [float(value) for cell in row.evaluate(_CELLS) for value in cell.split()]
        found[f"{at} {name}" if section == "faults" else name] = values
    return found


def verdict_numbers(verdict: dict[str, Any]) -> Numbers:
    """What verdict.json says, in the same shape."""
    return {
        "totals": {name.replace("_", " "): [float(count)] for name, count in verdict["totals"].items()},
        "claims": {
            each["name"]: [float(each[key]) for key in ("opportunities", "minimum", "violation_count", "seconds")]
            for each in verdict["guarantees"]
        },
        "slos": {each["name"]: _slo(each) for each in verdict["slos"]},
        "faults": {f"{at} {each['kind']}": _fault(each) for at, each in enumerate(verdict["faults"])},
    }


def _slo(slo: dict[str, Any]) -> list[float]:
    bounds = [] if None in (slo["low"], slo["high"]) else [slo["low"], slo["high"]]
    value = [] if slo["value"] is None else [slo["value"]]
    return [float(number) for number in (*value, *bounds, slo["samples"], slo["blocks"])]


def _fault(fault: dict[str, Any]) -> list[float]:
    start, seen, stop = (fault[f"{key}_ns"] for key in ("start_confirmed", "effect_seen", "stop_confirmed"))
    lasted = None if start is None or stop is None else stop - start
    return [float(at) for at in (start, seen, stop, lasted) if at is not None]
