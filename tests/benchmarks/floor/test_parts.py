"""Sampled stacks: each belongs to one part, and a part costs what its threads spent in it."""

from __future__ import annotations

import pytest

from benchmarks.floor.parts import DECODE, FOLD, LOG, LOOP, PARTS, STORE, WRITE, cost_by_part, part_of, samples

MAIN = "thread (7): MainThread;Runner.run (asyncio/runners.py:118)"
RAW = f"""{MAIN} 2
{MAIN};Link.on_ws_frame (websocket.py:55);Session.receive (session.py:109);Session._take (session.py:140) 3
{MAIN};Conversations.committed (host.py:195);Partition.take (partition.py:71);apply (fold.py:71) 4
{MAIN};FanOut.flush (fanout.py:53);Session.flush (session.py:213);Link.send (websocket.py:103) 1
thread (8): log_0;_worker (thread.py:81);EmbeddedLog._commit (log.py:145) 5
thread (9): store-writer_0;_worker (thread.py:81) 5
"""


def test_the_innermost_owner_answers_for_a_stack() -> None:
    """Who calls whom decides, not who runs; threads that do one thing answer for all they do."""
    assert [LOOP, DECODE, FOLD, WRITE, LOG, STORE] == [part_of(sample) for sample in samples(RAW)]


def test_a_part_costs_its_share_of_its_threads() -> None:
    """The main thread's second is shared out by its ten samples; a thread that nobody sampled costs nothing."""
    costs = cost_by_part(list(samples(RAW)), {7: 1.0, 8: 0.5, 9: 0.25, 10: 3.0})
    expected = dict.fromkeys(PARTS, 0.0) | {LOOP: 0.2, DECODE: 0.3, FOLD: 0.4, WRITE: 0.1, LOG: 0.5, STORE: 0.25}
    assert expected == pytest.approx(costs)
