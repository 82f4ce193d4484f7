"""Checks at arrival that a message's body is the one that was sent, by making it again from (seed, op)."""

from __future__ import annotations

from typing import NamedTuple

from chatproof.loadtests.actions import OVERSIZE_PAD
from chatproof.protocol.bodies import body_hash, body_of, op_of

_REMEMBERED = 8_192
"""Bodies kept: one arrives once per member within a second or so, and is made once."""


class Checked(NamedTuple):
    """What a body says: the operation that it names, its hash, and whether it is what that operation sent."""

    op: int | None
    hash: int
    content_ok: bool


class BodyChecker:
    """Compares arriving bodies with what this seed's operations send."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._known: dict[str, Checked] = {}

    def check(self, body: str) -> Checked:
        """The verdict on one body. Equal bodies have equal verdicts, so they are remembered by their text."""
        checked = self._known.get(body)
        if checked is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            checked = self._known[body] = self._check(body)
        return checked

    def _check(self, body: str) -> Checked:
        op = op_of(body)
        if op is None or not 0 <= op < 1 << 63:
            return Checked(None, body_hash(body), content_ok=False)
        expected = body_of(self._seed, op)
        return Checked(op, body_hash(body), body in (expected, expected + OVERSIZE_PAD))
