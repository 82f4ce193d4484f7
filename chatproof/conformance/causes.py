"""What the world said, out of an exception or a code: a certificate, a limit, a credential, nobody there."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import NamedTuple

MAX_CHAIN = 16
"""Exceptions that are looked at behind one: libraries wrap each other three or four times."""

RAISE_LIMITS = "raise the target's limits for the users of a run: a load test would meet them at every send"


class Cause(NamedTuple):
    """A cause, and what to do about it: two phrases."""

    found: str
    advice: str


def cause_of(problem: BaseException) -> Cause | None:
    """The first cause in an exception's chain that has a name."""
    return next((cause for each in _chain(problem) if (cause := _named(each)) is not None), None)


def cause_of_status(status: int) -> Cause | None:
    """What an HTTP status says, as far as it is about the asker and not about the question."""
    match status:
        case 429:
            return Cause("HTTP 429: the target limits how often it is asked", RAISE_LIMITS)
        case 401 | 403:
            return Cause(
                f"HTTP {status}: the target does not accept the credential",
                "check secret in chatproof.toml (or CHATPROOF_SECRET) and the tokens that provision returns",
            )
    return None


def _named(problem: BaseException) -> Cause | None:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Cause(
            f"the target's certificate is not accepted: {problem.verify_message}",
            'name its authority as ca = "FILE.pem" in chatproof.toml, or give the host name that the certificate has',
        )
    if isinstance(problem, ssl.SSLError):
        return Cause(f"TLS fails: {problem}", "check that the port speaks TLS, and wss:// or ws://")
    if isinstance(problem, ConnectionRefusedError):
        return Cause("nothing listens there", "start the target, and check its URLs in chatproof.toml")
    status = _status(problem)
    return None if status is None else cause_of_status(status)


def _status(problem: BaseException) -> int | None:
    """The HTTP status that httpx, requests, websockets or urllib keep in their exceptions."""
    answer = getattr(problem, "response", problem)
    status = getattr(answer, "status_code", None) or getattr(answer, "code", None)
    return status if isinstance(status, int) else None


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """An exception, what led to it, and what is in its group; each once."""
    waiting, seen = [problem], 0
    while waiting and seen < MAX_CHAIN:
        each = waiting.pop(0)
        seen += 1
        yield each
        waiting += [behind for behind in (each.__cause__, each.__context__) if behind is not None]
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
