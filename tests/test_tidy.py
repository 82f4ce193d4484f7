"""The house rules, as tests: what a reviewer would otherwise have to say again and again."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINKED = ("reference_server", "loadtests", "chaos", "checkers", "dashboards")
MAX_LINES = 400
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows or would add, links left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return [path for name in names if name and (path := ROOT / name).is_file() and not path.is_symlink()]


PYTHON = tracked("*.py")
SOURCES = [path for path in PYTHON if path.relative_to(ROOT).parts[0] != "tests"]


def named(path: Path) -> str:
    """A test id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    """Every module has a docstring, at most 400 lines, and the name of a thing."""
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    assert ast.get_docstring(ast.parse(text))
    assert path.stem not in BANNED_NAMES


@pytest.mark.parametrize("path", [path for path in PYTHON if path.name.startswith("test_")], ids=named)
def test_every_test_states_its_behaviour(path: Path) -> None:
    """Every test function has a docstring."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert [] == silent


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_nothing_is_swallowed(path: Path) -> None:
    """No `except Exception`, no bare except, no `pass` as the whole of a handler."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
            assert "Exception" not in {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
            assert not all(isinstance(statement, ast.Pass) for statement in node.body), f"line {node.lineno}"


def test_nothing_is_left_for_later() -> None:
    """No TODO, FIXME or stub stands in the code."""
    pattern = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [named(path) for path in SOURCES if pattern.search(path.read_text())]
    assert [] == found


def test_no_place_of_one_machine_is_written_down() -> None:
    """No path of a developer's machine and no address of a package registry is committed."""
    pattern = re.compile(
        r"(?<![.\w])/(work|root|farm|home/\w+)/|https?://\S*(/simple/|/maven2|registry\.|proxy\.golang)"
    )
    files = tracked("*.py", "*.md", "*.toml", "*.txt", "*.yaml", "*.yml", "Makefile", ".ci/run")
    found = [named(path) for path in files if path != Path(__file__) and pattern.search(path.read_text())]
    assert [] == found


@pytest.mark.parametrize("name", LINKED)
def test_the_top_level_folders_are_imported_as_chatproof(name: str) -> None:
    """`chatproof/<name>` is a link to the folder, and the bare name is no package of ours."""
    link = ROOT / "chatproof" / name
    assert link.is_symlink()
    assert link.resolve() == ROOT / name
    assert importlib.import_module(f"chatproof.{name}").__doc__
    bare = re.compile(rf"^\s*(from {name}[. ]|import {name}\b)", re.MULTILINE)
    assert [] == [named_path for path in PYTHON if bare.search(path.read_text()) for named_path in [named(path)]]


PACKAGES = sorted({path.parent for path in SOURCES if path.relative_to(ROOT).parts[0] != "examples"} - {ROOT})


@pytest.mark.parametrize("folder", PACKAGES, ids=named)
def test_every_package_says_what_it_may_know(folder: Path) -> None:
    """Each package's `__init__` says in a docstring what it is for."""
    init = folder / "__init__.py"
    assert init.exists()
    assert len(ast.get_docstring(ast.parse(init.read_text())) or "") > 60


def test_the_architecture_is_short() -> None:
    """ARCHITECTURE.md stays a thing that one reads: at most 150 lines."""
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150
