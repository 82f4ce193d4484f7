"""History, and coming back after a link was lost."""

from __future__ import annotations

from chatproof.conformance.bench import ROOM, Bench, Direction, Message
from chatproof.conformance.errors import CheckFailed
from chatproof.conformance.finding import Outcome, missing, ok, wrong, wrong_claim
from chatproof.conformance.traces import reason, unread
from chatproof.drivers.interface import Item, PageRead, Ready

PAGE = 3
"""Messages of one page: fewer than were sent, so that the walk has to go on."""

PAGES = 100
"""Pages of one walk. More than a conformance run can fill: a walk that is longer goes round in circles."""


async def history(bench: Bench) -> Outcome:
    """Everything that was sent can be read page by page, in each direction that the driver knows."""
    directions: list[Direction] = ["forward", "backward"] if bench.driver.reads_backward else ["forward"]
    sent = [message for message in bench.sent if message.operation.conv == ROOM]
    for direction in directions:
        items = await _walk(bench, direction, sent[0].id)
        if (outcome := _compared(sent, items, direction)) is not None:
            return outcome
    return ok(f"{len(sent)} messages, {' and '.join(directions)}, {PAGE} to a page")


async def _walk(bench: Bench, direction: Direction, first: int) -> list[Item]:
    """The messages from `first` on, oldest first. Raises `CheckFailed`."""
    after = first - 1 if direction == "forward" else 0
    items: list[Item] = []
    for _ in range(PAGES):
        page = await bench.page(bench.reader, after=after, limit=PAGE, direction=direction)
        if page is None or page.outcome != "ok":
            raise CheckFailed(_unreadable(bench, page))
        found = [item for item in page.items if item.event == "message"]
        items = items + found if direction == "forward" else found + items
        if page.complete or (direction == "backward" and items and items[0].seq <= first):
            return items
        after = page.next_after
    raise CheckFailed(wrong(
        f"{PAGES} pages {direction} of {PAGE} messages, and always more to come",
        "see that history uses page.after and page.before, and that Page says more only where more follows",
    ))  # fmt: skip


def _unreadable(bench: Bench, page: PageRead | None) -> Outcome:
    """Why a page did not come."""
    if (cause := reason(bench.reader)) is not None:
        return missing(f"history cannot be read: {cause.found}", cause.advice)
    if page is not None and page.outcome == "fail":
        return missing(f"history cannot be read: {page.code}", "see what the target means by that")
    return missing(
        "no answer was matched with the request for a history page" + unread(bench.reader),
        "yield Page(page.ref, messages, more), in answered for HTTP and in heard for a frame; or do not claim history",
    )


def _compared(sent: list[Message], items: list[Item], direction: Direction) -> Outcome | None:
    """What the walk has against what was sent; None where all is well."""
    texts = {item.seq: item.body for item in items}
    numbers = [item.seq for item in items]
    if numbers != sorted(set(numbers)):
        return wrong(
            f"history {direction} gives the ids {numbers[:20]}, which do not grow",
            "give Page the messages oldest first, or say newest_first=True; ids above page.after, or below page.before",
        )
    for message in sent:
        if message.id not in texts:
            return missing(
                f"history {direction} ends without message {message.id}: it has {len(items)} of {len(sent)}",
                "see that Page says more while more follows",
            )
        if texts[message.id] != message.body:
            return wrong(
                f"history {direction} has {texts[message.id][:60]!r} as message {message.id},"
                f" and {message.body[:60]!r} was sent",
                "give Message the text as it stands in the answer",
            )
    return None


async def reconnect(bench: Bench) -> Outcome:
    """A device that was away comes back, and gets what it missed in the way that is claimed."""
    reader = bench.reader
    logins = _logins(bench)
    reader.cut()
    await bench.until(lambda: None if reader.is_linked else True)
    missed = await bench.send()
    reader.wanted = True
    if await bench.until(lambda: True if _logins(bench) > logins else None) is None:
        return missing(
            "the device does not get in a second time" + unread(reader),
            "see open and url: they may be asked for again at any time",
        )
    if bench.claims.get("resume") and not await bench.came(reader, missed, ("resume",)):
        return wrong_claim(
            "the target does not send again by itself what was sent meanwhile",
            "do not claim resume; or yield Message(…, replayed=True) for what it sends again",
        )
    if bench.claims.get("history") and not await bench.came(reader, missed):
        return missing("the device does not catch up by history" + unread(reader), "see history and Page")
    if not await bench.came(reader, await bench.send(), ("live",)):
        return missing(
            "after a reconnect nothing comes any more" + unread(reader),
            "follow is asked on every link: yield the frames that subscribe, each time",
        )
    return ok(_told(bench))


def _logins(bench: Bench) -> int:
    return sum(isinstance(each, Ready) for each in bench.reader.seen)


def _told(bench: Bench) -> str:
    if bench.claims.get("resume"):
        return "back, and sent what was missed, as claimed"
    if bench.claims.get("history"):
        return "back, and what was missed is read from history"
    return "back; what is sent meanwhile is missed: neither resume nor history is claimed"
