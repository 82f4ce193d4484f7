"""`chatproof import FILE`: make a run directory of a plain recording, so that it can be judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS, Key
from chatproof.checkers.importer import import_jsonl
from chatproof.cli.problem import Problem

_USAGE = 2


@click.command("import")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run directory to make.")
@click.option("--claim", "claims", multiple=True, metavar="KEY[=VALUE]", help="What the target claims (repeatable).")
@click.option("--bound", "bounds", multiple=True, metavar="KEY=NS", help="A bound, in ns (repeatable).")
@click.option("--require", "required", multiple=True, metavar="NAME", help="A guarantee a pass needs (repeatable).")
@click.option("--minimum", type=click.IntRange(min=1), help="Opportunities that are enough, for every guarantee.")
@click.option("--target", default="imported", help="What the report calls the target.")
def import_history(
    recording: Path, out: Path, claims: tuple[str, ...], bounds: tuple[str, ...], required: tuple[str, ...],
    minimum: int | None, target: str,
) -> int:
    """Turn RECORDING (JSON lines of sends, acks and deliveries; docs/JUDGE.md) into a run directory."""
    unknown = [name for name in required if name not in GUARANTEES]
    if unknown:
        raise Problem(f"there is no guarantee {unknown[0]!r}; there are {', '.join(GUARANTEES)}", _USAGE)
    if not recording.is_file():
        raise Problem(f"{recording} is no file.", _USAGE)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Problem(f"{out} is there already; name a directory that is not.", _USAGE)
    run = RunDocument(
        run_id=out.name, seed=0, scenario="imported", replay=f"chatproof check {out}", target=target, driver="none",
        engine="none", claims=_values("claim", CLAIMS, claims), bounds=_values("bound", BOUNDS, bounds),
        required=required, slos_required=False, minimums=dict.fromkeys(GUARANTEES, minimum) if minimum else {},
    )
    try:
        with recording.open("rb") as lines:
            imported = import_jsonl(lines, run, out)
    except HistoryError as problem:
        raise Problem(f"{recording}: {problem}", _USAGE) from problem
    click.echo(
        f"{imported.sends} sends, {imported.acks} of them acknowledged, and {imported.deliveries} deliveries of "
        f"{imported.devices} devices in {imported.conversations} conversations; judge them: chatproof check {out}"
    )
    return 0


def _values(what: str, keys: dict[str, Key], given: Iterable[str]) -> dict[str, Any]:
    """`KEY=VALUE` as the vocabulary types it; a claim without a value is true."""
    values: dict[str, Any] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in keys:
            raise Problem(f"there is no {what} {name!r}; there are {', '.join(keys)}", _USAGE)
        values[name] = _value(what, name, keys[name].type, value)
    return values


def _value(what: str, name: str, kind: type, text: str) -> bool | int | str:
    if kind is bool and text in ("", "true", "false"):
        return text != "false"
    if kind is int and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    if kind is str and text:
        return text
    raise Problem(f"{what} {name}: {text!r} is no {kind.__name__}", _USAGE)
