"""Writes pages: Jinja templates with everything escaped, the style sheet and the script within the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from chatproof.checkers.results import Verdict
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


def run_page(page: RunPage) -> str:
    """One run as HTML."""
    return _templates().get_template("run.html.j2").render(
        page=page, verdict=page.verdict, style=_resource("page.css"), script=_resource("charts.js"),
        totals=[(name.replace("_", " "), count, number(count)) for name, count in page.verdict.totals.items()],
    )


@cache
def _templates() -> Environment:
    """Templates in which every value is escaped, and an unknown name is an error."""
    return Environment(
        loader=PackageLoader(_PACKAGE, "templates"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=select_autoescape(default=True, default_for_string=True),
    )


def _resource(name: str) -> str:
    return (files(_PACKAGE) / "templates" / name).read_text(encoding="utf-8")
