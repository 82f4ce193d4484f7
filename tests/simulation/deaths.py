"""Dies by kill -9 in the middle of something: a fork, so that it is real and quick."""

import os
import signal
from collections.abc import Callable


def die() -> None:
    """No exit handler runs, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(action: Callable[[], object]) -> None:
    """Do it in another process, which then kills itself; what it held in memory is gone.

    What the action returns is held open until then: an orderly close is no death.
    """
    pid = os.fork()
    if pid == 0:
        try:
            held = action()
            die()
            del held
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert -signal.SIGKILL == os.waitstatus_to_exitcode(status)
