"""What checks are done on: two users, two rooms, and a second device of the author where somebody would echo to it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple, TypeVar

import trio
from msgspec.structs import replace

from chatproof.conformance.bell import Bell
from chatproof.conformance.device import Device, Door
from chatproof.conformance.errors import CheckFailed
from chatproof.conformance.finding import missing
from chatproof.conformance.traces import unanswered, unread
from chatproof.drivers.interface import (
    Arrived,
    ConversationSpec,
    DeviceSpec,
    Driver,
    Observation,
    Operation,
    PageRead,
    Provisioned,
    Read,
    Roster,
    Settled,
    Via,
)
from chatproof.protocol.backoff import mix
from chatproof.protocol.bodies import body_of
from chatproof.protocol.keys import uuid7

AUTHOR, READER, SECOND = 0, 1, 2
ROOM, OTHER_ROOM = 0, 1
LINK = "direct"
ANY_WAY: tuple[Via, ...] = ("live", "resume", "repair", "ack")
T = TypeVar("T")
Direction = Literal["forward", "backward"]


class Message(NamedTuple):
    """A message that was sent. `id` is the target's, 0 while it is not known."""

    operation: Operation
    id: int = 0

    @property
    def op(self) -> int:
        """Its operation."""
        return self.operation.op

    @property
    def body(self) -> str:
        """Its text."""
        return self.operation.body


def roster_for(driver: Driver) -> Roster:
    """Two users in two rooms."""
    devices = [DeviceSpec(AUTHOR, 0, LINK), DeviceSpec(READER, 1, LINK)]
    if driver.claims.get("echo", "none") != "none":
        devices.append(DeviceSpec(SECOND, 0, LINK))
    rooms = (ConversationSpec(ROOM, "group", (0, 1)), ConversationSpec(OTHER_ROOM, "direct", (0, 1)))
    return Roster(2, tuple(devices), rooms)


