"""What a device wrote and heard, as evidence: whether a text was in it, and what the driver found nothing in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chatproof.conformance.causes import RAISE_LIMITS, Cause, cause_of, cause_of_status
from chatproof.conformance.device import Device
from chatproof.conformance.finding import Outcome, missing
from chatproof.drivers.interface import Answered

QUOTED = 160
"""Characters of a frame that a sentence quotes."""


def carries(data: bytes, text: str) -> bool:
    """Whether a text is in a frame or body: as it is, or as a string of its JSON."""
    if text.encode() in data:
        return True
    try:
        return any(text in each for each in _strings(msgspec.json.decode(data)))
    except msgspec.DecodeError:
        return False


def any_carries(many: Iterable[bytes], text: str) -> bool:
    """Whether one of them has it."""
    return any(carries(data, text) for data in many)


def unread(device: Device) -> str:
    """The last frame in which the driver found nothing, as the end of a sentence; empty where there is none."""
    silent = [each.data for each in device.heard if not each.said]
    return f"; the driver finds nothing in {quoted(silent[-1])}" if silent else ""


def reason(device: Device) -> Cause | None:
    """Why a device gets nothing, and what to do, where the world has said it: a status, a certificate."""
    refused = next((cause for each in reversed(device.heard) if (cause := cause_of_status(each.status))), None)
    if refused is None and device.trouble is not None:
        refused = cause_of(device.trouble)
    return refused


def unanswered(device: Device, op: int) -> Outcome:
    """Why an operation is not acknowledged: the world's reason, the target's, or an answer that nobody understood."""
    if (cause := reason(device)) is not None:
        return missing(f"no acknowledgement: {cause.found}", cause.advice)
    answers = [each for each in device.seen if isinstance(each, Answered) and each.op == op and each.outcome == "fail"]
    code = answers[-1].code if answers else ""
    if code == "overloaded":
        return missing("no acknowledgement: the target says that it is overloaded", RAISE_LIMITS)
    if code:
        return missing(f"the target refuses it: {code}", f"last was written: {quoted(device.written[-1])}")
    return missing(
        "no answer is matched with what was sent" + unread(device),
        "write ref into what is sent, and yield Accepted(ref, id) where the target's answer names it",
    )


def quoted(data: bytes) -> str:
    """A frame, shortened."""
    text = data.decode(errors="replace")
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}…")


def _strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
