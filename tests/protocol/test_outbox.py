"""How operations settle: the rules of the error table, attempt by attempt."""

import pytest

from chatproof.protocol import client_limits
from chatproof.protocol.errors import ERRORS, Retry, WireError
from chatproof.protocol.facts import Concluded, Replied
from chatproof.protocol.frames import Send, SendOk
from chatproof.protocol.outbox import Outbox, meaning_of

KEY = "0190aaaa-0000-7000-8000-000000000000"
HELLO = Send("c1", KEY, "hello")
OK = SendOk("c1", 1, 7, 7, 1000)
S = 1_000_000_000
LATE = 100 * S
TRIED_AGAIN = sorted(code for code in ERRORS if meaning_of(code).retry is not Retry.NO)
FINAL = sorted(code for code in ERRORS if meaning_of(code).retry is Retry.NO)


def queued(*ops: int, give_up_ns: int = LATE) -> Outbox:
    """An outbox with these operations, queued at 0."""
    outbox = Outbox(seed=1)
    for op in ops:
        assert outbox.add(op, HELLO, 0, give_up_ns)
    return outbox


def write(outbox: Outbox, now_ns: int = 0) -> list[tuple[int, int]]:
    """Write what is due: (op, attempt)."""
    return [(entry.op, outbox.written(entry)) for entry in outbox.due(now_ns)]


def test_operations_are_written_in_the_order_queued_and_once() -> None:
    """What is in flight is not written again."""
    outbox = queued(3, 1, 2)
    assert [(3, 1), (1, 1), (2, 1)] == write(outbox)
    assert [] == write(outbox)


def test_ok_at_the_first_attempt_is_an_ack() -> None:
    """The attempt and the operation end together."""
    outbox = queued(1)
    write(outbox)
    facts = outbox.accepted(1, 1, OK, was_open=True)
    assert [Replied(1, 1, "ok", "", False, OK), Concluded(1, "ok", "", "ack", OK)] == facts
    assert 0 == len(outbox)


def test_ok_at_a_later_attempt_is_a_retry() -> None:
    """A lost link makes the first attempt unknown; the second one settles."""
    outbox = queued(1)
    write(outbox)
    assert [Replied(1, 1, "unknown", "link_lost", False, None)] == outbox.lost(1, 1, "link_lost", S, backs_off=False)
    assert [(1, 2)] == write(outbox, S)
    assert Concluded(1, "ok", "", "retry", OK) == outbox.accepted(1, 2, OK, was_open=True)[-1]


@pytest.mark.parametrize("code", FINAL)
def test_a_final_error_at_the_first_attempt_fails(code: str) -> None:
    """Every attempt, the only one, certainly had no effect."""
    outbox = queued(1)
    write(outbox)
    facts = outbox.refused(1, 1, code, 0, S)
    assert [Replied(1, 1, "fail", code, True, None), Concluded(1, "fail", code, "none", None)] == facts


@pytest.mark.parametrize("code", FINAL)
def test_a_final_error_after_an_unknown_attempt_is_unknown(code: str) -> None:
    """It says nothing about the attempt before; the attempt itself failed."""
    outbox = queued(1)
    write(outbox)
    outbox.lost(1, 1, "link_lost", S, backs_off=False)
    write(outbox, S)
    facts = outbox.refused(1, 2, code, 0, S)
    assert [Replied(1, 2, "fail", code, True, None), Concluded(1, "unknown", code, "none", None)] == facts


@pytest.mark.parametrize("first", [code for code in TRIED_AGAIN if ERRORS[code].definite])
def test_a_final_error_after_definite_refusals_fails(first: str) -> None:
    """All attempts failed definitely."""
    outbox = queued(1)
    write(outbox)
    outbox.refused(1, 1, first, 0, S)
    outbox.reopened(2 * S)
    write(outbox, 2 * S)
    assert Concluded(1, "fail", "not_member", "none", None) == outbox.refused(1, 2, "not_member", 0, 2 * S)[-1]


@pytest.mark.parametrize("first", [*(code for code in TRIED_AGAIN if not ERRORS[code].definite), "from_the_future"])
def test_a_final_error_after_an_indefinite_one_is_unknown(first: str) -> None:
    """An error that is not definite, and a code that the table lacks, leave a doubt."""
    outbox = queued(1)
    write(outbox)
    assert [Replied(1, 1, "unknown", first, False, None)] == outbox.refused(1, 1, first, 0, S)
    write(outbox, 10 * S)
    assert Concluded(1, "unknown", "not_member", "none", None) == outbox.refused(1, 2, "not_member", 0, 10 * S)[-1]


@pytest.mark.parametrize("code", TRIED_AGAIN)
def test_an_error_that_allows_it_is_tried_again_with_the_same_bytes(code: str) -> None:
    """The operation stays; a new hello makes due what waited for one."""
    outbox = queued(1)
    [entry] = outbox.due(0)
    tail = entry.tail
    outbox.written(entry)
    assert 1 == len(outbox.refused(1, 1, code, 0, S))
    outbox.reopened(S)
    assert [(tail, 2)] == [(entry.tail, outbox.written(entry)) for entry in outbox.due(S)]


def test_unauthorized_waits_for_a_hello() -> None:
    """Time alone changes nothing for a token that is not accepted."""
    outbox = queued(1)
    write(outbox)
    outbox.refused(1, 1, "unauthorized", 0, S)
    assert [] == write(outbox, LATE - 1)
    outbox.reopened(LATE - 1)
    assert [(1, 2)] == write(outbox, LATE - 1)


