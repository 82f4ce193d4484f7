"""The stdout of a process that speaks to its parent there, in lines: nobody else in the process may."""

from __future__ import annotations

import os

_STDOUT, _STDERR = 1, 2


def take_stdout() -> int:
    """A descriptor of what was stdout; what is printed from now on, as by an unfinished driver, goes to stderr."""
    own = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    return own
