"""Which alarms explain which."""

from __future__ import annotations

from chatproof.checkers.guarantee import Finding
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.implied import IMPLIES, closure, implied_by, roots, unexplained


def finding(*, op: int | None = None, conv: int = 1, seq: int | None = None, session: int | None = None) -> Finding:
    """A finding that is about these."""
    one = [() if item is None else (item,) for item in (op, seq, session)]
    return Finding("", one[0], conv, one[1], one[2], (), 0, {})


def test_the_table_names_guarantees_that_exist() -> None:
    """A misspelt name would silently explain nothing."""
    names = {*IMPLIES, *(name for effects in IMPLIES.values() for name in effects)}
    assert set() == names - set(GUARANTEES)


def test_it_is_closed_transitively() -> None:
    """sender-order breaks real-time-order, and so does whatever breaks sender-order."""
    assert "real-time-order" in closure()["idempotent-send"]
    assert "no-gap" in closure()["durable-ack"]
    assert all(name not in effects for name, effects in closure().items())


def test_a_common_operation_explains() -> None:
    """The lost message is the one that was acknowledged and gone."""
    found = {"no-lost-message": [finding(op=7)], "durable-ack": [finding(op=7)]}
    assert {"no-lost-message": ("durable-ack",), "durable-ack": ()} == implied_by(found)


def test_the_same_seq_of_another_conversation_explains_nothing() -> None:
    """Seqs are compared with their conversation; then both are roots, and one is unexplained."""
    implied = implied_by({"durable-ack": [finding(conv=1, seq=5)], "no-lost-message": [finding(conv=2, seq=5)]})
    assert {"durable-ack": (), "no-lost-message": ()} == implied
    assert ("no-lost-message",) == unexplained(implied)


def test_what_the_table_does_not_say_is_not_explained() -> None:
    """Two alarms about one session, and no line between them."""
    implied = implied_by({"no-phantom": [finding(session=3)], "receipts-forward": [finding(session=3)]})
    assert ("no-phantom", "receipts-forward") == roots(implied)


def test_a_chain_explains_its_end() -> None:
    """durable-ack and no-gap have nothing in common but what lies between them."""
    found = {
        "no-gap": [finding(session=3)],
        "no-lost-message": [finding(op=7, session=3)],
        "durable-ack": [finding(op=7)],
    }
    assert ("no-lost-message", "durable-ack") == implied_by(found)["no-gap"]
    assert ("durable-ack",) == roots(implied_by(found))


def test_of_two_that_explain_each_other_the_heavier_is_the_root() -> None:
    """Three lost messages, of which one resume shows one: and the other way round."""
    lost, holes = finding(op=7, session=3), finding(session=3)
    assert ("no-lost-message",) == roots(implied_by({"whole-resume": [holes], "no-lost-message": [lost] * 3}))
    assert ("whole-resume",) == roots(implied_by({"no-lost-message": [lost], "whole-resume": [holes] * 3}))


def test_the_root_that_explains_most_comes_first() -> None:
    """It is the one that the verdict's sentence names."""
    implied = {"no-leak": (), "durable-ack": (), "no-gap": ("durable-ack",), "dense-ids": ("durable-ack",)}
    assert ("durable-ack", "no-leak") == roots(implied)
