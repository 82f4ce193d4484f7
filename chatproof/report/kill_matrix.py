"""The kill matrix as a page and as a table: what was recorded of each broken server and of the healthy one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from chatproof.scenarios.matrix import GENERATED, MATRIX, SHORT_SCENARIOS, Expectation
from chatproof.scenarios.recorded import Cell

CONFIDENCE = 0.95

_INTRO = """\
# The kill matrix

A green verdict means something only if a broken server would not have got one. Each row below is a real bug of a \
real system, rebuilt as a composition of at most 40 lines over the healthy reference server (`chatproof/mutants/`). It \
keeps the claims and speaks the protocol, and it must be caught under the named guarantee, with no alarm that this \
guarantee does not imply.

This page is written by `chatproof mutants --matrix --write docs/KILL_MATRIX.md` (part of `make docs`) from the \
results in `chatproof/scenarios/kill_matrix.json`. `chatproof mutants NAME` makes a row's run again, `--record FILE` \
keeps its result.
"""

_SERVERS = """\
## Broken servers that ran

*Shown after* is the time from the beginning of the load to the first violation of the named guarantee, where a \
violation is as old as the latest sighting that proves it: what only the reads at the end can show comes late. *Also \
broken* are alarms that the named guarantee implies. *Without a fault* is the calm scenario of 1,000 sends: a server \
whose bug needs a fault must pass it.
"""

_GENERATED = """\
## Bugs that no run shows

Their guarantees are judged on generated histories: the broken worked example of each, in \
[GUARANTEES.md](GUARANTEES.md), must be found under that name, and the clean one must not.
"""


def page(cells: Sequence[Cell]) -> str:
    """docs/KILL_MATRIX.md."""
    parts = (
        _INTRO,
        _SERVERS,
        _rows(
            ("broken server", "seen in", "scenario", "caught by", "shown after", "also broken", "without a fault"),
            (_server(row, cells) for row in MATRIX),
        ),
        "## The healthy server\n",
        _rows(("scenario", "clean", "accused", "no verdict"), (_healthy(name, cells) for name in SHORT_SCENARIOS)),
        bound(cells) + "\n",
        _GENERATED,
        _rows(
            ("bug", "seen in", "caught by", "evidence", "why no run shows it"),
            ((row.bug, row.seen_in, f"[{row.guarantee}](GUARANTEES.md#{row.guarantee})", "generated history", row.why)
             for row in GENERATED),
        ),
    )  # fmt: skip
    return "\n".join(parts)


def table(cells: Iterable[Cell]) -> Table:
    """The runs for the terminal: scenario, server, guarantee, time to detection."""
    shown = Table("scenario", "server", "seed", "guarantee", "result", "shown after", "broken, or why", box=None)
    for cell in sorted(cells, key=lambda cell: (cell.scenario, cell.mutant, cell.seed)):
        why = cell.detail if not cell.good else ", ".join(cell.broken)
        style = "" if cell.good else "red"
        shown.add_row(
            cell.scenario, cell.mutant or "healthy", str(cell.seed), cell.guarantee, cell.state,
            "" if cell.shown_ns is None else _seconds([cell.shown_ns]), why, style=style,
        )  # fmt: skip
    return shown


def bound(cells: Iterable[Cell]) -> str:
    """What the clean runs of the healthy server say of a false alarm, as a sentence."""
    seeds: dict[int, list[Cell]] = {}
    for cell in cells:
        if not cell.mutant and cell.state != "no verdict":
            seeds.setdefault(cell.seed, []).append(cell)
    whole = {seed: runs for seed, runs in seeds.items() if {run.scenario for run in runs} >= set(SHORT_SCENARIOS)}
    accused = [seed for seed, runs in whole.items() if any(run.state == "false alarm" for run in runs)]
    if not whole:
        return "No seed was run through all of these scenarios yet."
    if accused:
        return f"Of {len(whole)} seeds, {len(accused)} raised a false alarm ({', '.join(map(str, sorted(accused)))})."
    most = 1 - (1 - CONFIDENCE) ** (1 / len(whole))
    return (
        f"0 of {len(whole)} seeds raised an alarm: with 95 % confidence fewer than {100 * most:.0f} % of seeds would"
        f" (the exact form of the rule of three)."
    )


def _server(row: Expectation, cells: Sequence[Cell]) -> tuple[str, ...]:
    runs = [cell for cell in cells if cell.mutant == row.mutant and cell.guarantee]
    caught = [run for run in runs if run.state == "caught"]
    bad = [f"**{run.state}** (seed {run.seed})" for run in runs if run.state != "caught"]
    times = [run.shown_ns for run in caught if run.shown_ns is not None]
    also = dict.fromkeys(name for run in caught for name in run.broken if name != row.guarantee)
    return (
        f"[{row.mutant}](../chatproof/mutants/{row.mutant.replace('-', '_')}.py)", row.seen_in, row.scenario,
        row.guarantee if runs and not bad else ", ".join(bad) or "**not run yet**", _seconds(times),
        ", ".join(also), _calm(row, cells),
    )  # fmt: skip


def _calm(row: Expectation, cells: Sequence[Cell]) -> str:
    if not row.needs_fault:
        return "shows as well"
    runs = [cell for cell in cells if cell.mutant == row.mutant and not cell.guarantee]
    return ", ".join(f"{run.state}, {run.acked_sends:,} acked sends" for run in runs) or "**not run yet**"


def _healthy(scenario: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    states = [cell.state for cell in cells if not cell.mutant and cell.scenario == scenario]
    return (scenario, *(str(states.count(state)) for state in ("clean", "false alarm", "no verdict")))


def _seconds(times_ns: Sequence[int]) -> str:
    """A time, or the range of several."""
    tenths = sorted({f"{time_ns / 1e9:.1f}" for time_ns in times_ns}, key=float)
    return f"{' to '.join(dict.fromkeys((tenths[0], tenths[-1])))} s" if tenths else ""


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