class Bench:
    """Devices that live, and what a check does with them. `sent`: what is acknowledged, in order.

    Methods that wait return None when `patience_s` is over, and raise the first `DriverError` of any device.
    """

    def __init__(
        self, driver: Driver, door: Door, provisioned: Provisioned, *, nursery: trio.Nursery, patience_s: float,
        seed: int,
    ) -> None:
        self.driver = driver
        self.claims = driver.claims
        self.patience_s = patience_s
        self.provisioned = provisioned
        self.sent: list[Message] = []
        self._roster = roster_for(driver)
        self._door = door
        self._nursery = nursery
        self._seed = seed
        self._bell = Bell()
        self._ops = self._reads = 0
        self.devices = [self._device(spec, provisioned) for spec in self._roster.devices]

    @property
    def author(self) -> Device:
        """Who sends."""
        return self.devices[AUTHOR]

    @property
    def reader(self) -> Device:
        """Who is sent to."""
        return self.devices[READER]

    @property
    def second(self) -> Device | None:
        """The author's other device."""
        return self.devices[SECOND] if len(self.devices) > SECOND else None

    def stranger(self) -> Device:
        """One more device of the author's user, with a credential that is wrong."""
        spec = self._roster.devices[AUTHOR]
        spoiled = {**self.provisioned.tokens, spec.dev: spoil(self.provisioned.tokens[spec.dev])}
        return self._device(spec, replace(self.provisioned, tokens=spoiled))

    def _device(self, spec: DeviceSpec, provisioned: Provisioned) -> Device:
        session = self.driver.session(device=spec, roster=self._roster, provisioned=provisioned, seed=self._seed)
        watched = [1] if self.claims.get("presence") and spec.dev == AUTHOR else []
        session.follow([ROOM, OTHER_ROOM], watched)
        device = Device(session, self._door, self._bell)
        self._nursery.start_soon(device.live)
        return device

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def until(self, look: Callable[[], T | None], *more: Device) -> T | None:
        """The first thing that `look` finds."""
        with trio.move_on_after(self.patience_s):
            while True:
                for device in (*self.devices, *more):
                    if device.faults:
                        raise device.faults.pop(0)
                if (found := look()) is not None:
                    return found
                await self._bell.wait()
        return None

    async def observed(self, device: Device, suits: Callable[[Observation], bool]) -> Observation | None:
        """The first observation of a device that suits, also one that was made before."""
        return await self.until(lambda: next((each for each in device.seen if suits(each)), None))

    async def came(self, device: Device, message: Message, via: Sequence[Via] = ANY_WAY) -> list[Arrived]:
        """When a message arrived at a device in one of these ways; empty where it did not in time."""
        return await self.until(lambda: arrivals(device, message.body, via) or None) or []

    # --- sending ------------------------------------------------------------------------------------------------------

    def begin(self, conv: int = ROOM) -> Message:
        """Have the author send a message with a text and key of its own."""
        self._ops += 1
        key = uuid7(time.time_ns() // 1_000_000, mix(self._seed ^ mix(self._ops)))
        message = Message(Operation(self._ops, "send", conv, key, body_of(self._seed, self._ops)))
        self.ask(self.author, message.operation)
        return message

    def signal(
        self, kind: Literal["receipt", "presence"], *, seq: int = 0, state: Literal["online", "offline"] = "online"
    ) -> int:
        """Have the reader mark a message as read, or show itself; returns the operation."""
        self._ops += 1
        self.ask(self.reader, Operation(self._ops, kind, ROOM if kind == "receipt" else -1, seq=seq, state=state))
        return self._ops

    def ask(self, device: Device, operation: Operation) -> None:
        """Queue an operation; it outlives the patience of the check, so that no attempt is given up before."""
        lasting_ns = round(10 * self.patience_s * 1e9)
        device.do(lambda now_ns: device.session.do(operation, now_ns, now_ns + lasting_ns))

    async def settled(self, device: Device, op: int, times: int = 1) -> Settled | None:
        """How an operation ended, the first or a later time that it was asked."""

        def look() -> Settled | None:
            ends = [each for each in device.seen if isinstance(each, Settled) and each.op == op]
            return ends[times - 1] if len(ends) >= times else None

        return await self.until(look)

    async def send(self, conv: int = ROOM) -> Message:
        """Send a message and learn its id. Raises `CheckFailed` where it is not acknowledged."""
        return await self.acknowledged(self.begin(conv))

    async def acknowledged(self, message: Message) -> Message:
        """A message with its id, by its ack or its echo; kept as sent. Raises `CheckFailed`."""
        settled = await self.settled(self.author, message.op)
        if settled is None or settled.outcome != "ok":
            raise CheckFailed(unanswered(self.author, message.op))
        number = settled.seq or await self.until(lambda: next(iter(ids_of(self.author, message.body)), None))
        if number is None:
            raise CheckFailed(missing(
                "a message was acknowledged without an id, and its echo did not come" + unread(self.author),
                "read the id from the acknowledgement, as Accepted(ref, id)",
            ))  # fmt: skip
        known = message._replace(id=number)
        self.sent.append(known)
        return known

    # --- reading ------------------------------------------------------------------------------------------------------

    async def page(self, device: Device, *, after: int, limit: int, direction: Direction) -> PageRead | None:
        """A history page of the first room."""
        self._reads += 1
        read = self._reads
        device.do(lambda _: device.session.read(Read(read, ROOM, after, limit, direction)))
        found = await self.observed(device, lambda each: isinstance(each, PageRead) and each.read == read)
        return found if isinstance(found, PageRead) else None


@asynccontextmanager
async def set_up(
    driver: Driver, door: Door, provisioned: Provisioned, *, patience_s: float, seed: int
) -> AsyncIterator[Bench]:
    """A bench whose devices live while the block runs."""
    async with trio.open_nursery() as nursery:
        yield Bench(driver, door, provisioned, nursery=nursery, patience_s=patience_s, seed=seed)
        nursery.cancel_scope.cancel()


def spoil(token: str) -> str:
    """A credential like this one, and wrong."""
    return f"{token}-wrong"


def arrivals(device: Device, body: str, via: Sequence[Via] = ANY_WAY) -> list[Arrived]:
    """When a text arrived at a device, in these ways."""
    return [each for each in device.seen if isinstance(each, Arrived) and each.body == body and each.via in via]


def ids_of(device: Device, body: str) -> list[int]:
    """The ids under which a text arrived, each once."""
    return list(dict.fromkeys(each.seq for each in arrivals(device, body)))
