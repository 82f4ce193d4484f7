"""Receipts and presence, where they are claimed."""

from __future__ import annotations

from functools import partial
from typing import Literal

from chatproof.conformance.bench import READER, Bench
from chatproof.conformance.finding import Outcome, missing, ok
from chatproof.conformance.traces import unanswered, unread
from chatproof.drivers.interface import MarkerSeen, PresenceSeen


async def receipts(bench: Bench) -> Outcome:
    """What one user marks as read, the other sees."""
    message = await bench.send()
    await bench.came(bench.reader, message)
    op = bench.signal("receipt", seq=message.id)
    settled = await bench.settled(bench.reader, op)
    if settled is None or settled.outcome != "ok":
        return unanswered(bench.reader, op)
    seen = await bench.observed(
        bench.author, lambda each: isinstance(each, MarkerSeen) and each.user == READER and each.read >= message.id
    )
    if seen is None:
        return missing(
            "a message was marked as read, and its author does not see it" + unread(bench.author),
            "yield Marked(room, user, read=id), or do not claim receipts",
        )
    return ok("a message is marked as read, and its author sees it")


async def presence(bench: Bench) -> Outcome:
    """A user who goes offline and comes back is seen so."""
    shown: list[Literal["online", "offline"]] = ["offline", "online"]
    for state in shown:
        before = len(bench.author.seen)
        op = bench.signal("presence", state=state)
        settled = await bench.settled(bench.reader, op)
        if settled is None or settled.outcome != "ok":
            return unanswered(bench.reader, op)
        if not await bench.until(partial(_is_shown, bench, state, before)):
            return missing(
                f"a user shows itself {state}, and who watches it does not see that" + unread(bench.author),
                "yield Present(user, state), see that follow watches whom it is given, or do not claim presence",
            )
    return ok("offline and online are seen by who watches")


def _is_shown(bench: Bench, state: str, before: int) -> bool | None:
    """Whether the reader was shown so since then."""
    seen = (each for each in bench.author.seen[before:] if isinstance(each, PresenceSeen) and each.user == READER)
    return True if any(each.state == state for each in seen) else None
