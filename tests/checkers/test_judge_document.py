"""docs/JUDGE.md is true: its commands and its Python run, in the order in which they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatproof.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCKS = re.compile(r"^```(console|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXITS = {"runs/kept": 0, "runs/lost": 10}
"""What the page says about `chatproof check` of each run."""


@pytest.mark.slow
def test_everything_on_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands end as the page says, assertions hold, and later blocks see what earlier ones made."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCKS.findall((ROOT / "docs" / "JUDGE.md").read_text())
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, "docs/JUDGE.md", "exec"), names)  # noqa: S102
        else:
            for command in re.findall(r"^\$ chatproof (.*)$", text, re.MULTILINE):
                done = CliRunner().invoke(cli, command.split(), standalone_mode=False)
                assert done.exception is None, done.exception
                assert (EXITS[command.split()[1]] if command.startswith("check ") else 0) == done.return_value
    assert {"console", "python"} == {kind for kind, _ in blocks}
