"""Login, sending and delivery: what every run rests on."""

from __future__ import annotations

from chatproof.conformance.bench import OTHER_ROOM, ROOM, Bench, Message, arrivals, ids_of
from chatproof.conformance.device import Device
from chatproof.conformance.finding import Outcome, missing, ok, wrong, wrong_claim
from chatproof.conformance.traces import any_carries, quoted, reason, unread
from chatproof.drivers.interface import Arrived, Ready

AT_ONCE = 8
"""Messages that are sent without waiting for one another."""


async def login(bench: Bench) -> Outcome:
    """All devices get in."""
    for device in bench.devices:
        device.wanted = True
    for device in bench.devices:
        if await bench.observed(device, lambda each: isinstance(each, Ready)) is None:
            return _not_in(device)
    return ok(f"{len(bench.devices)} devices of 2 users are in")


def _not_in(device: Device) -> Outcome:
    """Why a device is not welcome."""
    if (cause := reason(device)) is not None:
        return missing(f"a device does not get in: {cause.found}", cause.advice)
    if device.trouble is not None:
        return missing(f"no link: {device.trouble or type(device.trouble).__name__}", "check ws in chatproof.toml")
    if device.close_code is not None:
        return missing(
            f"the target closes the link with code {device.close_code}" + unread(device),
            "check what url, headers and open make of me.token",
        )
    return missing(
        "the link is open, and no Welcome was read" + unread(device),
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
    ids = [message.id for message in known]
    if bench.claims.get("pipelined_fifo") and ids != sorted(ids):
        return wrong_claim(f"{AT_ONCE} messages in a row got the ids {ids}", "do not claim pipelined_fifo")
    return ok(f"{AT_ONCE} messages at once, each with its own answer")


async def ids(bench: Bench) -> Outcome:
    """Ids grow with the order of the room, and have no holes where that is claimed."""
    first = await bench.send(ROOM)
    await bench.send(OTHER_ROOM)
    second = await bench.send(ROOM)
    if not 0 < first.id < second.id < 1 << 31:
        return wrong(
            f"a message with id {first.id} was acknowledged before one with id {second.id} was sent",
            "ids stand for positions: integers below 2^31 that grow in the order of the room",
        )
    if bench.claims.get("dense_ids") and second.id != first.id + 1:
        return wrong_claim(
            f"two messages in a row have the ids {first.id} and {second.id} in their room",
            "do not claim dense_ids: holes, and one counter for all rooms, are no matter",
        )
    return ok("they grow without holes, as claimed" if bench.claims.get("dense_ids") else "they grow")


async def echo(bench: Bench) -> Outcome:
    """The own message comes back to whom it is claimed to."""
    claimed = bench.claims.get("echo", "none")
    message = bench.sent[0]
    if claimed == "none":
        came = arrivals(bench.author, message.body, ("live",))
        if came:
            return wrong_claim("the author gets the own message, too", "claim echo = 'all'")
        return ok("none, as claimed")
    for device, who in ((bench.second, "the author's other device"), (bench.author, "the author's own device")):
        if device is None or (device is bench.author and claimed != "all"):
            continue
        if not await bench.came(device, message, ("live",)):
            other = "none" if device is bench.second else "other_devices"
            return wrong_claim(f"claimed is {claimed!r}, and {who} did not get the message", f"claim echo = {other!r}")
    return ok(f"{claimed}, as claimed")


async def repeat(bench: Bench) -> Outcome:
    """The same key again gives the same id, and no second message."""
    message = await bench.send()
    bench.ask(bench.author, message.operation)
    again = await bench.settled(bench.author, message.op, times=2)
    if again is None:
        return missing(
            "a message that was sent again with its key got no answer" + unread(bench.author),
            "do not claim idempotent_window_s",
        )
    await bench.came(bench.reader, await bench.send())  # what would come twice has come now
    found = sorted({message.id, again.seq or message.id, *ids_of(bench.reader, message.body)})
    if len(found) == 1:
        return ok(f"sent again with its key, a message is still {message.id}")
    is_written = any_carries(bench.author.written, message.operation.u)
    return wrong_claim(
        f"sent again with its key, one message has the ids {', '.join(map(str, found))}",
        "do not claim idempotent_window_s" if is_written else f"write post.key ({quoted(message.operation.u.encode())})"
        " into what is sent, or do not claim idempotent_window_s",
    )
