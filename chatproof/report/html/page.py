"""Writes pages: Jinja templates with everything escaped, the style sheet and the script within the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from chatproof.checkers.results import Verdict
from chatproof.report.comparison import Comparison
from chatproof.report.html.parts import Section
from chatproof.report.html.sections.findings import CounterExample
from chatproof.report.wording import number

_PACKAGE = "chatproof.report.html"


class RunPage(NamedTuple):
    """What the page of one run shows."""

    verdict: Verdict
    started_at: str
    counter_examples: Sequence[CounterExample]
    sections: Sequence[Section]


class ComparisonPage(NamedTuple):
    """What the page of two runs shows."""

    compared: Comparison
    sections: Sequence[Section]


def run_page(page: RunPage) -> str:
    """One run as HTML."""
    return _written(
        "run.html.j2", page=page, verdict=page.verdict,
        totals=[(name.replace("_", " "), count, number(count)) for name, count in page.verdict.totals.items()],
    )


def comparison_page(page: ComparisonPage) -> str:
    """Two runs as HTML."""
    return _written("comparison.html.j2", page=page, compared=page.compared)


def _written(template: str, **values: object) -> str:
    style, script = _resource("page.css"), _resource("charts.js")
    return _templates().get_template(template).render(style=style, script=script, **values)


@cache
def _templates() -> Environment:
    """Templates in which every value is escaped, and an unknown name is an error."""
    return Environment(
        loader=PackageLoader(_PACKAGE, "templates"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=select_autoescape(default=True, default_for_string=True),
    )


def _resource(name: str) -> str:
    return (files(_PACKAGE) / "templates" / name).read_text(encoding="utf-8")
