"""kill -9 and power loss at each named point: what was acknowledged is there, retries get the first seq, no repeats."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatproof.reference_server.core.commands import Appended
from tests.reference_server.roles.conversations.mortal_node import commands
from tests.reference_server.roles.conversations.node import node, page, seqs, submit

ROOT = Path(__file__).parents[4]
POINTS = [
    ("before_append", 1), ("before_append", 58),
    ("after_append_before_fold", 3), ("after_append_before_fold", 21),
    ("after_append_before_ack", 3), ("after_append_before_ack", 21),
    ("after_ack", 2), ("after_ack", 20),
    ("during_snapshot", 1), ("during_snapshot", 3),
    ("after_store_before_watermark", 2), ("after_store_before_watermark", 12),
]


def acknowledged_before_death(directory: Path, point: str, count: int, disk: str) -> dict[str, int]:
    """Let a host die at a point; what it acknowledged, by name."""
    module = "tests.reference_server.roles.conversations.mortal_node"
    command = [sys.executable, "-m", module, str(directory), point, str(count), disk]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert -signal.SIGKILL == died.returncode, died.stderr
    return {name: int(seq) for name, seq in (line.split() for line in died.stdout.splitlines())}


@pytest.mark.slow
@pytest.mark.parametrize("disk", ["system", "lossy"])
@pytest.mark.parametrize(("point", "count"), POINTS)
def test_a_crash_loses_nothing_and_repeats_nothing(point: str, count: int, disk: str, tmp_path: Path) -> None:
    """Every acknowledged event stands at its seq, every retry gets one seq for ever, and seqs stay dense."""
    acknowledged = acknowledged_before_death(tmp_path, point, count, disk)

    async def run() -> None:
        async with node(tmp_path) as host:
            standing = {event.u: event.seq for event in (await page(host, "g", "a")).events}
            asked = commands()
            assert acknowledged == {name: standing.get(asked[name].u) for name in acknowledged}  # type: ignore[union-attr]
            for name, command in asked.items():
                answer = await submit(host, command)
                if command.u in standing:  # type: ignore[union-attr]
                    assert isinstance(answer.outcome, Appended)
                    assert (standing[command.u], True) == (answer.outcome.seq, answer.duplicate), name  # type: ignore[union-attr]
            events = (await page(host, "g", "a")).events
            assert list(range(1, len(events) + 1)) == [event.seq for event in events]
            assert len(events) == len({event.u for event in events})
            for user in ("a", "b", "c"):
                kinds = [event.kind for event in (await page(host, f"me:{user}", user)).events]
                assert ["joined", "left"] * (len(kinds) // 2) + ["joined"] * (len(kinds) % 2) == kinds
                assert host.is_member("g", user) == ("g" in host.conversations_of(user))
            assert await seqs(host, "me:a", "a") == [1]

    asyncio.run(run())
