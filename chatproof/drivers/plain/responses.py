"""What an HTTP answer says: success is the dialect's to read, everything else means the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.drivers.blame import blaming
from chatproof.drivers.http import HttpAnswer
from chatproof.drivers.plain.dialect import Dialect
from chatproof.drivers.plain.questions import Asked
from chatproof.drivers.plain.words import Accepted, Denied, Me, Refused, Response, Word

_TOO_MANY, _UNAUTHORIZED = 429, 401


def words_of(dialect: Dialect, me: Me, ref: int, asked: Asked, answer: HttpAnswer) -> Sequence[Word]:
    """The words of an answer. A failure of the server (5xx) says nothing about the effect."""
    if answer.status < 300:
        if asked.thing is None:
            return (Accepted(ref),)
        with blaming(f"it read the answer {answer.body[:200]!r}"):
            return list(dialect.answered(me, asked.thing, Response(answer.status, answer.headers, answer.body)))
    if answer.status == _UNAUTHORIZED:
        return (Denied(f"HTTP {_UNAUTHORIZED}"),)
    if answer.status == _TOO_MANY:
        return (Refused(ref, "overloaded", retry_after_ms=_retry_after_ms(answer)),)
    return (Refused(ref, f"http_{answer.status}", definite=answer.status < 500),)


def _retry_after_ms(answer: HttpAnswer) -> int:
    """`Retry-After` in seconds; a date, or nothing, leaves the wait to us."""
    said = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
    return int(said) * 1000 if said.isdigit() else 0
