"""`visible`, and its two ranged forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.reference_server.core.visibility import Interval, Policy, hidden_ranges, visible, visible_ranges

TWICE: list[Interval] = [(3, 5), (8, 0)]
ONCE: list[Interval] = [(3, 5)]


@pytest.mark.parametrize(
    ("policy", "intervals", "expected"),
    [
        ("since_join", TWICE, [3, 4, 5, 8, 9]),
        ("since_join", ONCE, [3, 4, 5]),
        ("all", TWICE, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("all", ONCE, [1, 2, 3, 4, 5]),
        ("all", [], []),
        ("since_join", [], []),
    ],
)
def test_what_a_user_sees(policy: Policy, intervals: list[Interval], expected: list[int]) -> None:
    """Own join and leave included; under `all` everything up to the last leave; a stranger nothing."""
    assert expected == [seq for seq in range(1, 10) if visible(policy, intervals, seq)]


@st.composite
def memberships(draw: st.DrawFn) -> list[Interval]:
    """Disjoint ascending intervals, the last one perhaps open."""
    bounds = sorted(draw(st.sets(st.integers(1, 30), max_size=8)))
    pairs = [(first, last) for first, last in zip(bounds[::2], bounds[1::2], strict=False)]
    return [*pairs, (bounds[-1], 0)] if len(bounds) % 2 else pairs


@given(memberships(), st.sampled_from(["all", "since_join"]), st.integers(1, 30), st.integers(0, 35))
def test_ranges_agree_with_the_function(intervals: list[Interval], policy: Policy, low: int, high: int) -> None:
    """Seen and hidden ranges part [low, high] exactly as `visible` does."""
    seen = visible_ranges(policy, intervals, low, high)
    hidden = hidden_ranges(seen, low, high)
    spread = [[seq for first, last in ranges for seq in range(first, last + 1)] for ranges in (seen, hidden)]
    asked = range(low, high + 1)
    expected = [[seq for seq in asked if visible(policy, intervals, seq) is is_seen] for is_seen in (True, False)]
    assert expected == spread


@given(memberships(), st.integers(1, 30), st.integers(0, 35))
def test_hidden_ranges_end_where_asked(intervals: list[Interval], low: int, high: int) -> None:
    """Ranges before and beyond what is asked for add nothing."""
    seen = visible_ranges("since_join", intervals, 1, 40)
    hidden = [seq for first, last in hidden_ranges(seen, low, high) for seq in range(first, last + 1)]
    assert [seq for seq in range(low, high + 1) if not visible("since_join", intervals, seq)] == hidden
