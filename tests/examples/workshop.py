"""A folder outside the repository with one example in it, that a test may change and have judged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TIMEOUT_S = 110


class Judged(NamedTuple):
    """A gate that is over: its exit code, verdict.json (empty where there is none) and what it said."""

    exit: int
    verdict: dict[str, Any]
    said: str

    def result(self, guarantee: str) -> str:
        """The result of one guarantee."""
        return next(each["result"] for each in self.verdict["guarantees"] if each["name"] == guarantee)

    def results(self) -> set[str]:
        """The results that occur."""
        return {each["result"] for each in self.verdict["guarantees"]}


class Workshop:
    """The folder."""

    def __init__(self, example: str, folder: Path) -> None:
        self.folder = folder / example
        shutil.copytree(EXAMPLES / example, self.folder, ignore=shutil.ignore_patterns("__pycache__", "runs"))

    def change(self, name: str, line: str, other: str) -> None:
        """Put another line in the place of one that stands exactly once in a file."""
        path = self.folder / name
        text = path.read_text()
        assert 1 == text.count(line), f"{line!r} in {name}"
        path.write_text(text.replace(line, other))

    def gate(self, *flags: str) -> Judged:
        """`chatproof gate` in this folder."""
        argv = [sys.executable, "-m", "chatproof.cli.main", "gate", "--json", *flags]
        over = subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, timeout=TIMEOUT_S)
        verdict = msgspec.json.decode(over.stdout) if over.stdout.startswith("{") else {}
        return Judged(over.returncode, verdict, over.stderr)
