"""Requests that wait for their reply."""

from chatproof.protocol import client_limits
from chatproof.protocol.exchanges import Exchange, Exchanges, ForLink, ForOperation
from chatproof.protocol.frames import Ping

LINK = ForLink()


def operation(op: int) -> ForOperation:
    """The owner of an operation's first attempt."""
    return ForOperation(op, 1, Ping())


def test_a_reply_finds_its_request_once() -> None:
    """A second reply to one id, or a reply nobody asked for, finds nothing."""
    exchanges = Exchanges()
    request_id = exchanges.begin("ping", LINK, 10)
    assert (Exchange("ping", LINK, 10), True) == exchanges.end(request_id)
    assert [None, None] == [exchanges.end(request_id), exchanges.end(99)]


def test_ids_are_never_used_twice() -> None:
    """Not even on the next link."""
    exchanges = Exchanges()
    first = exchanges.begin("ping", LINK, 10)
    exchanges.clear()
    assert first < exchanges.begin("ping", LINK, 10)


def test_a_deadline_makes_a_request_late_but_not_unknown() -> None:
    """Its reply is still understood, as a late one."""
    exchanges = Exchanges()
    slow = exchanges.begin("ping", LINK, 10)
    exchanges.begin("ping", LINK, 20)
    assert [] == list(exchanges.expired(9))
    assert [Exchange("ping", LINK, 10)] == list(exchanges.expired(10))
    assert [] == list(exchanges.expired(19))
    assert (Exchange("ping", LINK, 10), False) == exchanges.end(slow)


def test_an_operation_that_ended_leaves_its_request_late() -> None:
    """Others are untouched."""
    exchanges = Exchanges()
    mine, other = exchanges.begin("send", operation(1), 10), exchanges.begin("send", operation(2), 10)
    exchanges.abandon(1)
    assert [False, True] == [exchanges.end(each)[1] for each in (mine, other)]  # type: ignore[index]


def test_a_lost_link_returns_what_was_waited_for_in_order() -> None:
    """Late ones were reported before."""
    exchanges = Exchanges()
    exchanges.begin("send", operation(1), 5)
    for op in (2, 3):
        exchanges.begin("send", operation(op), 10)
    exchanges.expired(5)
    assert [operation(2), operation(3)] == [exchange.owner for exchange in exchanges.clear()]
    assert [] == list(exchanges.clear())


def test_late_requests_are_bounded() -> None:
    """The oldest is forgotten."""
    exchanges = Exchanges()
    ids = [exchanges.begin("ping", LINK, 1) for _ in range(client_limits.LATE_REPLIES + 1)]
    exchanges.expired(1)
    assert [True, False] == [exchanges.end(ids[0]) is None, exchanges.end(ids[1]) is None]
