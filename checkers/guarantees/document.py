"""Writes docs/GUARANTEES.md from the guarantees and relations themselves.

    python -m chatproof.checkers.guarantees.document > docs/GUARANTEES.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from textwrap import dedent

from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import RELATIONS
from chatproof.checkers.history.vocabulary import BOUNDS
from chatproof.checkers.implied import IMPLIES

_INTRODUCTION = """\
# Guarantees

Generated from `checkers/guarantees/`; do not edit. Each guarantee is a sentence, one SQL query that returns its
violations and one that counts its opportunities: the chances to break it that really occurred. Results: *held* (enough
opportunities, no violation), *broken*, *not exercised* (too few opportunities), *not claimed* (the target does not
promise it), *not observable* (the run lacks a table, or the load voids it).

Classes: *monotone*: true on any union of prefixes, may be judged live; *watermarked*: live up to the smallest worker
watermark; *final*: finished histories only. The key is what a history may be split by. Minimums are those of the
guarantee; a run may ask for others.

The worked examples are histories, one event a line, 10 ms apart: `m1 = 5` is the message m1 at seq 5, `a` and `b` are
devices of different users, `wait 6s` lets time pass. Tests turn each into tables and judge it.
"""


def document() -> str:
    """The whole document."""
    parts = [_INTRODUCTION, *_index(), *(_section(each) for each in GUARANTEES.values()), _implied(), _relations()]
    return "\n".join(parts)


def _index() -> Iterator[str]:
    yield "| guarantee | promise | class | key | needs claims | minimum |\n|---|---|---|---|---|---|"
    for each in GUARANTEES.values():
        claims = ", ".join(f"`{name}`" for name in each.claims) or "none"
        link = f"[`{each.name}`](#{each.name})"
        yield f"| {link} | {each.sentence} | {each.class_} | {each.key} | {claims} | {each.minimum:,} |"
    yield ""


def _section(each: Guarantee) -> str:
    lines = [f"## {each.name}", "", f"{each.sentence} Broken when {each.broken_when}.", ""]
    lines += [f"- Opportunities: {each.opportunity}; at least {each.minimum:,}."]
    lines += [f"- Tables: {', '.join(f'`{name}`' for name in each.tables)}."]
    lines += [f"- Bound `{name}`: {BOUNDS[name].sentence}" for name in each.bounds]
    lines += ["- About time: void where the load was not what was asked for."] if each.liveness else []
    lines += [f"- {each.remarks}"] if each.remarks else []
    lines += ["", "Held:", "", "```", _story(each.story.clean), "```", ""]
    lines += ["Broken:", "", "```", _story(each.story.broken), "```", ""]
    return "\n".join(lines)


def _story(text: str) -> str:
    return dedent(text).strip()


def _implied() -> str:
    rows = [f"| `{cause}` | {', '.join(f'`{name}`' for name in effects)} |" for cause, effects in IMPLIES.items()]
    return "\n".join([
        "## Implied alarms", "",
        "One bug breaks several guarantees. An alarm explains another where this table says so, closed transitively, "
        "and both are about a common operation, seq or session. What nothing explains is a root.", "",
        "| broken | explains |", "|---|---|", *rows, "",
    ])


def _relations() -> str:
    rows = [f"| `{each.name}` | {' '.join(each.sentence.split())} |" for each in RELATIONS]
    return "\n".join([
        "## Relations", "",
        "What the queries share, each defined once in `checkers/guarantees/relations/`; `bounds` and `claims` are the "
        "run's, in one row each.", "", "| relation | a row is |", "|---|---|", *rows, "",
    ])


if __name__ == "__main__":
    sys.stdout.write(document())
