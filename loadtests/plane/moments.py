"""Things that happen once, and those who wait for them: it does not matter which comes first."""

from __future__ import annotations

from collections.abc import Hashable

from chatproof.loadtests.ledger import Waiter


class Moments:
    """Only what is expected is remembered, so that the many other things that happen cost one look-up."""

    def __init__(self) -> None:
        self._waiters: dict[Hashable, list[Waiter]] = {}
        self._past: dict[Hashable, int] = {}

    def expect(self, moment: Hashable) -> None:
        """Somebody will ask for this moment."""
        self._waiters.setdefault(moment, [])

    def happens(self, moment: Hashable, now_ns: int) -> None:
        """It happens now; the first time counts."""
        waiters = self._waiters.pop(moment, None)
        if waiters is not None:
            self._past[moment] = now_ns
            for waiter in waiters:
                waiter(now_ns)

    def when(self, moment: Hashable, waiter: Waiter, now_ns: int) -> None:
        """Call `waiter` once it happened, at once if it already did. The moment must be expected."""
        if moment in self._past:
            waiter(now_ns)
        else:
            self._waiters[moment].append(waiter)
