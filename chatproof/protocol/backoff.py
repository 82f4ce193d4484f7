"""How long to wait before the next try: exponential with full jitter, a pure function of a seed.

Full jitter spreads clients that lost one server at one moment over the whole wait, instead of bringing them back
together.
"""

from __future__ import annotations

_MASK = 0xFFFFFFFFFFFFFFFF


def mix(value: int) -> int:
    """Spread an integer over 64 bits (the finaliser of splitmix64): near inputs give far outputs."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & _MASK
    return value ^ value >> 31


class Backoff:
    """A sequence of waits in ns: `floor_ns` and a jitter whose width doubles from `first_ns`, up to `cap_ns` in all."""

    def __init__(self, seed: int, *, floor_ns: int, first_ns: int, cap_ns: int) -> None:
        self._state = mix(seed)
        self._floor_ns = floor_ns
        self._first_ns = first_ns
        self._cap_ns = cap_ns
        self._failures = 0

    def next_ns(self) -> int:
        """The next wait; each call counts as one more failure in a row."""
        width = min(self._first_ns << min(self._failures, 32), self._cap_ns - self._floor_ns)
        self._failures += 1
        self._state = mix(self._state)
        return self._floor_ns + self._state % (width + 1)

    def reset(self) -> None:
        """A try succeeded: the next wait is a first one again."""
        self._failures = 0
