"""Sends around a kill: when this worker's share of the first wave is acknowledged, it sends the second and signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatproof.loadtests.actions import KillPlan, Send
from chatproof.loadtests.ledger import Ledger

StartSend = Callable[[Send, int], None]
"""Begins a message now, with when it was meant to be (ns since main)."""
Signal = Callable[[str, int], None]
"""Tells the coordinator that a trigger is reached, at this instant (ns since the run's origin)."""


class _Burst:
    def __init__(self, plan: KillPlan, first: Sequence[Send], second: Sequence[Send]) -> None:
        self.trigger = plan.trigger
        self.second = second
        self.acks_left = -(-plan.acks * len(first) // plan.first) if first else 0
        self.is_over = False


class KillBursts:
    """All kill bursts of one plane. Each worker's share of the acks is rounded up: together they are enough."""

    def __init__(
        self, plans: Sequence[KillPlan], first_waves: Sequence[Send], is_mine: Callable[[int], bool], *,
        ledger: Ledger, start_send: StartSend, signal: Signal,
    ) -> None:
        self._ledger = ledger
        self._start_send = start_send
        self._signal = signal
        self._main_ns = 0
        self._bursts: list[tuple[KillPlan, _Burst]] = []
        for plan in plans:
            first = [send for send in first_waves if send.wave == plan.trigger]
            second = [send for send in plan.second if is_mine(send.dev)]
            self._bursts.append((plan, _Burst(plan, first, second)))
            for send in first:
                self._await_ack(send, self._bursts[-1][1])

    def begin(self, main_ns: int, call_at: Callable[[int, Callable[[], None]], object]) -> None:
        """Main begins. A burst of which no first send is ours is signalled at its time: nobody waits for our acks."""
        self._main_ns = main_ns
        for plan, burst in self._bursts:
            if burst.acks_left == 0:
                call_at(main_ns + plan.at_ns, lambda plan=plan, burst=burst: self._fire(burst, main_ns + plan.at_ns))  # type: ignore[misc]

    def _await_ack(self, send: Send, burst: _Burst) -> None:
        self._ledger.when_effective(send.op, lambda now_ns: self._acknowledged(burst, now_ns), 0)

    def _acknowledged(self, burst: _Burst, now_ns: int) -> None:
        burst.acks_left -= 1
        if burst.acks_left <= 0 and not burst.is_over:
            self._fire(burst, now_ns)

    def _fire(self, burst: _Burst, now_ns: int) -> None:
        """First the sends, then the signal: on a busy machine the kill could overtake them and find nothing exposed."""
        burst.is_over = True
        for send in burst.second:
            self._start_send(send, now_ns - self._main_ns)
        self._signal(burst.trigger, now_ns)
