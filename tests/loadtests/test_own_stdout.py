"""A process that speaks to its parent in lines."""

import subprocess
import sys

PROGRAM = """
import os
from chatproof.loadtests.own_stdout import take_stdout
own = take_stdout()
print("a driver tells what it does", flush=True)
os.write(own, b"an announcement")
"""


def test_what_others_print_is_not_among_the_lines() -> None:
    """It comes out on stderr, where a person reads it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30)
    assert ("an announcement", "a driver tells what it does\n") == (done.stdout, done.stderr)
