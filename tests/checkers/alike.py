"""Verdicts without what differs from one judgement to the next: the time that they took."""

from __future__ import annotations

from msgspec.structs import replace

from chatproof.checkers.results import Verdict


def timeless(verdict: Verdict) -> Verdict:
    """The verdict with no seconds."""
    return replace(verdict, guarantees=tuple(replace(result, seconds=0.0) for result in verdict.guarantees))
