"""A small run with everything that a page shows: faults, samples, and a message that one device lost."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

from msgspec.structs import replace

from chatproof.checkers.history.history import History
from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict
from chatproof.dashboards.openslo import load_slos
from tests.checkers.model import Recorded, build

SEED, STEPS = 7, 120


class Specimen(NamedTuple):
    """A verdict and the rows that it is about."""

    verdict: Verdict
    recorded: Recorded

    def history(self) -> History:
        """The history, opened."""
        return self.recorded.history()


def specimen() -> Specimen:
    """A run that is judged as it stands, with SLOs that few samples suffice for, and one lost message."""
    recorded = build(SEED, STEPS)
    run = replace(recorded.run, slos=tuple(_easy(each) for each in load_slos()), replay="chatproof gate --seed 7",
                  started_at="2026-01-02T03:04:05.678+00:00", versions={"chatproof": "0.1.0"}, host={"cores": 2})
    tables = deepcopy(recorded.tables)
    _lose_one(tables["deliveries"])
    spoiled = Recorded(run, tables)
    with spoiled.history() as history:
        return Specimen(judge(history), spoiled)


def _easy(document: dict[str, Any]) -> dict[str, Any]:
    """The SLO with minimums that a small run reaches."""
    easy = deepcopy(document)
    easy["metadata"]["annotations"] = dict.fromkeys(easy["metadata"]["annotations"], "1")
    return easy


def _lose_one(deliveries: list[dict[str, Any]]) -> None:
    """Take away the last live push of a message."""
    at = max(at for at, row in enumerate(deliveries) if row["via"] == "live" and row["event"] == "message")
    del deliveries[at]
