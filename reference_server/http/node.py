"""What the HTTP face needs of its node, and how it asks the host."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Protocol

from chatproof.protocol.errors import WireError
from chatproof.protocol.keys import uuid7
from chatproof.reference_server.core.commands import Answer, Command
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.host import Host
from chatproof.reference_server.roles.gateway.gateway import Identity
from chatproof.reference_server.roles.gateway.records import checked_key


class Exposition(Protocol):
    """Metrics as text."""

    def exposition(self) -> bytes:
        """See `metrics.Metrics`."""
        ...


@dataclass(slots=True)
class Doors:
    """Whether the node takes new commands; closed for good when it drains."""

    draining: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks the host on behalf of HTTP callers."""

    host: Host
    clock: Clock
    doors: Doors
    identity: Identity

    async def submit(self, command: Command) -> Answer:
        """The host's answer. Raises `WireError` draining."""
        if self.doors.draining:
            raise WireError("draining")
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def done(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        self.host.submit(command, done)
        return await answered

    def key(self, *given: str | None) -> str:
        """The key that the caller gave, or a new one. Raises `WireError`: bad_key; bad_request for two keys."""
        keys = {key for key in given if key is not None}
        if len(keys) > 1:
            raise WireError("bad_request", "The header and the body name different keys.")
        if keys:
            return checked_key(keys.pop())
        return uuid7(self.clock.wall_ns() // 1_000_000, secrets.randbits(74))
