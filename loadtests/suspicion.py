"""Tells a mistake of the driver from a fault of the target: what happens to *every* message is hardly the target's.

A driver that hands on altered texts, misses every acknowledgement or names the wrong ids makes a healthy target look
broken from end to end. Each of the signs below needs that nothing at all went right, so that no single fault of a
target is excused by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatproof.drivers.errors import DriverMistaken

ALTERED = 50
"""Messages that came back altered, and none as it was sent."""

UNACKNOWLEDGED = 20
"""Messages that arrived although no acknowledgement of any message was ever read."""

UNECHOED = 100
"""Acknowledged messages of which none came back to its sender, where an echo is claimed."""

UNREAD = 50
"""History pages that could not be read, and none that could."""

STEPS = 300
"""Arrivals whose ids are compared with the one before them in their room."""

DISORDER = 0.45
"""Share of those that go back: random ids have a half, a target that confuses its order far less."""


class Suspicion:
    """Counts over all devices of a plane. Raises `DriverMistaken` as soon as one sign is complete."""

    def __init__(self, name: str, claims: Mapping[str, Any]) -> None:
        self._name = name
        self._expects_echo = claims.get("echo") == "all"
        self._whole = self._altered = 0
        self._acknowledged = self._echoed = self._seen_unacknowledged = 0
        self._pages = self._pages_failed = 0
        self._steps = self._backward = 0
        self._last: dict[tuple[int, int], int] = {}

    def arrived(self, dev: int, conv: int, message: int, op: int | None, *, content_ok: bool) -> None:
        """A message came on the stream, or by a read of the session's own."""
        self._whole += content_ok
        self._altered += not content_ok
        self._echoed += op is not None and op >> 32 == dev
        if self._altered >= ALTERED and not self._whole:
            raise self._mistaken(
                f"{self._altered} messages came back and not one as it was sent; texts must stay as they are"
            )
        self._stepped(dev, conv, message)

    def acknowledged(self) -> None:
        """A message was acknowledged."""
        self._acknowledged += 1
        if self._expects_echo and self._acknowledged >= UNECHOED and not self._echoed:
            raise self._mistaken(
                f"of {self._acknowledged} acknowledged messages none came back to its sender; it claims echo = 'all'"
            )

    def seen_unacknowledged(self) -> None:
        """A message arrived whose acknowledgement was awaited in vain."""
        self._seen_unacknowledged += 1
        if self._seen_unacknowledged >= UNACKNOWLEDGED and not self._acknowledged:
            raise self._mistaken(
                f"{self._seen_unacknowledged} messages arrived and no acknowledgement of any was read;"
                " it does not recognise what acknowledges a message"
            )

    def page(self, *, was_read: bool, code: str) -> None:
        """A history page was read, or was not."""
        self._pages += was_read
        self._pages_failed += not was_read
        if self._pages_failed >= UNREAD and not self._pages:
            raise self._mistaken(f"not one of {self._pages_failed} history pages could be read ({code})")

    def _stepped(self, dev: int, conv: int, message: int) -> None:
        """Ids of one room on one device: they should grow."""
        before = self._last.get((dev, conv))
        self._last[dev, conv] = message
        if before is None or self._steps >= STEPS:
            return
        self._steps += 1
        self._backward += message < before
        if self._steps == STEPS and self._backward >= DISORDER * STEPS:
            raise self._mistaken(
                f"of {STEPS} messages {self._backward} have a smaller id than the one before in their room;"
                " what it takes as an id does not grow"
            )

    def _mistaken(self, what: str) -> DriverMistaken:
        return DriverMistaken(f"The driver {self._name} seems to be wrong: {what}.")
