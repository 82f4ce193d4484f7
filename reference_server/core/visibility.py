"""Who may see what: one pure function over membership intervals, and the same as ranges.

An interval is (first, last), inclusive of the own join and leave; last 0 means still a member. Under policy
`since_join` a user sees the intervals; under `all` everything up to the end of the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Interval = tuple[int, int]
Policy = Literal["all", "since_join"]


def visible(policy: Policy, intervals: Sequence[Interval], seq: int) -> bool:
    """Whether a user with these membership intervals may see the event at `seq`."""
    if policy == "all":
        return bool(intervals) and (intervals[-1][1] == 0 or seq <= intervals[-1][1])
    return any(first <= seq and (last == 0 or seq <= last) for first, last in intervals)


def visible_ranges(policy: Policy, intervals: Sequence[Interval], low: int, high: int) -> list[Interval]:
    """The parts of [low, high] that the user may see: ascending, disjoint, inclusive ranges."""
    if policy == "all" and intervals:
        intervals = [(1, intervals[-1][1])]
    clipped = ((max(first, low), min(last or high, high)) for first, last in intervals)
    return [(first, last) for first, last in clipped if first <= last]


def hidden_ranges(seen: Sequence[Interval], low: int, high: int) -> list[Interval]:
    """What is left of [low, high] without the ascending ranges `seen`."""
    hidden = []
    for first, last in seen:
        if low < first and low <= high:
            hidden.append((low, min(first - 1, high)))
        low = max(low, last + 1)
    if low <= high:
        hidden.append((low, high))
    return hidden
