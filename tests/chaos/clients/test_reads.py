"""What a device reads of the history by itself."""

import pytest
import trio

from chatproof.chaos.clients.reads import REPAIR_EVERY_S, Reader

pytestmark = pytest.mark.trio


class Lacking:
    """A device without a session, whose stream lacks at each look what comes next; it counts what it would read."""

    session = None

    def __init__(self, looks: list[dict[int, int]]) -> None:
        self.streams = self.recording = self
        self.reads = 0
        self._looks = looks

    def missing(self) -> dict[int, int]:
        """Conversation → the seq before what is missing."""
        return self._looks.pop(0) if self._looks else {}

    def next_read(self) -> int:
        """A number for a read."""
        self.reads += 1
        return self.reads


@pytest.mark.parametrize(("looks", "is_read"), [([{0: 1}, {0: 2}, {0: 3}], False), ([{0: 1}, {0: 1}], True)])
async def test_only_what_is_missing_at_two_looks_is_read(
    looks: list[dict[int, int]], is_read: bool, autojump_clock: trio.testing.MockClock
) -> None:
    """What comes out of order is there by the next look; what is still missing then will not come."""
    device = Lacking(looks)
    with trio.move_on_after(5 * REPAIR_EVERY_S):
        await Reader(device).repair()  # type: ignore[arg-type]

    assert is_read == (device.reads > 0)
