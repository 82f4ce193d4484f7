"""Ways of using the service, as values: how soon somebody says what they read, and what they do beyond the rest.

Ordinary traffic falls on everybody alike; a persona adds to it. It is data, so that it travels in a plan to any plane,
and the schedule stays a pure function of the plan.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

ConversationKind = Literal["direct", "group", "hot"]
Rate = Annotated[float, Meta(ge=0, le=100)]


class Persona(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way of using the service.

    Attributes:
        name: what the history calls it.
        share: the share of all users who are like this.
        receipt_interval_s: a device says at most once in this time, per conversation, what was read there. 0.5 s is
            what the protocol asks of clients.
        marks_delivered: reads late: says what was delivered three times as often as what was read.
        sends_per_s, reads_per_s: messages and pages of history per second that each such user adds to the ordinary
            traffic, into or from conversations of these `kinds`.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    share: Annotated[float, Meta(ge=0, le=1)] = 0.0
    receipt_interval_s: Annotated[float, Meta(ge=0.1, le=3600)] = 0.5
    marks_delivered: bool = False
    sends_per_s: Rate = 0.0
    reads_per_s: Rate = 0.0
    kinds: tuple[ConversationKind, ...] = ("direct", "group", "hot")


CHATTY = Persona(name="chatty")
"""Marks what comes as read at once."""

LURKER = Persona(name="lurker", receipt_interval_s=3.0, marks_delivered=True)
"""Marks it later, and in larger steps."""
