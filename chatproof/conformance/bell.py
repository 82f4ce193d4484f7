"""A bell that all devices ring and one check waits for."""

from __future__ import annotations

import trio


class Bell:
    """Whoever waits is woken by the next ring; look again then, for it does not say what happened."""

    def __init__(self) -> None:
        self._rung = trio.Event()

    def ring(self) -> None:
        """Something happened."""
        self._rung.set()
        self._rung = trio.Event()

    async def wait(self) -> None:
        """Wait for the next ring."""
        await self._rung.wait()
