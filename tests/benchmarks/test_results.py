"""Figures with bounds: which side of the bound is good, and what is said of a miss."""

from __future__ import annotations

from benchmarks.results import Found, Required


def test_a_bound_has_a_good_side() -> None:
    """At least, or at most; the bound itself is good."""
    assert [True, False] == [Required("rate", measured, 0.55).is_met for measured in (0.55, 0.549)]
    assert [True, False] == [Required("size", measured, 25.0, at_most=True).is_met for measured in (25.0, 25.1)]


def test_what_was_missed_is_marked() -> None:
    """A line for each figure, and the missed ones by themselves."""
    good, bad = Required("rate", 0.6, 0.55), Required("size", 26.0, 25.0, " KB", at_most=True)
    found = Found("all", ["a line"], [good, bad])
    assert [bad] == found.missed
    assert (
        "== all\na line\nreached  rate: 0.60 (at least 0.55)\nMISSED   size: 26.00 KB (at most 25 KB)" == str(found)
    )
