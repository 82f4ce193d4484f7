"""How users read: chatty ones mark what they see as read at once, lurkers mark it later and in larger steps."""

from __future__ import annotations

from enum import StrEnum

from chatproof.loadtests.profiles import LoadProfile


class Persona(StrEnum):
    """A way of using the service; values of the history's enumeration `persona`."""

    CHATTY = "chatty"
    LURKER = "lurker"


RECEIPT_INTERVAL_NS: dict[Persona, int] = {
    Persona.CHATTY: 500_000_000,
    Persona.LURKER: 3_000_000_000,
}
"""At most one receipt per conversation and device in this time. 500 ms is what the protocol asks of clients."""


def persona_of(profile: LoadProfile, seed: int, user: int) -> Persona:
    """The persona of a user.

    The golden ratio's multiples spread evenly over any residue class, so no link or worker gets all lurkers.
    """
    is_lurker = ((user + seed) * 0.6180339887498949) % 1.0 < profile.lurker_share
    return Persona.LURKER if is_lurker else Persona.CHATTY
