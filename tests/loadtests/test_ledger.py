"""The ledger: an end is written once, unknowns wait for the resolve phase, a retry of an effect changes nothing."""

import pytest

from chatproof.drivers.interface import Answered, Operation, Settled
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.recorder import Recorder
from tests.loadtests.fakes import FakeWriter

OP = 3 << 32 | 1


@pytest.fixture
def writer() -> FakeWriter:
    """Where rows go."""
    return FakeWriter()


@pytest.fixture
def ledger(writer: FakeWriter) -> Ledger:
    """With one send under way."""
    ledger = Ledger(Recorder(writer))
    begin(ledger, Operation(OP, "send", 5, "key", "body"))
    return ledger


def begin(ledger: Ledger, operation: Operation, expect: str = "ok") -> None:
    """Begin an operation of device 3, user 1."""
    ledger.begin(operation, dev=3, user=1, expect=expect, intended_ns=10, now_ns=12, phase="main")


def settle(outcome: str, by: str = "ack", code: str = "", op: int = OP) -> Settled:
    """A settled operation; ok at seq 4."""
    seq = 4 if outcome == "ok" else 0
    return Settled(op, outcome, code, by, min(seq, 1), seq, seq)  # type: ignore[arg-type]


def test_an_operation_has_a_beginning_and_an_end(ledger: Ledger, writer: FakeWriter) -> None:
    """With the position that the answer brought."""
    ledger.settled(settle("ok"), 20)
    (begun,), (ended,) = writer.of("operations.begin"), writer.of("operations.end")
    assert (OP, 3, "send", 10, 12, "main", 4) == tuple(
        begun[c] for c in ("op", "dev", "kind", "intended_ns", "invoke_ns", "phase", "body_len")
    )
    assert ("ok", "ack", 20, 4, None) == tuple(
        ended[c] for c in ("outcome", "resolved_by", "done_ns", "ack_seq", "code")
    )


def test_sends_are_counted_apart_from_the_rows(ledger: Ledger) -> None:
    """Begun, and ended for good; an unknown one has not ended yet."""
    for number in (2, 3):
        begin(ledger, Operation(OP + number, "send", 5, "key", "body"))
    begin(ledger, Operation(OP + 9, "leave", 5, "key", ""))
    ledger.settled(settle("ok"), 20)
    ledger.settled(settle("unknown", op=OP + 2), 21)
    assert (3, {"ok": 1, "fail": 0, "unknown": 0}) == (ledger.sends, ledger.ended)
    ledger.conclude(30)
    assert {"ok": 1, "fail": 0, "unknown": 1} == ledger.ended


def test_a_retry_of_what_took_effect_writes_no_second_end(ledger: Ledger, writer: FakeWriter) -> None:
    """Even if it is refused: the attempts say so."""
    ledger.settled(settle("ok"), 20)
    ledger.attempting(OP, 2, 77, "node-0", 30)
    ledger.answered(Answered(OP, 2, "fail", "not_member", True, 0, 0, 0, False), 31)
    assert ledger.settled(settle("fail", code="not_member"), 31) is None
    assert 1 == len(writer.of("operations.end"))
    assert ["not_member"] == [row["code"] for row in writer.of("attempts.end")]


def test_an_unknown_operation_stays_open_until_a_retry_settles_it(ledger: Ledger, writer: FakeWriter) -> None:
    """Then it is ok by retry, whatever the session calls it."""
    ledger.settled(settle("unknown", by="none"), 20)
    assert [] == writer.of("operations.end")
    assert [OP] == list(ledger.unknown)
    ledger.settled(settle("ok", by="ack"), 90)
    assert [("ok", "retry")] == [(row["outcome"], row["resolved_by"]) for row in writer.of("operations.end")]
    assert {} == ledger.unknown


def test_what_nobody_can_tell_is_written_as_unknown_at_the_end(ledger: Ledger, writer: FakeWriter) -> None:
    """Never as a failure."""
    ledger.settled(settle("unknown", by="none"), 20)
    assert 1 == ledger.conclude(100)
    assert [("unknown", "none", None)] == [
        (row["outcome"], row["resolved_by"], row["ack_seq"]) for row in writer.of("operations.end")
    ]


def test_a_sighting_resolves_an_unknown_operation(ledger: Ledger, writer: FakeWriter) -> None:
    """It took effect, though no ack ever came: no position is claimed for it."""
    ledger.settled(settle("unknown", by="none"), 20)
    ledger.sighted(OP)
    assert 0 == ledger.conclude(100)
    assert [("ok", "sighting", None)] == [
        (row["outcome"], row["resolved_by"], row["ack_seq"]) for row in writer.of("operations.end")
    ]


def test_waiters_hear_of_an_effect_once_before_or_after(ledger: Ledger) -> None:
    """Who asks too late is told at once."""
    heard: list[int] = []
    ledger.when_effective(OP, heard.append, 13)
    assert [] == heard
    ledger.settled(settle("ok"), 20)
    ledger.when_effective(OP, heard.append, 25)
    assert [20, 25] == heard


def test_waiters_never_hear_of_a_failure(ledger: Ledger) -> None:
    """Nothing follows a send that did not happen."""
    heard: list[int] = []
    ledger.when_effective(OP, heard.append, 13)
    ledger.settled(settle("fail", by="none", code="not_member"), 20)
    ledger.when_effective(OP, heard.append, 25)
    assert [] == heard


def test_a_kick_is_a_membership_change_of_the_other_user(ledger: Ledger, writer: FakeWriter) -> None:
    """Pending from its beginning, with its seq once it is acknowledged."""
    kick = Operation(OP + 1, "kick", 5, "key", user=8)
    begin(ledger, kick)
    ledger.settled(settle("ok", op=kick.op), 20)
    (begun,), (ended,) = writer.of("memberships.begin"), writer.of("memberships.end")
    assert (5, 8, "kick") == (begun["conv"], begun["user"], begun["change"])
    assert (4, "ack", "ok") == (ended["seq"], ended["seq_source"], ended["outcome"])


def test_meant_refusals_are_no_failures_of_the_target(ledger: Ledger) -> None:
    """An unexpected refusal is one; a meant one is not."""
    ledger.settled(settle("fail", by="none", code="overloaded"), 20)
    begin(ledger, Operation(OP + 1, "send", 5, "key", "body"), expect="refuse")
    ledger.settled(settle("fail", by="none", code="not_member", op=OP + 1), 20)
    assert (0, 1) == (ledger.acks.count, ledger.acks.failures)
