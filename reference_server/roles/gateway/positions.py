"""Reads that wait for a position of a stream: answered when it is folded, refused when it takes too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatproof.protocol.errors import WireError
from chatproof.reference_server.roles.gateway import bounds


class _Waiting(NamedTuple):
    seq: int
    until_ns: int
    proceed: Callable[[], None]
    refuse: Callable[[WireError], None]


class Positions:
    """Waiting reads by stream key."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._waiting: dict[str, list[_Waiting]] = {}
        self._count = 0

    def wait(
        self, key: str, seq: int, proceed: Callable[[], None], refuse: Callable[[WireError], None]
    ) -> None:
        """Call `proceed` when `reached` says so, or `refuse`. Raises `WireError` not_yet_visible at the bound."""
        if self._count >= bounds.MAX_WAITING_READS:
            raise WireError("not_yet_visible", retry_after_ms=bounds.RETRY_AFTER_MS)
        until_ns = self._now_ns() + bounds.MAX_POSITION_WAIT_NS
        self._waiting.setdefault(key, []).append(_Waiting(seq, until_ns, proceed, refuse))
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def reached(self, key: str, seq: int) -> None:
        """A stream was folded up to a seq."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        self._keep(key, [one for one in waiting if one.seq > seq])
        for one in waiting:
            if one.seq <= seq:
                self._proceed(one)

    def expire(self, now_ns: int) -> None:
        """Refuse what has waited too long."""
        for key, waiting in tuple(self._waiting.items()):
            late = [one for one in waiting if one.until_ns <= now_ns]
            self._keep(key, [one for one in waiting if one.until_ns > now_ns])
            for one in late:
                one.refuse(WireError("not_yet_visible", retry_after_ms=bounds.RETRY_AFTER_MS))

    def _keep(self, key: str, waiting: list[_Waiting]) -> None:
        self._count += len(waiting) - len(self._waiting[key])
        if waiting:
            self._waiting[key] = waiting
        else:
            del self._waiting[key]

    def _proceed(self, one: _Waiting) -> None:
        try:
            one.proceed()
        except WireError as error:
            one.refuse(error)
