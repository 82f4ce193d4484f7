"""Verdicts that ought to be the same however a history is judged."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chatproof.checkers.history.history import History
from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict


def findings(history: History, **manner: Any) -> Verdict:
    """The verdict without the time that it took, and without the search for smallest counter-examples."""
    verdict = judge(history, trials=0, **manner)
    return replace(verdict, guarantees=tuple(replace(result, seconds=0.0) for result in verdict.guarantees))
