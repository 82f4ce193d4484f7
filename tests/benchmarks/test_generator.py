"""The generated history: clean, reproducible, of the promised size, and one on which naive oracles agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.generator import REQUIRED, generate
from benchmarks.timeline import timeline
from chatproof.checkers.evidence import evidence_problems, load_problems
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.guarantees.relations.catalogue import relations
from chatproof.checkers.history.history import History
from chatproof.checkers.judge import find, judge
from tests.checkers.oracles import oracles

SMALL = 20_000


def tables_of(history: History) -> oracles.Tables:
    """The tables as the oracles read them: a list of rows each."""
    return {
        name: history.sql.table(name).to_arrow_table().to_pylist()
        for name in (
            "devices", "operations", "attempts", "deliveries", "memberships", "connections", "resumes", "heads",
            "phases", "reads", "read_items", "subscriptions",
        )
    }  # fmt: skip


def test_messages_stand_in_the_order_of_the_log() -> None:
    """Seqs of a conversation are dense, in the order in which its messages were sent."""
    run = timeline(SMALL, 1)
    first = run.messages.conv == 0  # somebody was removed before: that is seq 1
    assert list(range(2, first.sum() + 2)) == run.messages.seq[first].tolist()


def test_a_seed_gives_one_history(tmp_path: Path) -> None:
    """To the byte."""
    for name in ("one", "two"):
        generate(tmp_path / name, SMALL, 7)
    for path in (tmp_path / "one/history").iterdir():
        assert path.read_bytes() == (tmp_path / "two/history" / path.name).read_bytes()


def test_its_size_is_what_was_asked_for(tmp_path: Path) -> None:
    """Fifty deliveries a message, without those to members that were removed."""
    assert 0.98 * SMALL < generate(tmp_path, SMALL, 1)["deliveries"] <= SMALL


@pytest.mark.slow
def test_it_is_evidence_of_a_perfect_server(tmp_path: Path) -> None:
    """Nothing is broken, and at a million deliveries nothing that it can show is left unexercised."""
    generate(tmp_path, 100_000, 1)
    with History.open(tmp_path) as history:
        assert () == (*evidence_problems(history), *load_problems(history))
        verdict = judge(history)
    assert set() == {result.name for result in verdict.guarantees if result.result == "broken"}
    assert set(REQUIRED) <= {each.name for each in verdict.guarantees if each.result in ("held", "not exercised")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("no-lost-message", oracles.lost_messages), ("idempotent-send", oracles.broken_keys),
        ("ordered-stream", oracles.unordered),
    ],
)  # fmt: skip
def test_the_oracles_agree_at_a_hundred_thousand_deliveries(tmp_path: Path, name: str, oracle: object) -> None:
    """What the SQL does not find, the naive search does not find either."""
    generate(tmp_path, 100_000, 1)
    with History.open(tmp_path) as history, relations(history) as sql:
        assert not oracle(tables_of(history))  # type: ignore[operator]
        assert [] == find(sql, GUARANTEES[name])
