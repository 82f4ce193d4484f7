"""Login, sending and delivery: what every run rests on."""

from __future__ import annotations

from chatproof.conformance.bench import ROOM, Bench, Message, ids_of
from chatproof.conformance.device import Device
from chatproof.conformance.finding import Outcome, missing, ok, wrong, wrong_claim
from chatproof.conformance.traces import any_carries, reason, unread
from chatproof.drivers.interface import Arrived, Ready

AT_ONCE = 8
"""Messages that are sent without waiting for one another."""


async def login(bench: Bench) -> Outcome:
    """All devices get in, one after the other: so the first one that does not is always the same."""
    for device in bench.devices:
        device.wanted = True
        if await bench.observed(device, lambda each: isinstance(each, Ready)) is None:
            return _not_in(device)
    return ok(f"{len(bench.devices)} devices of 2 users are in")


def _not_in(device: Device) -> Outcome:
    """Why a device is not welcome."""
    if (cause := reason(device)) is not None:
        return missing(f"a device does not get in: {cause.found}", cause.advice)
    if device.trouble is not None:
        said = str(device.trouble) or type(device.trouble).__name__
        return missing(f"no link: {said}", "check ws in chatproof.toml")
    if device.was_closed:
        return missing(
            f"the target closes the link with code {device.close_code}" + unread(device),
            "check what url, headers and open make of me.token",
        )
    if not device.heard and not device.is_linked:
        return missing("no link is open yet", "check ws in chatproof.toml, and whether the target is that slow")
    return missing(
        "no Welcome was read on an open link" + unread(device),
        "yield Welcome() for the frame that accepts the login",
    )


async def send(bench: Bench) -> Outcome:
    """A message is acknowledged."""
    message = await bench.send()
    return ok(f"acknowledged with id {message.id}")


async def delivery(bench: Bench) -> Outcome:
    """It comes to the other user, under its id and with its text."""
    message = bench.sent[0]
    came = await bench.observed(bench.reader, lambda each: _is_it(each, message))
    if isinstance(came, Arrived):
        return ok("it reaches the other user") if came.body == message.body else await _altered(bench, message, came)
    others = [each for each in bench.reader.seen if isinstance(each, Arrived)]
    if others and others[-1].conv != ROOM:
        return wrong(
            f"a message came whose room is none of the roster's, as text {others[-1].body[:60]!r}",
            "yield Message with the room's id as provision returned it",
        )
    return missing("nothing reached the other user" + unread(bench.reader), "yield Message(room, id, text, user)")


def _is_it(seen: object, message: Message) -> bool:
    """Whether this is the message, by its text or its id."""
    return isinstance(seen, Arrived) and (seen.body == message.body or (seen.conv, seen.seq) == (ROOM, message.id))


async def _altered(bench: Bench, message: Message, came: Arrived) -> Outcome:
    """Who changed the text: the driver as it wrote or read, or the target."""
    change = f"{message.body[:60]!r} was sent and {came.body[:60]!r} came"
    if not any_carries(bench.author.written, message.body):
        return wrong(f"the driver alters the text as it writes: {change}", "write post.text as it is")
    if any_carries((each.data for each in bench.reader.heard), message.body):
        return wrong(f"the driver alters the text as it reads: {change}", "give Message the text as it came")
    return wrong(
        f"the target alters the text: {change}, and so it stands in the frame",
        "a run would report each message as lost and as phantom: have the target keep texts as they are",
    )


async def pipelining(bench: Bench) -> Outcome:
    """Several messages at once: each gets its own answer, and the ids are in order where that is claimed."""
    begun = [bench.begin() for _ in range(AT_ONCE)]
    known = [await bench.acknowledged(message) for message in begun]
    for number, message in enumerate(known, 1):
        if not await bench.came(bench.reader, message):
            return missing(
                f"message {number} of {AT_ONCE} that were sent at once did not arrive" + unread(bench.reader),
                "yield a Message for each that a frame holds",
            )
        came = ids_of(bench.reader, message.body)
        if message.id not in came:
            return wrong(
                f"message {number} of {AT_ONCE} was acknowledged with id {message.id} and came as {came[0]}",
                "match each answer with its own message: by ref where the target returns it, else Accepted(None, id)"
                " where it answers in order",
            )
    order = [message.id for message in known]
    if bench.claims.get("pipelined_fifo") and order != sorted(order):
        return wrong_claim(f"{AT_ONCE} messages in a row got the ids {order}", "do not claim pipelined_fifo")
    return ok(f"{AT_ONCE} messages at once, each with its own answer")
