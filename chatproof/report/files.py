"""Writes a verdict into its run directory: verdict.json, verdict.schema.json, junit.xml, summary.md,
and the pictures of its counter-examples."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from chatproof.checkers.results import Verdict
from chatproof.report.junit import write_junit
from chatproof.report.markdown import markdown_summary
from chatproof.report.pictures import remove_pictures, write_pictures

VERDICT_FILE = "verdict.json"
REPORT_FILE = "report.html"
"""The page of a run; `html.report` writes it."""


def verdict_json(verdict: Verdict) -> bytes:
    """The verdict as indented JSON; an infinite latency, which JSON cannot say, is null."""
    return msgspec.json.format(msgspec.json.encode(verdict), indent=2) + b"\n"


def verdict_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of verdict.json, from the types it is written with."""
    return msgspec.json.schema(Verdict)


def write_verdict(verdict: Verdict, run_dir: Path) -> None:
    """Write all files, and take the page of an earlier verdict away. Raises OSError where that is impossible."""
    (run_dir / REPORT_FILE).unlink(missing_ok=True)
    (run_dir / VERDICT_FILE).write_bytes(verdict_json(verdict))
    (run_dir / "verdict.schema.json").write_text(json.dumps(verdict_schema(), indent=2) + "\n")
    (run_dir / "summary.md").write_text(markdown_summary(verdict))
    write_junit(verdict, run_dir / "junit.xml")
    write_pictures(verdict, run_dir)


def remove_verdict(run_dir: Path) -> None:
    """Take an earlier verdict away: the history that it was about is not the one that is there now."""
    for name in (VERDICT_FILE, REPORT_FILE, "verdict.schema.json", "summary.md", "junit.xml"):
        (run_dir / name).unlink(missing_ok=True)
    remove_pictures(run_dir)
