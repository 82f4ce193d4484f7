"""Small changes to a piece of SQL, each one a mistake that its author could have made, found on the parsed tree.

    comparison      < <= > >= = <>, IS DISTINCT FROM, the ends of BETWEEN
    logic           AND / OR, a predicate dropped, NOT and EXISTS flipped, IS NULL flipped, TRUE / FALSE
    join            INNER / LEFT, SEMI / ANTI
    function        min / max, arg_min / arg_max, bool_or / bool_and, least / greatest, lag / lead
    number          + / -, 0 / 1, n + 1, large numbers 0
    window          a frame's ends shifted, the order reversed, a partition key dropped
    rows            DISTINCT dropped, UNION made UNION ALL, a branch of it dropped, a key of GROUP BY dropped
    value           an argument of coalesce dropped, a branch of CASE, an item of IN or VALUES, a FILTER

Left out because the judge's answer cannot depend on them: the order of rows (all findings count) and of lists,
DISTINCT in `list(DISTINCT …)` (a finding's lists are sets), what EXISTS selects. `queries` leaves out DISTINCT where
only the existence of rows is asked for. An inner join stays one where a later condition needs its partner anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
LARGE = 1_000
"""Numbers above this become 0: one more would be a nanosecond, or a seq that no conversation reaches."""

_LISTS = ("ops", "seqs", "sessions", "devs")
_SHOWN, _AROUND = 80, 4
"""A name shows so many letters of what was changed, and so many words before and after it."""


class Mutation(NamedTuple):
    """One change: `name` says which, in words that outlive changes elsewhere; `text` is the whole piece with it."""

    name: str
    text: str


_Edit = Callable[[exp.Expression], exp.Expression]
"""From a node to what stands instead of it."""


def mutations(sql: str) -> list[Mutation]:
    """All changes to a SELECT without a WITH of its own, each once, in the order of the tree."""
    tree = sqlglot.parse_one(sql, dialect=DIALECT)
    seen, found, names = {written(tree)}, [], Counter[str]()
    for place, node in enumerate(list(tree.walk(bfs=False))):
        for operator, edit in _edits(node):
            changed, what = _apply(tree, place, edit)
            if changed not in seen:
                seen.add(changed)
                name = f"{operator}: {what}"
                names[name] += 1
                found.append(Mutation(f"{name} #{names[name]}" if names[name] > 1 else name, changed))
    return found


def written(tree: exp.Expression) -> str:
    """A tree as SQL."""
    return tree.sql(dialect=DIALECT)


def _apply(tree: exp.Expression, place: int, edit: _Edit) -> tuple[str, str]:
    """The SQL with one node edited, and what that changed."""
    copy = tree.copy()
    node = list(copy.walk(bfs=False))[place]
    instead = edit(node)
    what = _difference(_words(node), _words(instead.this if isinstance(instead, exp.Paren) else instead))
    if node is copy:
        return written(instead), what
    node.replace(instead)
    return written(copy), what


def _words(node: exp.Expression) -> list[str]:
    return written(node).split()


def _difference(old: list[str], new: list[str]) -> str:
    """The words that differ, with a few before and after them: `a.seq [< → <=] b.seq`."""
    shared = min(len(old), len(new))
    head = next((at for at in range(shared) if old[at] != new[at]), shared)
    tail = next((at for at in range(shared - head) if old[-1 - at] != new[-1 - at]), shared - head)
    middle = " → ".join(_short(words[head:len(words) - tail]) for words in (old, new))
    return " ".join([*old[max(0, head - _AROUND):head], f"[{middle}]", *old[len(old) - tail:][:_AROUND]])


def _short(words: list[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN // 2]} … {text[-_SHOWN // 2:]}"


def _edits(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    for operator in (_comparisons, _logic, _predicates, _joins, _functions, _numbers, _windows, _rows, _values):
        yield from operator(node)


def _as(kind: type[exp.Expression]) -> _Edit:
    """The same arguments under another class."""
    return lambda node: kind(**{name: _copied(value) for name, value in node.args.items()})


def _copied(value: object) -> object:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, exp.Expression) else value


def _only(argument: str) -> _Edit:
    """One argument instead of the whole."""
    return lambda node: node.args[argument].copy()


# --- comparison and logic ---------------------------------------------------------------------------------------

_OTHER_COMPARISON: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
    exp.NullSafeEQ: exp.NullSafeNEQ, exp.NullSafeNEQ: exp.NullSafeEQ,
}


def _comparisons(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    other = _OTHER_COMPARISON.get(type(node))
    if other is not None:
        yield "comparison", _as(other)
    if isinstance(node, exp.Between):
        yield "comparison", lambda node: _between(node, exp.GT, exp.LTE)
        yield "comparison", lambda node: _between(node, exp.GTE, exp.LT)


def _between(node: exp.Expression, low: type[exp.Binary], high: type[exp.Binary]) -> exp.Expression:
    """A range with open ends."""
    ends = [
        kind(this=node.this.copy(), expression=node.args[end].copy()) for kind, end in ((low, "low"), (high, "high"))
    ]
    return exp.Paren(this=exp.And(this=ends[0], expression=ends[1]))


def _logic(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if isinstance(node, exp.And):
        yield "logic", lambda node: exp.Paren(this=_as(exp.Or)(node))
    if isinstance(node, exp.Or):
        yield "logic", _as(exp.And)
    if isinstance(node, exp.And | exp.Or):
        yield "dropped", _only("this")
        if not isinstance(node.this, type(node)):
            yield "dropped", _only("expression")
    if isinstance(node, exp.Not):
        yield "logic", _only("this")
    if isinstance(node, exp.Exists | exp.Is) and not isinstance(node.parent, exp.Not):
        yield "logic", lambda node: exp.Not(this=node.copy())
    if isinstance(node, exp.Boolean):
        yield "logic", lambda node: exp.Boolean(this=not node.this)


def _predicates(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    """The only predicate of a clause; one of several is dropped with its AND."""
    if isinstance(node, exp.Where | exp.Having) and not isinstance(node.this, exp.And):
        yield "dropped", lambda node: type(node)(this=exp.true())
    if isinstance(node, exp.Join) and node.args.get("on") and not isinstance(node.args["on"], exp.And):
        yield "dropped", _joined(on=exp.true())


def _joins(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if not isinstance(node, exp.Join) or not node.args.get("on"):
        return
    if node.kind in ("ANTI", "SEMI"):
        yield "join", _joined(kind="SEMI" if node.kind == "ANTI" else "ANTI")
    elif node.side == "LEFT" or not _is_compared_later(node):
        yield "join", _joined(side=None if node.side == "LEFT" else "LEFT")


def _is_compared_later(node: exp.Join) -> bool:
    """Whether a later condition compares a column of what is joined: it drops a row without a partner all the same."""
    query = node.parent_select
    later = query.args["joins"][query.args["joins"].index(node) + 1:]
    conditions = [join.args.get("on") for join in later if not join.side and join.kind != "ANTI"]
    where = query.args.get("where")
    compared = [
        part
        for condition in [*conditions, where.this if where else None] if condition is not None
        for part in (condition.flatten() if isinstance(condition, exp.And) else [condition])
        if isinstance(part, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Between)
    ]
    ends = [end for part in compared for end in part.args.values()]
    return any(isinstance(end, exp.Column) and end.parts[0].name == node.alias_or_name for end in ends)


def _joined(**arguments: object) -> _Edit:
    def edit(node: exp.Expression) -> exp.Expression:
        changed = node.copy()
        for name, value in arguments.items():
            changed.set(name, value)
        return changed
    return edit


# --- functions and numbers --------------------------------------------------------------------------------------

_OTHER_FUNCTION: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.Min: exp.Max, exp.Max: exp.Min, exp.ArgMin: exp.ArgMax, exp.ArgMax: exp.ArgMin, exp.Least: exp.Greatest,
    exp.Greatest: exp.Least, exp.LogicalOr: exp.LogicalAnd, exp.LogicalAnd: exp.LogicalOr, exp.Lag: exp.Lead,
    exp.Lead: exp.Lag,
}


def _functions(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    other = _OTHER_FUNCTION.get(type(node))
    if other is not None:
        yield "function", _as(other)


def _numbers(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if isinstance(node, exp.Add | exp.Sub):
        yield "number", _as(exp.Sub if isinstance(node, exp.Add) else exp.Add)
    if isinstance(node, exp.Literal) and node.is_int and not _is_idle(node):
        value = int(node.name)
        yield "number", lambda _: exp.Literal.number({0: 1, 1: 0}.get(value, 0 if value > LARGE else value + 1))


def _is_idle(node: exp.Expression) -> bool:
    """Whether EXISTS selects it, or it is the end of a frame, which `_windows` shifts."""
    above = node.parent
    return isinstance(above, exp.WindowSpec) or (isinstance(above, exp.Select) and isinstance(above.parent, exp.Exists))


# --- windows and rows -------------------------------------------------------------------------------------------


def _windows(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if not isinstance(node, exp.Window):
        return
    spec, keys = node.args.get("spec"), node.args.get("partition_by") or []
    if spec is not None:
        for end in ("start", "end"):
            yield "window", _framed(end, *_shifted(spec.args[end], spec.args[f"{end}_side"]))
    if node.args.get("order"):
        yield "window", _reversed
    for index in range(len(keys)):
        yield "window", _without("partition_by", index)


def _shifted(bound: object, side: str | None) -> tuple[object, str | None]:
    """The end of a frame one row, or everything, further on."""
    if bound == "CURRENT ROW":
        return exp.Literal.number(1), "PRECEDING"
    if bound == "UNBOUNDED":
        return exp.Literal.number(1), side
    return "CURRENT ROW", None


def _framed(end: str, bound: object, side: str | None) -> _Edit:
    def edit(node: exp.Expression) -> exp.Expression:
        changed = node.copy()
        changed.args["spec"].set(end, bound)
        changed.args["spec"].set(f"{end}_side", side)
        return changed
    return edit


def _reversed(node: exp.Expression) -> exp.Expression:
    changed = node.copy()
    for term in changed.args["order"].expressions:
        term.set("desc", not term.args.get("desc"))
    return changed


def _without(argument: str, index: int) -> _Edit:
    """A list argument without one item; the argument itself goes with its last one."""
    def edit(node: exp.Expression) -> exp.Expression:
        changed = node.copy()
        kept = [item for place, item in enumerate(changed.args[argument]) if place != index]
        changed.set(argument, kept or None)
        return changed
    return edit


def _rows(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        yield "rows", _joined(distinct=None)
    if isinstance(node, exp.Distinct) and not isinstance(node.parent, exp.Select) and not _is_list_of_a_finding(node):
        yield "rows", lambda node: node.expressions[0].copy()
    if isinstance(node, exp.Union):
        if node.args.get("distinct"):
            yield "rows", _joined(distinct=False)
        yield "dropped", _only("this")
        if not isinstance(node.this, exp.Union):
            yield "dropped", _only("expression")
    if isinstance(node, exp.Group) and len(node.expressions) > 1:
        for index in range(len(node.expressions)):
            yield "rows", _without("expressions", index)


def _is_list_of_a_finding(node: exp.Expression) -> bool:
    """Whether it stands in a list that the judge makes a set of: one named so, or a nameless one of a later branch."""
    if not isinstance(node.parent, exp.List | exp.ArrayAgg):
        return False
    above = node.parent.parent
    return not isinstance(above, exp.Alias) or above.alias in _LISTS


def _values(node: exp.Expression) -> Iterator[tuple[str, _Edit]]:
    if isinstance(node, exp.Coalesce):
        yield "value", _only("this")
        if len(node.expressions) == 1:
            yield "value", lambda node: node.expressions[0].copy()
    if isinstance(node, exp.Case) and (len(node.args["ifs"]) > 1 or node.args.get("default")):
        yield from (("value", _branch_dropped(index)) for index in range(len(node.args["ifs"])))
    if isinstance(node, exp.In | exp.Values) and len(node.expressions) > 1:
        yield from (("value", _without("expressions", index)) for index in range(len(node.expressions)))
    if isinstance(node, exp.Filter):
        yield "value", _only("this")


def _branch_dropped(index: int) -> _Edit:
    def edit(node: exp.Expression) -> exp.Expression:
        if len(node.args["ifs"]) == 1:
            return node.args["default"].copy()
        return _without("ifs", index)(node)
    return edit
