"""The runner of pages: what counts as a step, and what counts as shown."""

import os
from pathlib import Path

import pytest

from tests.docs.page import Command, File, Shell, missing_line, steps

PAGE = '''Words.
```console
$ one
said
…
$ two
$ echo $?
10
```
```python title="a.py"
x = 1
```
```python
not a file
```
'''


def test_a_page_is_read_as_steps() -> None:
    """Commands with what they say, files with their text; other blocks are for reading only."""
    expected = [
        Command("one", ("said",), False), Command("two", (), True), Command("echo $?", ("10",), False),
        File("a.py", "x = 1\n"),
    ]  # fmt: skip
    assert expected == list(steps(PAGE))


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ((), None),
        (("a b", "c … e"), None),
        (("c d e", "a b"), "a b"),
        (("a",), "a"),
    ],
)  # fmt: skip
def test_shown_lines_come_in_their_order(shown: tuple[str, ...], missing: str | None) -> None:
    """Whole lines, with others between them; blanks are alike and an ellipsis is anything."""
    assert missing == missing_line(shown, "a   b\nx\nc d e\n")


def test_a_shell_keeps_its_folder_and_exit_code(tmp_path: Path) -> None:
    """As a reader's does."""
    with Shell(tmp_path, os.environ) as shell:
        assert (0, "\n") == shell.run("mkdir a && cd a")
        assert (0, f"{tmp_path}/a\n\n") == shell.run("pwd")
        assert (7, "\n") == shell.run("(exit 7)")
        assert (0, "7\n\n") == shell.run("echo $?")
