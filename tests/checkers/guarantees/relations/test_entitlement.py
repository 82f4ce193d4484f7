"""What a user must see, on every reading of the membership changes."""

from __future__ import annotations

import pytest

from chatproof.checkers.guarantees.relations.catalogue import relations
from tests.checkers.stories import history_of

FOREVER = 2**31 - 1
SENT = "a sends m1\na acked m1 = 8\nwait 1s\n"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("", [(0, FOREVER)]),
        ("b kicked = 5\n", [(0, 4)]),
        ("b leaves = 5\nb joins = 9\n", [(0, 4), (9, FOREVER)]),
        ("b joins = 5\n", [(0, FOREVER)]),
        ("b kicked = 5\nb joins = 9\nb kicked = 12\n", [(0, 4), (9, 11)]),
        ("b kicked unanswered\n", [(0, 0)]),
        (SENT + "b kicked unanswered\n", [(0, 8)]),
        (SENT + "b kicked = 9\nb joins = 12\nb leaves unanswered\n", [(0, 8)]),
        ("b kicked = 5\nb joins unanswered\n", [(0, 4)]),
    ],
)
def test_joins_open_and_leaves_close_it(changes: str, expected: list[tuple[int, int]]) -> None:
    """Certain changes count at their seq; a leave that may have happened ends everything, a join opens nothing."""
    with history_of("members a b\n" + changes) as history, relations(history) as sql:
        spans = sql.execute("SELECT from_seq, to_seq FROM entitlement WHERE usr = 1 ORDER BY from_seq").fetchall()
    assert expected == spans
