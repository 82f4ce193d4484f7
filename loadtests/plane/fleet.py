"""All devices of a plane: their heart-beat, and what they have reached together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from chatproof.loadtests.health import BEAT_NS
from chatproof.loadtests.plane.device import Clock, Device

BEATS_PER_TICK = 5
"""Each device is ticked every fifth beat of 10 ms, a fifth of them at a time: no beat does all the work."""
CONNECTS_AT_ONCE = 24
"""Handshakes under way at once: after a restart everybody comes, and the loop must go on sending."""


class Fleet:
    """Ticks devices and connects them; a connection is a task of `tasks`, so an error of ours ends the plane."""

    def __init__(self, devices: Mapping[int, Device], clock: Clock, tasks: asyncio.TaskGroup) -> None:
        self._devices = tuple(devices.values())
        self._clock = clock
        self._tasks = tasks
        self._connecting: list[Device] = []
        self._turn = 0
        self.may_connect = True

    def beat(self, on_tick: Callable[[Device, int], None]) -> None:
        """Tick the devices whose turn it is; `on_tick` is called after each with the instant."""
        now_ns = self._clock()
        self._connecting = [device for device in self._connecting if device.is_connecting]
        for device in self._devices[self._turn :: BEATS_PER_TICK]:
            device.tick(now_ns)
            on_tick(device, now_ns)
            if self.may_connect and len(self._connecting) < CONNECTS_AT_ONCE and device.may_connect(now_ns):
                self._connecting.append(device)
                self._tasks.create_task(device.run_link())
        self._turn = (self._turn + 1) % BEATS_PER_TICK

    async def wait(self, condition: Callable[[], bool], until_ns: int) -> bool:
        """Wait until something holds, at most until an instant; whether it holds."""
        while not condition():
            if self._clock() >= until_ns:
                return False
            await asyncio.sleep(BEAT_NS / 1e9)
        return True

    @property
    def is_live(self) -> bool:
        """Every device is live. Asked often while thousands connect: the first that is not settles it."""
        return all(device.is_live for device in self._devices)

    @property
    def not_live(self) -> int:
        """Devices that are not live."""
        return sum(not device.is_live for device in self._devices)

    @property
    def hindrance(self) -> str:
        """`device 7: …`: why a device is not live, if one is not; of several, one that met with trouble."""
        late = (each for each in self._devices if not each.is_live)
        told = min(late, key=lambda each: not each.trouble, default=None)
        return "" if told is None else f"device {told.dev}: {told.hindrance}"

    @property
    def pending(self) -> int:
        """Operations in the sessions' outboxes."""
        return sum(device.session.pending() for device in self._devices)

    @property
    def are_receipts_said(self) -> bool:
        """Every device has said what it showed."""
        return all(device.receipts.is_idle for device in self._devices)

    def hurry(self) -> None:
        """Everybody says at once what they have to say of what they showed."""
        for device in self._devices:
            device.receipts.hurry()

    @property
    def last_receipt_ns(self) -> int:
        """When the last receipt of any device was sent."""
        return max((device.receipts.last_said_ns for device in self._devices), default=0)

    def lags(self, heads: Mapping[int, int]) -> int:
        """Streams of devices whose timeline has not reached the conversation's head."""
        return sum(
            device.session.contiguous(conv) < heads.get(conv, 0) for device in self._devices for conv in device.followed
        )

    def release(self) -> None:
        """Everybody may come back."""
        for device in self._devices:
            device.stays_away, device.away_until_ns = False, 0

    def close(self) -> None:
        """Begin to close every link cleanly; nobody connects any more."""
        self.may_connect = False
        for device in self._devices:
            device.close()

    def abort(self) -> None:
        """End every link that is still there."""
        for device in self._devices:
            device.abort()

    @property
    def linked(self) -> int:
        """Devices that have a link, or are about to."""
        return sum(device.link is not None for device in self._devices)
