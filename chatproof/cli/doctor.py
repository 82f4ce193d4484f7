"""`chatproof doctor`: whether this machine has what a run needs, one line per need."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from chatproof.backends.needs import Need, gather, judge

EXIT_ENVIRONMENT = 30


@click.command
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), help="Where runs will be written.")
@click.option("--json", "as_json", is_flag=True, help="Print the needs as JSON.")
def doctor(out: Path, as_json: bool) -> int:
    """Say for each need of a run whether it is met and, where it is not, what to do. Exit 0 or 30."""
    needs = judge(gather(out))
    for line in [_json(needs)] if as_json else [_line(need) for need in needs]:
        click.echo(line)
    return 0 if all(need.ok for need in needs) else EXIT_ENVIRONMENT


def _line(need: Need) -> str:
    """`ok  Python: 3.11`, or `MISSING  Go: none - install …`."""
    advice = "" if need.ok else f" - {need.advice}"
    return f"{'ok' if need.ok else 'MISSING':<8}{need.name}: {need.found}{advice}"


def _json(needs: list[Need]) -> str:
    """`{"ok": bool, "needs": [{"name", "ok", "found", "advice"}]}`; the advice is empty where nothing is to be done."""
    rows = [(need if not need.ok else need._replace(advice=""))._asdict() for need in needs]
    return msgspec.json.format(msgspec.json.encode({"ok": all(need.ok for need in needs), "needs": rows})).decode()
