"""A member of conversations: a device with its sends and reads, all that a scenario needs in one hand."""

from __future__ import annotations

import trio

from chatproof.chaos.clients.device import Device
from chatproof.chaos.clients.reads import REPAIR_EVERY_S, Purpose, Reader
from chatproof.chaos.clients.sends import Sender, Sent


class Member:
    """One device and what it does. `run` is its life, to be started in a nursery before anything else."""

    def __init__(self, device: Device, *, repair_every_s: float = REPAIR_EVERY_S) -> None:
        self.device = device
        self.dev = device.dev
        self.link = device.link
        self._sender = Sender(device)
        self._reader = Reader(device, repair_every_s)

    async def run(self) -> None:
        """Connect as wanted, and repair what stays open; runs until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.device.live)
            nursery.start_soon(self._reader.repair)

    async def connect(self) -> None:
        """Be online from now on; returns when everything that it follows is live."""
        await self.device.connect()

    async def disconnect(self) -> None:
        """Say goodbye and stay away."""
        await self.device.disconnect()

    async def drop(self) -> None:
        """Cut the connection without a word; the device comes back by itself."""
        await self.device.drop()

    async def send(self, conv: int = 0) -> Sent:
        """Send a new message, and try under one key until its outcome is known or half a minute is over."""
        return await self._sender.send(conv)

    async def again(self, sent: Sent) -> Sent:
        """Send a message once more under its key."""
        return await self._sender.again(sent)

    async def walk(self, conv: int = 0, *, limit: int, purpose: Purpose = "app") -> bool:
        """Read a whole conversation by pages of `limit`; False if a page did not come."""
        return await self._reader.walk(conv, limit=limit, purpose=purpose)

    def contiguous(self, conv: int) -> int:
        """The seq up to which it has everything of a conversation."""
        return self.device.streams.timeline(conv).contiguous

    def highest(self, conv: int) -> int:
        """The largest seq of a conversation that it knows."""
        return self.device.streams.timeline(conv).highest
