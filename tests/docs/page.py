"""A page of docs/ as something that runs: its commands in one shell, its files written where it stands."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ELLIPSIS = "…"


class File(NamedTuple):
    """A block with a title is a file, whole."""

    name: str
    text: str


class Command(NamedTuple):
    """A line of a console block that begins with `$ `, and the lines of output that the page shows below it.

    `may_fail`: the page goes on with `echo $?`, so it says itself what the exit code is.
    """

    line: str
    shown: tuple[str, ...]
    may_fail: bool


def steps(text: str) -> Iterator[File | Command]:
    """What a reader does, in order."""
    for kind, title, content in BLOCK.findall(text):
        if title:
            yield File(title, content)
        elif kind == "console":
            yield from _commands(content)


def _commands(content: str) -> Iterator[Command]:
    parts = [part.splitlines() for part in re.split(r"^\$ ", content, flags=re.MULTILINE) if part]
    for number, (line, *shown) in enumerate(parts):
        asks_code = number + 1 < len(parts) and parts[number + 1][0] == "echo $?"
        yield Command(line, tuple(each for each in shown if each.strip() and each.strip() != ELLIPSIS), asks_code)


def missing_line(shown: tuple[str, ...], output: str) -> str | None:
    """The first line that a page shows and a command did not say, in this order. `…` stands for anything, blanks are
    all alike."""
    lines = iter(_plain(line) for line in output.splitlines())
    for wanted in shown:
        pattern = ".*".join(re.escape(part) for part in _plain(wanted).split(ELLIPSIS))
        if not any(re.fullmatch(pattern, line) for line in lines):
            return wanted
    return None


def _plain(line: str) -> str:
    return " ".join(line.split())


class Shell:
    """One bash for all commands, so that a folder and an environment stay."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=dict(environ), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bash.kill()
        self._bash.communicate()

    def run(self, line: str) -> tuple[int, str]:
        """The exit code and the output of a command; `$?` of the next one is this code."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        # A command reads nothing, or it would read the commands after it.
        self._bash.stdin.write(f"{{ {line}\n}} </dev/null; _code=$?; echo; echo \"=done=$_code\"; (exit $_code)\n")
        self._bash.stdin.flush()
        said: list[str] = []
        for heard in self._bash.stdout:
            if heard.startswith("=done="):
                return int(heard.removeprefix("=done=")), "".join(said)
            said.append(heard)
        raise AssertionError(f"the shell ended at {line!r}: {''.join(said)}")
