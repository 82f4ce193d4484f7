"""What can keep a run from happening, with the exit code of each (DESIGN §10).

Exception
└── RunError                 exit 70: a bug of ours
    ├── UsageProblem         exit 2: flags or configuration
    ├── EnvironmentNotReady  exit 30: target, tool, port, privilege, disk
    └── RunSpoiled           exit 21: the run started and cannot be judged
"""

from __future__ import annotations

from typing import ClassVar


class RunError(Exception):
    """The message is one sentence for a person."""

    exit_code: ClassVar[int] = 70


class UsageProblem(RunError):
    """A flag or the configuration file is wrong."""

    exit_code = 2


class EnvironmentNotReady(RunError):
    """Something that the run needs is missing; the sentence says what to do."""

    exit_code = 30


class RunSpoiled(RunError):
    """The run started and then lost a part that it cannot be judged without; what was recorded is kept."""

    exit_code = 21


def sentence(problem: BaseException) -> str:
    """A part's message as one sentence: with a capital letter, and a full stop where it has none."""
    text = str(problem).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
