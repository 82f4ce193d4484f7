"""The fold: the order of its decisions, and what each record means."""

from __future__ import annotations

import pytest

from chatproof.reference_server.core.commands import Answer, Appended, Refused
from chatproof.reference_server.core.fold import OutOfOrder, UnknownVersion, apply
from chatproof.reference_server.core.records import (
    CommandRecord,
    EpochBump,
    FoldVersion,
    ForgetBefore,
    KeyedCommand,
    SetLimits,
    Tick,
)
from chatproof.reference_server.core.state import PartitionState
from tests.reference_server.core.ledger import FOREVER_NS, MS, START_MS, Ledger, group, key, kick, leave, message


def code(answer: Answer) -> str:
    """The refusal's code, empty when it was accepted."""
    return answer.outcome.code if isinstance(answer.outcome, Refused) else ""


def test_seqs_are_contiguous_from_one() -> None:
    """The create event takes 1, and every event the next."""
    ledger = Ledger()
    assert [1, 2, 3] == [ledger.seq_of(command) for command in (group(1, "a"), message(2, "a"), message(3, "a"))]


def test_a_retry_gets_the_first_outcome() -> None:
    """The same key and body: the same outcome, marked as a duplicate, and no event."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    first = ledger.ask(message(2, "a"))
    again = ledger.append(CommandRecord(message(2, "a"), FOREVER_NS))
    assert (Answer(first.outcome, duplicate=True), ()) == (again.answers[0], again.emitted)


def test_a_retry_after_a_kick_still_gets_the_first_seq() -> None:
    """Dedupe is decided before membership."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    seq = ledger.seq_of(message(2, "b"))
    ledger.ask(kick(3, "a", "b"))
    assert seq == ledger.seq_of(message(2, "b"))
    assert "not_member" == code(ledger.ask(message(4, "b")))


def test_another_body_under_a_key_is_refused_and_changes_nothing() -> None:
    """`different_body` leaves the memory alone: the first body still gets its seq."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    seq = ledger.seq_of(message(2, "a"))
    assert "different_body" == code(ledger.ask(message(2, "a", "other")))
    assert seq == ledger.seq_of(message(2, "a"))


def test_the_same_key_of_another_user_is_another_key() -> None:
    """Keys are scoped to conversation and user."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    assert [2, 3] == [ledger.seq_of(message(2, "a")), ledger.seq_of(message(2, "b"))]


def test_a_key_used_for_another_kind_of_command_is_another_body() -> None:
    """A send's key cannot be spent again on a leave."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    ledger.ask(message(2, "a"))
    assert "different_body" == code(ledger.ask(leave(2, "a")))


def test_a_refusal_is_remembered() -> None:
    """What was refused as definite never takes effect under its key, whatever changes."""
    ledger = Ledger()
    refused = ledger.ask(message(2, "a"))
    ledger.ask(group(1, "a"))
    assert "not_found" == code(refused)
    assert Answer(refused.outcome, duplicate=True) == ledger.ask(message(2, "a"))


def test_a_late_record_is_void() -> None:
    """Appended after its bound it is `expired`, makes no event, and is not remembered."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    late = ledger.ask(message(2, "a"), not_after_ns=START_MS * MS)
    assert "expired" == code(late)
    assert 2 == ledger.seq_of(message(2, "a"))


def test_a_late_retry_is_void_although_its_key_is_known() -> None:
    """`not_after` is decided before dedupe."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    ledger.ask(message(2, "a"))
    assert "expired" == code(ledger.ask(message(2, "a"), not_after_ns=START_MS * MS))


def test_a_record_at_its_bound_counts() -> None:
    """The bound is inclusive."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    assert "" == code(ledger.ask(message(2, "a"), not_after_ns=(START_MS + 2) * MS))


def test_a_forgotten_key_is_refused_not_repeated() -> None:
    """After `forget_before` an older key can cause a refusal, never a second message."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    ledger.ask(message(2, "a"))
    ledger.append(ForgetBefore(START_MS + 1))
    assert "stale_key" == code(ledger.ask(message(2, "a")))
    assert 0 == len(ledger.state.memory)
    assert 2 == ledger.state.conversations["g"].head


def test_a_key_as_old_as_the_window_is_kept() -> None:
    """`forget_before(t)` evicts what is before t, and t never goes back."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    seq = ledger.seq_of(message(2, "a"))
    ledger.append(ForgetBefore(START_MS))
    ledger.append(ForgetBefore(5))
    assert START_MS == ledger.state.forget_before_ms
    assert seq == ledger.seq_of(message(2, "a"))


@pytest.mark.parametrize("bad", ["", "no-key", key(1).replace("-7", "-4", 1)])
def test_what_is_no_uuid7_is_a_bad_key(bad: str) -> None:
    """A key without a time could never be forgotten."""
    ledger = Ledger()
    command = message(2, "a")
    bad_command = type(command)(command.conv, command.user, command.device, bad, command.body)
    assert "bad_key" == code(ledger.ask(bad_command))


def test_ts_never_goes_back() -> None:
    """A log clock that stands still or goes back gives the last `ts` again."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    times = (START_MS + 90, START_MS + 50)
    outcomes = [
        ledger.append(CommandRecord(message(n, "a"), FOREVER_NS), time_ms).answers[0].outcome
        for n, time_ms in enumerate(times, 2)
    ]
    assert [START_MS + 90] * 2 == [outcome.ts for outcome in outcomes if isinstance(outcome, Appended)]


def test_an_epoch_bump_shows_in_later_events_only() -> None:
    """Outcomes already given keep their epoch; a bump never lowers it."""
    ledger = Ledger()
    ledger.ask(group(1, "a"))
    before = ledger.ask(message(2, "a"))
    ledger.append(EpochBump(3))
    ledger.append(EpochBump(2))
    after = ledger.ask(message(3, "a")).outcome
    assert Answer(before.outcome, duplicate=True) == ledger.ask(message(2, "a"))
    assert isinstance(after, Appended)
    assert (3, 3) == (after.epoch, after.seq)


def test_limits_come_from_the_log() -> None:
    """A body is measured in UTF-8 bytes against the limit in force at its offset."""
    ledger = Ledger()
    ledger.ask(group(1, "a", "b"))
    ledger.append(SetLimits(max_members=2, max_body_bytes=4))
    tried: list[KeyedCommand] = [message(2, "a", "éé"), message(3, "a", "ééé"), group(4, *"abc", conv="h")]
    assert ["", "too_large", "too_large"] == [code(ledger.ask(command)) for command in tried]


def test_an_offset_that_does_not_follow_is_an_error() -> None:
    """A missing or repeated record can never be folded over."""
    ledger = Ledger()
    for offset in (0, 2):
        with pytest.raises(OutOfOrder):
            apply(ledger.state, Tick(), offset, 0)


def test_an_unknown_version_is_an_error() -> None:
    """A log that asks for another fold, or for none, is not folded."""
    with pytest.raises(UnknownVersion):
        apply(PartitionState(), Tick(), 0, 0)
    with pytest.raises(UnknownVersion):
        Ledger().append(FoldVersion(99))
