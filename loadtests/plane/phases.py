"""What a plane does after main, phase by phase, each bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from chatproof.drivers.interface import Roster
from chatproof.loadtests.abilities import Abilities
from chatproof.loadtests.control import ControlledPhase
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plane.audit import Audit, audit_walks
from chatproof.loadtests.plane.device import Clock, Device
from chatproof.loadtests.plane.fleet import Fleet
from chatproof.loadtests.plane.reading import Reading, Walk

SECOND_NS = 1_000_000_000
HEAL_NS = 20 * SECOND_NS
RESOLVE_NS = 30 * SECOND_NS
AUDIT_NS = 60 * SECOND_NS
CLOSE_NS = 5 * SECOND_NS
"""Bounds of the phases; the coordinator's own are longer. Drain's stands in the plan: it is a bound of the scenario."""
_RECEIPTS_SAID_NS = 5 * SECOND_NS
_MARGIN_NS = SECOND_NS // 2
"""Added to the time of rest, for the way of the last receipt to those who see it."""


class Phases:
    """Heal, resolve, drain, audit, close. `heads` grows while they run: conversation → largest seq known."""

    def __init__(
        self, fleet: Fleet, devices: Mapping[int, Device], ledger: Ledger, reading: Reading, *,
        heads: Mapping[int, int], roster: Roster, abilities: Abilities, drain_ns: int, receipts_rest_ns: int,
        clock: Clock,
    ) -> None:
        self._fleet = fleet
        self._devices = devices
        self._ledger = ledger
        self._reading = reading
        self._heads = heads
        self._roster = roster
        self._abilities = abilities
        self._drain_ns = drain_ns
        self._receipts_rest_ns = receipts_rest_ns
        self._clock = clock
        self._by_name: dict[ControlledPhase, Callable[[], Awaitable[str]]] = {
            "heal": self._heal, "resolve": self._resolve, "drain": self._drain, "audit": self._audit,
            "close": self._close,
        }

    async def run(self, phase: ControlledPhase) -> str:
        """Run one phase; what was left, in a sentence, or nothing."""
        return await self._by_name[phase]()

    async def _heal(self) -> str:
        """Nothing but reconnect."""
        self._fleet.release()
        await self._until(lambda: self._fleet.not_live == 0, HEAL_NS)
        return _left(self._fleet.not_live, "devices are not live")

    async def _resolve(self) -> str:
        """Ask again, with the same key, for everything whose outcome is unknown, where the target knows keys. A
        presence set has no key.

        What is refused now stays unknown: a refusal says nothing about an earlier attempt without an answer.
        """
        until_ns = self._clock() + RESOLVE_NS
        for op, entry in list(self._ledger.unknown.items()):
            if self._abilities.asks_again and entry.operation.kind != "presence":
                self._devices[entry.dev].ask_again(op, until_ns)
        await self._until(lambda: self._fleet.pending == 0, RESOLVE_NS)
        return _left(self._ledger.conclude(self._clock()), "operations stay unknown")

    async def _drain(self) -> str:
        """Until every device has every event up to the head that the server names now, to that device itself."""
        until_ns = self._clock() + self._drain_ns
        self._fleet.hurry()
        await self._fleet.wait(lambda: self._fleet.not_live == 0, until_ns)
        probes = Audit(self._frontier_reads(), self._reading)
        await self._drive(probes, until_ns)
        await self._fleet.wait(lambda: self._fleet.lags(self._heads) == 0, until_ns)
        await self._fleet.wait(
            lambda: self._fleet.are_receipts_said, min(until_ns, self._clock() + _RECEIPTS_SAID_NS)
        )
        streams = _left(self._fleet.lags(self._heads), "streams have not reached the head")
        return streams or _left(probes.left + probes.failed, "frontier reads failed")

    def _frontier_reads(self) -> list[Walk]:
        """Each device asks for the newest event of each conversation: the reply names the head. Where the target cannot
        be asked for that, the head is what anybody saw."""
        return [
            Walk(device, conv, after=0, limit=1, direction="backward", purpose="probe", pages=1)
            for device in self._devices.values()
            for conv in device.followed
            if "backward" in self._abilities.reads
        ]

    async def _audit(self) -> str:
        """Read every conversation as a whole, several times."""
        audit = Audit(audit_walks(self._roster, self._devices, self._abilities.reads), self._reading)
        await self._drive(audit, self._clock() + AUDIT_NS)
        return _left(audit.left + audit.failed, "audit walks are not complete")

    async def _drive(self, audit: Audit, until_ns: int) -> None:
        def is_over() -> bool:
            audit.advance()
            return audit.is_over

        await self._fleet.wait(is_over, until_ns)

    async def _close(self) -> str:
        """Close every link cleanly, once markers were at rest for long enough to be judged."""
        rested_ns = self._fleet.last_receipt_ns + self._receipts_rest_ns + _MARGIN_NS
        await self._fleet.wait(lambda: self._clock() >= rested_ns, rested_ns)
        self._fleet.close()
        await self._until(lambda: self._fleet.linked == 0, CLOSE_NS)
        left = self._fleet.linked
        self._fleet.abort()
        await self._until(lambda: self._fleet.linked == 0, CLOSE_NS)
        return _left(left, "links did not close")

    async def _until(self, condition: Callable[[], bool], within_ns: int) -> None:
        await self._fleet.wait(condition, self._clock() + within_ns)


def _left(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""
