"""`chatproof doctor`: one line per need, exit 0 or 30."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatproof.cli.doctor import doctor
from chatproof.cli.problem import EXIT_ENVIRONMENT

pytestmark = pytest.mark.slow  # Each asks toxiproxy-server for its version.


def test_a_need_that_is_not_met_makes_it_exit_30_and_says_what_to_do(tmp_path: Path) -> None:
    """A file where the output directory should be: one line says MISSING and the way out, the others are unmoved."""
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "runs"
    result = CliRunner().invoke(doctor, ["--out", str(out)], standalone_mode=False)
    lines = [line for line in result.output.splitlines() if "output" in line]
    assert EXIT_ENVIRONMENT == result.return_value
    expected = f"MISSING output: {out}: {tmp_path / 'file'} is not a directory - choose another directory with --out"
    assert [expected] == lines


def test_json_says_the_same(tmp_path: Path) -> None:
    """`--json` carries every need with its advice where it is not met, and the exit code agrees with `ok`."""
    result = CliRunner().invoke(doctor, ["--json", "--out", str(tmp_path)], standalone_mode=False)
    document = json.loads(result.output)
    names = ["Python", "system", "Go", "Toxiproxy", "cache", "output", "disk", "memory", "ports", "descriptors"]
    assert names == [need["name"] for need in document["needs"]]
    assert [bool(need["advice"]) for need in document["needs"]] == [not need["ok"] for need in document["needs"]]
    assert (0 if document["ok"] else EXIT_ENVIRONMENT) == result.return_value
