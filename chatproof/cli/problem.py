"""What a verb raises when it cannot go on: one sentence for stderr, and the exit code."""

from __future__ import annotations

from chatproof.gate.errors import EnvironmentNotReady

EXIT_ENVIRONMENT = EnvironmentNotReady.exit_code


class Problem(Exception):
    """One sentence and an exit code; `main` shows it."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
