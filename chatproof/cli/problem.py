"""A problem with its exit code, as click shows it: one sentence on stderr."""

from __future__ import annotations

from typing import IO, Any

import click


class Problem(click.ClickException):
    """One sentence and an exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        click.echo(f"chatproof: {self.format_message()}", err=True, file=file)
