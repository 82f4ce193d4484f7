"""`chatproof`: the verbs, and how every failure becomes one sentence and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys

import click

from chatproof import __version__
from chatproof.cli.problem import EXIT_ENVIRONMENT, Problem

_VERBS = {
    "init": "chatproof.cli.init",
    "serve": "chatproof.cli.serve",
    "gate": "chatproof.cli.gate",
    "check": "chatproof.cli.check",
    "report": "chatproof.cli.report",
    "import": "chatproof.cli.import_history",
    "mutants": "chatproof.cli.mutants",
    "doctor": "chatproof.cli.doctor",
}
"""Verb → module, whose last part is the command's name in it. Imported when used: a server restarted after kill -9
must start fast."""

EXIT_INTERNAL = 70


class _Verbs(click.Group):
    """A group that imports a verb when it is asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _VERBS:
            return None
        module = _VERBS[name]
        command: click.Command = getattr(importlib.import_module(module), module.rpartition(".")[2])
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="chatproof")
def cli() -> None:
    """Says, with evidence, whether a chat service keeps its promises at this load and under these faults.

    Exit codes: 0 pass, 10 a guarantee is broken, 11 an SLO is missed, 12 a regression, 13 a mutant escaped,
    20 inconclusive, 21 invalid run, 30 environment not ready, 2 usage, 70 internal error.
    """


def main() -> None:
    """Run the command line; never shows a traceback for what is the world's fault."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _say("Interrupted; everything that was started has been stopped.", 130)
    except Problem as problem:
        code = _say(str(problem), problem.exit_code)
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code
    except OSError as problem:
        code = _os_error(problem)
    sys.exit(code if isinstance(code, int) else 0)


def _os_error(problem: OSError) -> int:
    """A full disk or a directory that cannot be written is the environment's fault; the rest is ours."""
    if problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE}:
        where = f" ({problem.filename})" if problem.filename else ""
        return _say(f"{os.strerror(problem.errno)}{where}.", EXIT_ENVIRONMENT)
    raise problem


def _say(sentence: str, code: int) -> int:
    click.echo(f"chatproof: {sentence}", err=True)
    return code


if __name__ == "__main__":
    main()