def test_a_server_says_how_long_to_wait() -> None:
    """`retry_after` is a lower bound."""
    outbox = queued(1)
    write(outbox)
    outbox.refused(1, 1, "overloaded", 3 * S, S)
    assert [] == write(outbox, 4 * S - 1)
    assert [(1, 2)] == write(outbox, 4 * S + client_limits.RETRY_FIRST_NS)


def test_refusals_in_a_row_wait_longer_up_to_a_cap() -> None:
    """Every retry of a live link comes within the cap."""
    outbox = queued(1, give_up_ns=1 << 62)
    now = 0
    for attempt in range(1, 20):
        assert [(1, attempt)] == write(outbox, now)
        outbox.refused(1, attempt, "overloaded", 0, now)
        now += client_limits.RETRY_CAP_NS


def test_what_a_lost_link_left_goes_before_what_was_queued_since() -> None:
    """The order of the queue outlives the link."""
    outbox = queued(1, 2)
    write(outbox)
    outbox.add(3, HELLO, S, LATE)
    for op in (1, 2):
        outbox.lost(op, 1, "link_lost", 2 * S, backs_off=False)
    assert [(1, 2), (2, 2), (3, 1)] == write(outbox, 2 * S)


def test_giving_up_on_what_was_never_written_is_a_failure() -> None:
    """No byte left: certainly no effect."""
    outbox = queued(1, give_up_ns=S)
    [entry] = outbox.overdue(S)
    assert Concluded(1, "fail", "never_sent", "none", None) == outbox.give_up(entry)


def test_giving_up_after_definite_refusals_is_a_failure_with_the_last_code() -> None:
    """All attempts failed definitely, and there will be no other."""
    outbox = queued(1, give_up_ns=S)
    write(outbox)
    outbox.refused(1, 1, "overloaded", 0, 0)
    [entry] = outbox.overdue(S)
    assert Concluded(1, "fail", "overloaded", "none", None) == outbox.give_up(entry)


def test_giving_up_with_a_doubt_is_unknown() -> None:
    """An attempt may have taken effect."""
    outbox = queued(1, give_up_ns=S)
    write(outbox)
    outbox.lost(1, 1, "link_lost", 0, backs_off=False)
    [entry] = outbox.overdue(S)
    assert Concluded(1, "unknown", "gave_up", "none", None) == outbox.give_up(entry)


def test_only_what_is_overdue_is_given_up() -> None:
    """Each operation has its own end; asking early or twice finds nothing new."""
    outbox = queued(1, give_up_ns=S)
    outbox.add(2, HELLO, 0, 2 * S)
    assert [] == list(outbox.overdue(S - 1))
    [first] = outbox.overdue(S)
    outbox.give_up(first)
    assert [] == list(outbox.overdue(2 * S - 1))
    assert [2] == [entry.op for entry in outbox.overdue(2 * S)]


def test_an_unknown_operation_can_be_asked_again_and_goes_on_counting() -> None:
    """The resolve phase: same op, same key; the doubt stays."""
    outbox = queued(1, give_up_ns=S)
    write(outbox)
    outbox.lost(1, 1, "link_lost", 0, backs_off=False)
    outbox.give_up(*outbox.overdue(S))
    assert outbox.add(1, HELLO, 2 * S, LATE)
    assert [(1, 2)] == write(outbox, 2 * S)
    assert Concluded(1, "unknown", "not_member", "none", None) == outbox.refused(1, 2, "not_member", 0, 3 * S)[-1]


def test_an_operation_that_took_effect_and_is_refused_when_asked_again_is_unknown() -> None:
    """Its first answer stands; the refusal cannot make it a failure."""
    outbox = queued(1)
    write(outbox)
    outbox.accepted(1, 1, OK, was_open=True)
    outbox.add(1, HELLO, S, LATE)
    assert [(1, 2)] == write(outbox, S)
    assert Concluded(1, "unknown", "not_member", "none", None) == outbox.refused(1, 2, "not_member", 0, S)[-1]


def test_a_late_ok_settles_and_the_open_attempt_still_gets_its_answer() -> None:
    """The first attempt's answer comes after it was called unknown; the second's answer is an answer of its own."""
    outbox = queued(1)
    write(outbox)
    outbox.lost(1, 1, "timeout", 0, backs_off=True)
    write(outbox, S)
    assert [Concluded(1, "ok", "", "ack", OK)] == outbox.accepted(1, 1, OK, was_open=False)
    assert [Replied(1, 2, "ok", "", False, OK)] == outbox.accepted(1, 2, OK, was_open=True)


def test_the_outbox_is_bounded() -> None:
    """At the bound an operation is refused, not queued; one that is queued already is not a second one."""
    outbox = queued(*range(client_limits.OUTBOX_OPERATIONS))
    assert not outbox.add(-1, HELLO, 0, LATE)
    assert outbox.add(0, HELLO, 0, LATE)
    assert client_limits.OUTBOX_OPERATIONS == len(outbox)


def test_no_unknown_operation_is_ever_forgotten() -> None:
    """At the bound of unresolved operations new ones are refused; the old ones can still be asked again."""
    outbox = Outbox(seed=1)
    for op in range(client_limits.UNRESOLVED_OPERATIONS):
        outbox.add(op, HELLO, 0, 0)
        write(outbox)
        outbox.lost(op, 1, "link_lost", 0, backs_off=False)
        outbox.give_up(*outbox.overdue(0))
    assert not outbox.add(-1, HELLO, 0, LATE)
    assert outbox.add(0, HELLO, 0, LATE)
    assert [(0, 2)] == write(outbox)


def test_a_command_that_no_frame_can_hold_is_refused() -> None:
    """It is never queued."""
    outbox = Outbox(seed=1)
    with pytest.raises(WireError):
        outbox.add(1, Send("c1", KEY, "x" * 300_000), 0, LATE)
    assert 0 == len(outbox)
