"""The floor serves what the counting client asks, and both servers get the same roster."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.floor.contest import floor, measure, reference, roster_of
from benchmarks.floor.shapes import Shape
from chatproof.drivers.interface import ConversationSpec

SECONDS = 0.5
SMALL = Shape("groups of 3", group=3, members=6, senders=2)


def test_neighbours_share_a_conversation() -> None:
    """Each member is in exactly one."""
    expected = (ConversationSpec(0, "group", (0, 1, 2)), ConversationSpec(1, "group", (3, 4, 5)))
    assert expected == roster_of(SMALL).conversations


@pytest.mark.slow
@pytest.mark.parametrize("serve", [floor, reference], ids=["floor", "reference"])
def test_every_ack_is_delivered_to_the_whole_group(serve: object, tmp_path: Path) -> None:
    """The sender's own copy included. Each edge of the measured time cuts through what is in flight just then."""
    data = tmp_path / "data"
    data.mkdir()
    with serve(SMALL, data) as served:  # type: ignore[operator]
        counted = measure(SMALL, served, tmp_path, warm_up_s=0.2, seconds=SECONDS)
    in_flight = 2 * SMALL.senders * SMALL.group
    acks, deliveries = counted.acks_per_s * SECONDS, counted.deliveries_per_s * SECONDS
    assert acks > 0
    assert SMALL.group * acks == pytest.approx(deliveries, abs=in_flight)
    assert 0 < counted.ack_p50_ms <= counted.ack_p95_ms
