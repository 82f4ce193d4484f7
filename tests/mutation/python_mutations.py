"""Small changes to a Python module: comparisons, boolean operators, conditions, numbers, and the words of results."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy

from tests.mutation.sql_mutations import LARGE, Mutation

_Edit = Callable[[ast.AST], ast.AST]

_OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}


def module_mutations(source: str) -> list[Mutation]:
    """All changes to a module, each named by its function and what it changes."""
    tree = ast.parse(source)
    nodes = list(_code(tree))
    found, names = [], dict[str, int]()
    for node, function in nodes:
        for edit in _edits(node):
            changed, before, after = _apply(tree, node, edit)
            name = f"{function}: {before} → {after}"
            names[name] = names.get(name, 0) + 1
            found.append(Mutation(f"{name} #{names[name]}" if names[name] > 1 else name, changed))
    return found


def _code(tree: ast.AST, function: str = "module") -> Iterator[tuple[ast.AST, str]]:
    """Every node with the function that it is in; annotations and docstrings are no code."""
    for field, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or field in ("annotation", "returns", "decorator_list"):
                continue
            inside = node.name if isinstance(node, ast.FunctionDef) else function
            yield node, inside
            yield from _code(node, inside)


def _apply(tree: ast.Module, node: ast.AST, edit: _Edit) -> tuple[str, str, str]:
    """The module with one node edited, and the node before and after."""
    memory: dict[int, object] = {}
    copy = deepcopy(tree, memory)
    instead = edit(deepcopy(node))
    changed = _Replacing(memory[id(node)], instead).visit(copy)
    return ast.unparse(ast.fix_missing_locations(changed)), _named(node), _named(instead)


def _named(node: ast.AST) -> str:
    """What a name shows of a node: of a branch its condition."""
    return f"if {ast.unparse(node.test)}" if isinstance(node, ast.If) else ast.unparse(node)


class _Replacing(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: object, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _edits(node: ast.AST) -> Iterator[_Edit]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _OTHER:
        yield _compared
    if isinstance(node, ast.BoolOp):
        yield _other_operator
        yield from (_operand(index) for index in range(len(node.values)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda node: node.operand
    if isinstance(node, ast.IfExp):
        yield lambda node: node.body
        yield lambda node: node.orelse
    if isinstance(node, ast.If):
        yield _condition(True)
        yield _condition(False)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv):
        yield _other_arithmetic
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        yield _other_constant
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("any", "all"):
        yield _any_all


def _compared(node: ast.AST) -> ast.AST:
    node.ops[0] = _OTHER[type(node.ops[0])]()
    return node


def _condition(value: bool) -> _Edit:
    def edit(node: ast.AST) -> ast.AST:
        node.test = ast.Constant(value)
        return node
    return edit


def _other_operator(node: ast.AST) -> ast.AST:
    node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    return node


def _operand(index: int) -> _Edit:
    return lambda node: node.values[index]


def _other_arithmetic(node: ast.AST) -> ast.AST:
    node.op = ast.Add() if not isinstance(node.op, ast.Add) else ast.Sub()
    return node


def _other_constant(node: ast.AST) -> ast.AST:
    """Numbers above LARGE become 0, as in SQL."""
    if isinstance(node.value, bool):
        node.value = not node.value
    else:
        node.value = 0 if node.value > LARGE else node.value + 1
    return node


def _any_all(node: ast.AST) -> ast.AST:
    node.func.id = "all" if node.func.id == "any" else "any"
    return node
