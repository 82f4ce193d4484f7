"""docs/tutorial.md is true, word by word: a reader who does what it says sees what it shows."""

import os
from pathlib import Path

import pytest

from tests.docs.page import File, Shell, missing_line, steps

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "tutorial.md").read_text()
FOREIGN = ROOT / "examples" / "foreign_server"


def test_its_driver_is_the_example() -> None:
    """The driver that a reader copies is the one that examples/ holds and other tests run."""
    files = {step.name: step.text for step in steps(TEXT) if isinstance(step, File)}
    assert (FOREIGN / "driver.py").read_text() == files["driver.py"]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_reader_sees_what_it_shows(tmp_path: Path) -> None:
    """From an empty folder beside a checkout, with nothing of this environment: each command ends as the page says."""
    (tmp_path / "chatproof").symlink_to(ROOT)
    folder = tmp_path / "my-chat"
    folder.mkdir()
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    with Shell(folder, {**environ, "COLUMNS": "160"}) as shell:
        for step in steps(TEXT):
            if isinstance(step, File):
                (folder / step.name).write_text(step.text)
                continue
            code, output = shell.run(step.line)
            assert step.may_fail or code == 0, f"$ {step.line}\n{output}"
            assert missing_line(step.shown, output) is None, f"$ {step.line}\n{output}"
