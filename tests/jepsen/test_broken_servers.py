"""Every scenario fails, with a counter-example, on a broken server whose bug it can show.

The table says what each scenario is good for. Each run is pytest in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.jepsen, pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).parent

CAUGHT = (
    ("partition", "position-before-visible", "no-lost-message"),
    ("partition", "catchup-before-subscribe", "whole-resume"),
    ("partition", "larger-seq-first", "ordered-stream"),
    ("kill", "dedupe-lost-on-restart", "idempotent-send"),
    ("kill", "ack-before-log", "durable-ack"),
    ("kill", "hole-after-crash", "dense-ids"),
    ("half_open", "catchup-before-subscribe", "whole-resume"),
    ("pause", "send-stored-twice", "idempotent-send"),
    ("storm", "catchup-before-subscribe", "whole-resume"),
    ("storm", "send-stored-twice", "idempotent-send"),
    ("clock", "history-sorted-by-time", "same-order-everywhere"),
)
"""(scenario, mutant, the guarantee that names it)"""


@pytest.mark.parametrize(("scenario", "mutant", "guarantee"), CAUGHT)
def test_a_broken_server_is_caught(scenario: str, mutant: str, guarantee: str) -> None:
    """The test fails, names the guarantee, shows its events and how to see them again."""
    target = f"mutant:{mutant}"
    command = [sys.executable, "-m", "pytest", str(HERE / f"test_{scenario}.py"), "-m", "short"]
    command += ["--chatproof-target", target, "--chatproof-seed", "1"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 1 == done.returncode, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert [] != [line for line in told if line.startswith(f"{guarantee}: ")], done.stdout
    assert [] != [line for line in told if " ● " in line]
    assert [] != [line for line in told if line.startswith("again: pytest ") and target in line]
