"""Objectives of one's own: they change the numbers of an SLO and what is said of it, and nothing else."""

from __future__ import annotations

import pytest

from chatproof.checkers.objectives import Objective, objective_of
from chatproof.dashboards.openslo import OpenSloError, load_slos
from chatproof.dashboards.own_objectives import OwnObjective, with_own


def objectives(**own: OwnObjective) -> dict[str, Objective]:
    """What is judged then, by name; `_` in a name stands for `-`."""
    changed = with_own(load_slos(), {name.replace("_", "-"): each for name, each in own.items()})
    return {each["metadata"]["name"]: objective_of(each) for each in changed}


def test_without_any_everything_is_as_it_was() -> None:
    """The sentences, too: they are made of the same numbers."""
    assert load_slos() == with_own(load_slos(), {})


def test_a_latency_and_its_share_are_what_was_set() -> None:
    """One of them alone leaves the other; every other SLO is untouched."""
    found = objectives(send_ack=OwnObjective(below_ms=1500), delivery=OwnObjective(share=0.5, below_ms=300))
    assert ("p95 < 1500 ms", 1_500_000_000, 0.95) == found["send-ack"][1:2] + found["send-ack"][3:5]
    assert ("p50 < 300 ms", 300_000_000, 0.5) == found["delivery"][1:2] + found["delivery"][3:5]
    usual = objectives()
    assert {name: each for name, each in usual.items() if name not in ("send-ack", "delivery")} == {
        name: each for name, each in found.items() if name not in ("send-ack", "delivery")
    }


def test_the_share_of_a_ratio_is_what_was_set() -> None:
    """What counts as good stays."""
    found = objectives(send_acked_in_time=OwnObjective(share=0.975))["send-acked-in-time"]
    assert ("acked within 5 s ≥ 97.5 %", 5_000_000_000, 0.975) == (found.sentence, found.threshold_ns, found.target)


@pytest.mark.parametrize(
    ("name", "own", "sentence"),
    [
        (
            "ack", OwnObjective(share=0.9),
            "There is no SLO ack; there are caught-up, delivery-shown, delivery, presence, send-ack,"
            " send-acked-in-time",
        ),
        (
            "delivery-shown", OwnObjective(below_ms=5),
            "The SLO delivery-shown is a share of good samples and has no below_ms",
        ),
    ],
)  # fmt: skip
def test_what_no_slo_has_is_one_sentence(name: str, own: OwnObjective, sentence: str) -> None:
    """A name that is not there, and a latency of a ratio."""
    with pytest.raises(OpenSloError) as caught:
        with_own(load_slos(), {name: own})
    assert sentence == str(caught.value)
