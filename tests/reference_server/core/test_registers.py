"""Receipts and cursors: max-registers."""

from __future__ import annotations

from chatproof.protocol.frames import Marker
from chatproof.reference_server.core.commands import Answer, Mark, Marked, Outcome, Refused
from chatproof.reference_server.core.effects import RaisedMark
from chatproof.reference_server.core.records import EpochBump, MarksRecord
from tests.reference_server.core.ledger import MS, START_MS, Ledger, group, kick, message


def ledger_with_head(head: int) -> Ledger:
    """A group of a and b with this many events."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    for n in range(2, head + 1):
        ledger.ask(message(n, "a"))
    return ledger


def marked(ledger: Ledger, delivered: int = 0, read: int = 0, epoch: int = 0, seq: int = 0) -> Marked:
    """The registers of b after a mark by the phone."""
    outcome = ledger.mark(Mark("g", "b", "phone", delivered, read, epoch, seq)).answers[0].outcome
    assert isinstance(outcome, Marked)
    return outcome


def test_registers_only_rise() -> None:
    """A lower value changes nothing, and the answer says what stands."""
    ledger = ledger_with_head(5)
    marked(ledger, delivered=4, read=3)
    assert Marked("g", 4, 3, 1, 0) == marked(ledger, delivered=2, read=1)


def test_read_is_delivered_and_not_above_the_head() -> None:
    """read <= delivered <= head, whatever is claimed."""
    assert Marked("g", 5, 5, 1, 0) == marked(ledger_with_head(5), delivered=1, read=99)


def test_only_a_raised_mark_is_told() -> None:
    """Others hear of a rise, not of a repetition."""
    ledger = ledger_with_head(5)
    mark = Mark("g", "b", "phone", 3, 2)
    assert [RaisedMark("g", Marker("b", 3, 2))] == list(ledger.mark(mark).marks)
    assert [] == list(ledger.mark(mark).marks)


def test_cursors_are_per_device_and_never_go_back() -> None:
    """A cursor rises up to the head; another epoch's changes nothing."""
    ledger = ledger_with_head(5)
    assert [3, 3, 5, 5] == [marked(ledger, epoch=e, seq=s).advance_seq for e, s in ((1, 3), (1, 2), (1, 9), (2, 1))]
    assert {"phone": (1, 5)} == ledger.state.conversations["g"].cursors["b"]


def test_a_cursor_of_a_new_epoch_replaces_the_old() -> None:
    """After a bump the device starts to count again."""
    ledger = ledger_with_head(5)
    marked(ledger, epoch=1, seq=5)
    ledger.append(EpochBump(2))
    assert Marked("g", 0, 0, 2, 2) == marked(ledger, epoch=2, seq=2)


def test_who_is_no_member_marks_nothing() -> None:
    """Refused per mark: the others of the record count."""
    ledger = ledger_with_head(3)
    ledger.ask(kick(9, "a", "b"))
    marks = [Mark(conv, user, "phone", 1) for conv, user in (("g", "b"), ("x", "a"), ("g", "a"))]
    expected: list[Outcome] = [Refused("not_member"), Refused("not_found"), Marked("g", 1, 0, 1, 0)]
    assert [Answer(outcome) for outcome in expected] == list(ledger.mark(*marks).answers)


def test_late_marks_are_void() -> None:
    """Every mark of a record that came after its bound is `expired`."""
    ledger = ledger_with_head(3)
    mark = Mark("g", "b", "phone", 2)
    assert [Answer(Refused("expired"))] * 2 == list(ledger.append(MarksRecord((mark, mark), START_MS * MS)).answers)
    assert {} == ledger.state.conversations["g"].markers
