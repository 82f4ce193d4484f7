"""Counter-examples: few events, the right ones, in the order of time."""

from __future__ import annotations

import pytest

from chatproof.checkers.explanation import MAX_WITNESSES, explain
from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.judge import find
from chatproof.checkers.results import Violation
from tests.checkers.stories import history_of

pytestmark = pytest.mark.slow


def told(name: str, story: str) -> Violation:
    """The first violation of a guarantee, explained."""
    with history_of(story) as history, relations(history) as sql:
        return explain(sql, GUARANTEES[name], find(sql, GUARANTEES[name])[0])


def test_a_lost_message_is_told_from_its_send_to_its_ack() -> None:
    """The send and its answer are in it, on the sender's lane, with the operation as people read it."""
    violation = told("no-lost-message", "members a b\na sends m1\na acked m1 = 5\n")
    number = f"0#{violation.ops[0]}"
    assert ("device 0", f"tries send in conversation 1, operation {number} (in the end ok, seq 5)") in [
        (witness.lane, witness.text) for witness in violation.witnesses
    ]
    assert any("ok, seq 5" in witness.text for witness in violation.witnesses)


def test_the_kill_is_on_the_lane_of_its_process() -> None:
    """What broke it is told beside what was broken."""
    violation = told("durable-ack", GUARANTEES["durable-ack"].story.broken)
    assert ("process node-1", "kill begins") in [(witness.lane, witness.text) for witness in violation.witnesses]
    assert ("kill of node-1",) == violation.faults


def test_many_events_are_cut_to_the_telling_ones() -> None:
    """Of a message that arrived thirty times, at most a dozen events are told."""
    repeats = "b gets m1 = 5\n" * 30
    violation = told("one-id-per-seq", "members a b\na sends m1\na acked m1 = 6\nb shows m1 = 5 id 6\n" + repeats)
    assert len(violation.witnesses) <= MAX_WITNESSES
    assert sorted(witness.t_ns for witness in violation.witnesses) == [each.t_ns for each in violation.witnesses]


@pytest.mark.parametrize("guarantee", GUARANTEES.values(), ids=GUARANTEES)
def test_every_worked_example_is_told_by_what_is_needed(guarantee: Guarantee) -> None:
    """At most twelve events in the order of time, some of which nothing can be left out of."""
    violation = told(guarantee.name, guarantee.story.broken)
    times = [witness.t_ns for witness in violation.witnesses]
    assert len(times) <= MAX_WITNESSES
    assert sorted(times) == times
    assert any(witness.needed for witness in violation.witnesses)
