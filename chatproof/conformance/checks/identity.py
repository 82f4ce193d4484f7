"""Which message is which: ids that grow, the echo of one's own, and the same message sent twice."""

from __future__ import annotations

from chatproof.conformance.bench import OTHER_ROOM, ROOM, Bench, arrivals, ids_of
from chatproof.conformance.finding import Outcome, missing, ok, wrong, wrong_claim
from chatproof.conformance.traces import any_carries, unread


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
        ("" if is_written else "write post.key into what is sent, or ") + "do not claim idempotent_window_s",
    )
