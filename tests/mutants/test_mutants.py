"""The mutants as a whole: their names, their size, what they say of themselves."""

import ast
import inspect
import sys
from types import ModuleType

import pytest

from chatproof.mutants import MUTANTS
from chatproof.reference_server.composition import healthy_parts
from chatproof.scenarios.matrix import MATRIX

MAX_LINES = 40
EXPECTATIONS = pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.mutant)


def module_of(mutant: str) -> ModuleType:
    """The module that a mutant is made in."""
    return sys.modules[MUTANTS[mutant].__module__]


def code_lines(source: str) -> int:
    """Lines that are neither blank nor comment nor docstring; imports count."""
    documented: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = node.body[0]
            if ast.get_docstring(node) is not None:
                documented.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and line.strip()[0] != "#" and number not in documented for number, line in lines)


def test_the_matrix_knows_every_mutant_and_no_other() -> None:
    """A mutant without an expectation would never be run, an expectation without a mutant could not."""
    assert [row.mutant for row in MATRIX] == list(MUTANTS)


@EXPECTATIONS
def test_a_mutant_is_small_and_bears_its_name(row) -> None:  # type: ignore[no-untyped-def]
    """At most 40 lines of code, in a module of its name."""
    module = module_of(row.mutant)
    assert f"chatproof.mutants.{row.mutant.replace('-', '_')}" == module.__name__
    assert code_lines(inspect.getsource(module)) <= MAX_LINES


@EXPECTATIONS
def test_a_mutant_says_where_its_bug_was_seen_and_what_catches_it(row) -> None:  # type: ignore[no-untyped-def]
    """In its docstring: a sentence, the tracker, the part that it replaces, the guarantee, as the matrix has them."""
    text = inspect.getdoc(module_of(row.mutant)) or ""
    marks = ("\nSeen in: ", "\nReplaces: ", "\nCaught by: ")
    seen, replaced, caught = (text.index(mark) for mark in marks)
    assert 0 < seen < replaced < caught
    assert f"Caught by: {row.guarantee}." in text
    where = row.seen_in.split(",")[0]
    assert where == "general" or f"Seen in: {where}" in text


@EXPECTATIONS
def test_a_mutant_differs_from_the_healthy_server_in_parts_alone(row) -> None:  # type: ignore[no-untyped-def]
    """It is made of the healthy parts by exchanging some: the claims are the server's, not a part's."""
    healthy = healthy_parts()
    broken = MUTANTS[row.mutant](healthy)
    exchanged = [name for name in healthy.__slots__ if getattr(healthy, name) is not getattr(broken, name)]
    assert 1 <= len(exchanged) <= 2
