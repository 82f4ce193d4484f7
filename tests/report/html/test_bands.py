"""Faults as bands over a chart, and how much time a chart shows."""

from __future__ import annotations

import pytest

from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.results import FaultResult
from chatproof.report.html.bands import Band, Span, bands_of, span_of

S = 10**9
SPAN = Span(10.0, 110.0, 1)
RUN = RunDocument(
    run_id="r", seed=0, scenario="s", replay="", target="t", driver="d", engine="e", claims={}, bounds={}, required=(),
    slos_required=False,
)


def fault(number: int, kind: str, target: str, start_s: float | None, stop_s: float | None) -> FaultResult:
    """A fault with these instants."""
    return FaultResult(
        fault=number, kind=kind, target=target, start_confirmed_ns=None if start_s is None else int(start_s * S),
        effect_seen_ns=None, stop_confirmed_ns=None if stop_s is None else int(stop_s * S), evidence="",
    )


def test_one_fault_on_two_links_is_one_band() -> None:
    """Faults of one kind that begin and end together share a label."""
    faults = [fault(1, "partition", "link-0", 20, 30), fault(2, "partition", "link-2", 20.1, 30.1)]
    assert (Band(20.0, 30.1, "partition link-0, link-2"),) == bands_of(faults, SPAN)


def test_many_targets_are_counted() -> None:
    """A label stays short."""
    assert "stall 3 targets" == bands_of([fault(at, "stall", f"link-{at}", 20, 30) for at in range(3)], SPAN)[0].label


def test_a_fault_that_never_ended_lasts_to_the_end() -> None:
    """And one that never began is no band."""
    faults = [fault(1, "kill", "node-0", 90, None), fault(2, "kill", "node-1", None, None)]
    assert (Band(90.0, 110.0, "kill node-0"),) == bands_of(faults, SPAN)


def test_labels_do_not_cover_each_other() -> None:
    """A label that has no room beside an earlier one goes up a row; the first row is used again when there is room."""
    faults = [fault(1, "stall", "link-1", 20, 24), fault(2, "reset", "link-3", 21, 22), fault(3, "kill", "n", 60, 61)]
    assert [0, 1, 0] == [band.row for band in bands_of(faults, SPAN)]


@pytest.mark.parametrize(("end_s", "step_s"), [(100, 1), (255, 2), (3_610, 15)])
def test_a_long_run_has_longer_steps(end_s: int, step_s: int) -> None:
    """At most 240 steps, from warm-up to drain, whatever the length."""
    phases = [
        {"phase": "warm_up", "start_ns": 10 * S, "end_ns": 15 * S},
        {"phase": "main", "start_ns": 15 * S, "end_ns": end_s * S}, {"phase": "audit", "start_ns": end_s * S},
    ]
    assert Span(10.0, float(end_s), step_s) == span_of(History.of(RUN, {"phases": phases}))


def test_without_phases_there_is_no_time_to_show() -> None:
    """An imported history may have none."""
    assert span_of(History.of(RUN, {})) is None
