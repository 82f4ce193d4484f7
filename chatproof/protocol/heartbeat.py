"""Whether the link is alive: when to ping, and when silence has lasted too long."""

from __future__ import annotations

from chatproof.protocol import limits


class Heartbeat:
    """The ear of one link. `heard_ns`: when the last frame came."""

    def __init__(self) -> None:
        self.heard_ns = 0
        self._ping_ns = 0

    def begin(self, now_ns: int) -> None:
        """A link is there, or its session was accepted: a full interval until the first ping."""
        self.heard_ns = now_ns
        self._ping_ns = now_ns + limits.PING_INTERVAL_NS

    def suspect(self, now_ns: int) -> None:
        """Something that should have come did not: ask now."""
        self._ping_ns = min(self._ping_ns, now_ns)

    def takes_ping(self, now_ns: int) -> bool:
        """Whether to ping now; the next one is then an interval away."""
        if now_ns < self._ping_ns:
            return False
        self._ping_ns = now_ns + limits.PING_INTERVAL_NS
        return True

    def is_silent(self, now_ns: int) -> bool:
        """Nothing was heard for longer than the heartbeat: the link is half-open."""
        return now_ns - self.heard_ns > limits.HEARTBEAT_TIMEOUT_NS
