"""How a check ends early.

Exception
└── CheckFailed      with the outcome of the check; never leaves this package
"""

from __future__ import annotations

from chatproof.conformance.finding import Outcome


class CheckFailed(Exception):
    """The check is over."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.found)
        self.outcome = outcome
