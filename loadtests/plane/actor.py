"""Acts on the schedule: an open model, in which what is late is started at once and its lag is recorded."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatproof.drivers.interface import Operation
from chatproof.loadtests.actions import (
    FIRST_UNPLANNED,
    Action,
    BackwardReceipt,
    Cycle,
    Kick,
    ReadBack,
    Retry,
    Send,
    SetPresence,
    StayAway,
    key_of,
    op_id,
)
from chatproof.loadtests.health import Health
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plane.device import Clock, Device
from chatproof.loadtests.plane.moments import Moments
from chatproof.loadtests.plane.reading import Reading, Walk
from chatproof.loadtests.plane.witness import KICKED, SHOWN

_STAY_AWAY_ABORT_S = 2.0
"""Who is to stay away is cut off this long after the burst, should the kill not have done it."""
_MS = 1_000_000
_SHORTEST_SLEEP_NS = _MS
"""uvloop's timers count whole ms: a shorter sleep is none, and the loop would spin until the action is due."""


class Actor:
    """Starts the actions of this worker's devices. `phase` names the phase that operations are recorded with."""

    def __init__(
        self, actions: Sequence[Action], devices: Mapping[int, Device], *, seed: int, wall_origin_ms: int,
        warm_up_ns: int, give_up_ns: int, ledger: Ledger, moments: Moments, reading: Reading, clock: Clock,
        reads: Sequence[str] = ("forward", "backward"),
    ) -> None:
        self._reads = reads
        self.phase = "setup"
        self.main_ns = 0
        self.refused_by_outbox = 0
        self._actions = actions
        self._times = [action.at_ns for action in actions]
        self._next = 0
        self._devices = devices
        self._seed = seed
        self._wall_origin_ms = wall_origin_ms
        self._warm_up_ns = warm_up_ns
        self._give_up_ns = give_up_ns
        self._ledger = ledger
        self._moments = moments
        self._reading = reading
        self._clock = clock
        self._by_type: dict[type[Any], Callable[[Any], None]] = {
            Send: self._send, Retry: self._retry, Kick: self._kick, BackwardReceipt: self._backward,
            SetPresence: self._set_presence, Cycle: self._cycle, ReadBack: self._read, StayAway: self._stay_away,
        }

    def begin(self, main_ns: int) -> None:
        """Main begins at this instant: what actions will wait for is expected from now on."""
        self.main_ns = main_ns
        for action in self._actions:
            if isinstance(action, Kick):
                self._moments.expect((SHOWN, action.dev, action.after_op))
            elif isinstance(action, Retry) and action.kicked_from >= 0:
                self._moments.expect((KICKED, action.dev, action.kicked_from))

    def intended_in(self, from_ns: int, to_ns: int) -> int:
        """How many actions are meant to start in [from, to)."""
        return bisect_left(self._times, to_ns - self.main_ns) - bisect_left(self._times, from_ns - self.main_ns)

    def backlog(self, now_ns: int) -> int:
        """How many actions are due and not started."""
        return max(0, bisect_right(self._times, now_ns - self.main_ns) - self._next) if self.main_ns else 0

    async def act(self, health: Health) -> None:
        """Start every action at its time."""
        while self._next < len(self._actions):
            now_ns = self._clock()
            at_ns = self.main_ns + self._times[self._next]
            if now_ns < at_ns:
                await asyncio.sleep(max(at_ns - now_ns, _SHORTEST_SLEEP_NS) / 1e9)
                continue
            self.phase = "warm_up" if self._times[self._next] < self._warm_up_ns else "main"
            action = self._actions[self._next]
            self._next += 1
            self._by_type[type(action)](action)
            health.started(now_ns - at_ns)

    # --- messages ---------------------------------------------------------------------------------------------------

    def _send_operation(self, send: Send) -> Operation:
        """A planned message as the driver's operation: its key is a function of the plan."""
        wall_ms = self._wall_origin_ms + (self.main_ns + send.at_ns) // _MS
        key = key_of(send.op, wall_ms) if send.key_of == send.op else self._ledger.operation(send.key_of).u
        return Operation(send.op, "send", send.conv, key, send.body(self._seed))

    def start_send(self, send: Send, at_ns: int | None = None) -> None:
        """Begin a message now; `at_ns` is when it was meant to be, where the plan could not know."""
        self._start(send.dev, self._send_operation(send), send.at_ns if at_ns is None else at_ns, send.expect)

    def _send(self, send: Send) -> None:
        if send.key_of == send.op:
            self.start_send(send)
        else:
            self._ledger.when_effective(send.key_of, lambda _: self.start_send(send), self._clock())

    def _retry(self, retry: Retry) -> None:
        """Ask again for what took effect; after a kick only once the device has seen it."""
        def ask(_: int) -> None:
            self._devices[retry.dev].ask_again(retry.op, self._clock() + self._give_up_ns)

        def ask_when_effective(now_ns: int) -> None:
            self._ledger.when_effective(retry.op, ask, now_ns)

        if retry.kicked_from < 0:
            ask_when_effective(self._clock())
        else:
            self._moments.when((KICKED, retry.dev, retry.kicked_from), ask_when_effective, self._clock())

    # --- memberships ------------------------------------------------------------------------------------------------

    def _kick(self, kick: Kick) -> None:
        self._moments.when((SHOWN, kick.dev, kick.after_op), lambda _: self._kick_now(kick), self._clock())

    def _kick_now(self, kick: Kick) -> None:
        self._start(kick.dev, self._membership("kick", kick.op, kick, kick.at_ns), kick.at_ns, "ok")
        self._ledger.when_effective(kick.op, lambda now_ns: self._rejoin_later(kick, now_ns), self._clock())

    def _rejoin_later(self, kick: Kick, now_ns: int) -> None:
        at_ns = now_ns + kick.rejoin_after_ns - self.main_ns
        asyncio.get_running_loop().call_later(
            kick.rejoin_after_ns / 1e9,
            lambda: self._start(kick.dev, self._membership("join", kick.join_op, kick, at_ns), at_ns, "ok"),
        )

    def _membership(self, kind: Any, op: int, kick: Kick, at_ns: int) -> Operation:
        wall_ms = self._wall_origin_ms + (self.main_ns + at_ns) // _MS
        return Operation(op, kind, kick.conv, key_of(op, wall_ms), user=kick.user)

    # --- receipts, presence, reads ----------------------------------------------------------------------------------

    def send_receipts(self, device: Device, now_ns: int) -> None:
        """Send what the device has to say of what it showed; without a link it goes on gathering."""
        if not device.is_live:
            return
        for due in device.receipts.due(now_ns):
            op = op_id(device.dev, FIRST_UNPLANNED + device.new_number())
            operation = Operation(op, "receipt", due.conv, seq=due.seq, marker=due.marker)
            if not self._start(device.dev, operation, now_ns - self.main_ns, "ok"):
                device.receipts.settled(due.conv)

    def _backward(self, receipt: BackwardReceipt) -> None:
        device = self._devices[receipt.dev]
        said = device.receipts.said_read(receipt.conv)
        if said > 1:
            operation = Operation(receipt.op, "receipt", receipt.conv, seq=max(1, said // 2), marker="read")
            self._start(receipt.dev, operation, receipt.at_ns, "ok")

    def _set_presence(self, change: SetPresence) -> None:
        self._start(change.dev, Operation(change.op, "presence", state=change.state), change.at_ns, "ok")

    def _cycle(self, cycle: Cycle) -> None:
        device = self._devices[cycle.dev]
        device.away_until_ns = self._clock() + cycle.away_ns
        device.close()

    def _read(self, read: ReadBack) -> None:
        if read.direction not in self._reads:
            return
        device = self._devices[read.dev]
        seen = device.session.contiguous(read.conv)
        after = 0 if read.direction == "backward" else max(0, seen - read.limit)
        self._reading.begin(
            Walk(device, read.conv, after=after, limit=read.limit, direction=read.direction, purpose="app", pages=1)
        )

    def _stay_away(self, leave: StayAway) -> None:
        """The kill takes the link away; should it not come, the device goes by itself."""
        device = self._devices[leave.dev]
        device.stays_away = True
        link = device.link
        asyncio.get_running_loop().call_later(
            _STAY_AWAY_ABORT_S, lambda: device.abort() if device.link is link and device.stays_away else None
        )

    def _start(self, dev: int, operation: Operation, at_ns: int, expect: str) -> bool:
        intended_ns = self.main_ns + at_ns
        started = self._devices[dev].start(
            operation, expect=expect, intended_ns=intended_ns, give_up_ns=intended_ns + self._give_up_ns,
            phase=self.phase,
        )
        self.refused_by_outbox += not started
        return started
