"""Becomes the program that it is given, after tying its life to its parent's and raising its descriptor limit.

Run as a script by `python -I -S launcher.py PARENT_PID PROGRAM [ARGUMENT…]`, so it imports the standard library only.
A `preexec_fn` could do the same, but runs Python between fork and exec of a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal that the kernel sends to this process when the thread that started it ends."""

NOT_STARTED = 127
"""Exit code where the program could not be executed, as shells have it."""


def raise_descriptor_limit() -> None:
    """Raise the soft limit of open files to the hard one: a proxied connection takes two descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; exit at once if that happened already."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(NOT_STARTED)


def launch(parent: int, argv: list[str]) -> None:
    """Never returns: either this process is now `argv`, or it ended with `NOT_STARTED` and the reason on stderr."""
    die_with_parent(parent)
    raise_descriptor_limit()
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"cannot start {argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2:])
