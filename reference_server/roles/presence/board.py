"""The presence role as the gateway sees it: a registry, joined to the bus and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

import msgspec

from chatproof.protocol.frames import PresenceItem
from chatproof.reference_server.ports.bus import Bus
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.roles.presence.messages import Message
from chatproof.reference_server.roles.presence.registry import Registry

TICK_NS = 100_000_000
"""Leases are looked at this often: a kill shows within lease + tick, 1.6 s."""


class Board:
    """See `ports.presence.PresenceBoard`.

    The version of an item is the place in the order in which this life of this node spoke, so later items of one
    connection always win; after a reconnect to another node the snapshot replaces what was known.
    """

    def __init__(self, node: str, incarnation: int, bus: Bus, clock: Clock) -> None:
        self._incarnation = incarnation
        self._bus = bus
        self._clock = clock
        self._registry = Registry(node, incarnation, clock.monotonic_ns())
        self._spoken = 0
        self._listener: Callable[[str], None] = _nobody
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Message).decode
        bus.subscribe(self._receive)

    def show(self, user: str, device: str, session: str, *, visible: bool) -> None:
        """See `PresenceBoard`."""
        self._tell(self._registry.write(user, device, session, visible=visible))

    def clear(self, user: str, device: str, session: str) -> None:  # noqa: ARG002
        """See `PresenceBoard`."""
        self._tell(self._registry.end(session))

    def item(self, user: str) -> PresenceItem:
        """See `PresenceBoard`."""
        self._spoken += 1
        return PresenceItem(user, self._registry.state(user), self._incarnation, self._spoken)

    def listen(self, changed: Callable[[str], None]) -> None:
        """See `PresenceBoard`; there is one listener, the gateway."""
        self._listener = changed

    def statistics(self) -> Mapping[str, float]:
        """See `PresenceBoard`."""
        registry = self._registry
        return {"registers": registry.registers(), "other_nodes": registry.nodes(), "frozen": float(registry.frozen)}

    async def run(self) -> None:
        """Beat and look at leases until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(TICK_NS / 1e9)

    def tick(self) -> None:
        """Time passed."""
        self._tell(self._registry.tick(self._clock.monotonic_ns()))

    def _receive(self, message: bytes) -> None:
        self._tell(self._registry.receive(self._decode(message), self._clock.monotonic_ns()))

    def _tell(self, changed: Iterable[str]) -> None:
        for user in changed:
            self._listener(user)
        said, self._registry.outbox = self._registry.outbox, []
        for message in said:
            self._bus.publish(self._encode(message))


def _nobody(_user: str) -> None:
    """Hears changes until the gateway listens."""
