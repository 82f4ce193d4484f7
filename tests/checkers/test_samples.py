"""Samples in SQL against a naive reading of the same words, over small random worlds."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.objectives import Sample
from chatproof.checkers.samples import SampleWindow, samples_of
from tests.checkers.test_slos import Row, fault, send, session, shown, subscription, world

S = 1_000_000_000
HALF = S // 2
CALM_NS, HEALED_NS = S, 5 * S
WINDOW = SampleWindow(5 * S, 30 * S, 30 * S, (12, 20), CALM_NS)
RUN = RunDocument(
    run_id="r", seed=1, scenario="s", replay="", target="t", driver="d", engine="e", claims={"echo": "other_devices"},
    bounds={"calm_after_heal_ns": HEALED_NS}, required=(), slos_required=False,
)


class Life(NamedTuple):
    """A session of device 1 or 2, and who ended it."""

    dev: int
    from_ns: int
    to_ns: int
    by: str
    kind: str


class Trouble(NamedTuple):
    """A fault on link 1 or 2, or (0) on the process."""

    link: int
    from_ns: int
    to_ns: int


class Sent(NamedTuple):
    """A send of device 1, when it was acknowledged and when device 2 showed it, if ever."""

    due_ns: int
    acked_ns: int | None
    shown_ns: int | None


half_seconds = st.integers(8, 26).map(lambda count: count * HALF)
after = st.none() | st.integers(0, 8).map(lambda count: count * HALF)
lives = st.builds(
    lambda dev, start, length, end: Life(dev, start, start + length, *end),
    st.sampled_from([1, 2]), half_seconds, st.integers(1, 12).map(lambda count: count * HALF),
    st.sampled_from([("client", "clean"), ("client", "half_open"), ("server", "clean"), ("link", "abort")]),
)
troubles = st.builds(
    lambda link, start, length: Trouble(link, start, start + length), st.integers(0, 2), half_seconds,
    st.integers(0, 6).map(lambda count: count * HALF),
)
sends = st.builds(
    lambda due, ack, seen: Sent(due, None if ack is None else due + ack, None if seen is None else due + seen),
    half_seconds, after, after,
)


def tables_of(alive: list[Life], trouble: list[Trouble], sent: list[Sent]) -> dict[str, list[Row]]:
    """The world as tables."""
    tables = world()
    tables["connections"] = [
        session(at, life.dev, life.from_ns, close_ns=life.to_ns, close_by=life.by, close_kind=life.kind)
        for at, life in enumerate(alive)
    ]
    tables["subscriptions"] = [subscription(at, life.dev, life.from_ns, life.to_ns) for at, life in enumerate(alive)]
    tables["faults"] = [
        {**fault("partition" if each.link else "kill", f"link-{each.link}", each.from_ns, each.to_ns)["faults"][0],
         "fault": at}
        for at, each in enumerate(trouble)
    ]
    for op, each in enumerate(sent, 1):
        outcome = {} if each.acked_ns is not None else {"outcome": "unknown"}
        tables["operations"] += send(op, each.due_ns, each.acked_ns, **outcome)["operations"]
        tables["deliveries"] += [] if each.shown_ns is None else [shown(op, each.shown_ns)]
    return tables


def is_calm(dev: int, due_ns: int, alive: list[Life], trouble: list[Trouble]) -> bool:
    """In words: a live session that the device does not leave by itself, and no fault or recent heal in its way."""
    live = any(
        life.dev == dev and life.from_ns <= due_ns < life.to_ns
        and (life.to_ns >= due_ns + CALM_NS or (life.by, life.kind) != ("client", "clean"))
        for life in alive
    )
    touched = any(
        each.link in (0, dev) and each.from_ns <= due_ns + CALM_NS and each.to_ns + HEALED_NS >= due_ns
        for each in trouble
    )
    return live and not touched


def naive(sample: Sample, alive: list[Life], trouble: list[Trouble], sent: list[Sent]) -> list[tuple[int, float]]:
    """The samples by reading the definition aloud."""
    found = []
    for each in sent:
        inside = WINDOW.start_ns <= each.due_ns < WINDOW.end_ns and each.due_ns // S not in WINDOW.bad
        calm = is_calm(1, each.due_ns, alive, trouble)
        end_ns = each.acked_ns
        if sample == "delivery":
            calm = calm and is_calm(2, each.due_ns, alive, trouble)
            inside = inside and (each.acked_ns is not None or each.shown_ns is not None)
            end_ns = each.shown_ns
        if inside and calm:
            found.append((each.due_ns // S, math.inf if end_ns is None else float(end_ns - each.due_ns)))
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["send_ack", "delivery"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    alive=st.lists(lives, min_size=2, max_size=6), trouble=st.lists(troubles, max_size=1),
    sent=st.lists(sends, min_size=6, max_size=20),
)
def test_sql_samples_are_those_of_the_words(
    sample: Sample, alive: list[Life], trouble: list[Trouble], sent: list[Sent]
) -> None:
    """Whatever sessions, faults, acks and arrivals there were, SQL and words find the same samples."""
    with History.of(RUN, tables_of(alive, trouble, sent)) as history, relations(history) as sql:
        found = samples_of(sql, sample, WINDOW)
    assert naive(sample, alive, trouble, sent) == sorted(
        zip(found.blocks.tolist(), found.latency_ns.tolist(), strict=True)
    )
