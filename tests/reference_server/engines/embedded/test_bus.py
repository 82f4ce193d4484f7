"""The bus of one process: in order, to everybody, later, and bounded."""

from collections import deque
from collections.abc import Callable

from chatproof.reference_server.engines.embedded.bus import MAX_QUEUED, InProcessBus


def test_everybody_gets_everything_in_order_in_a_later_turn() -> None:
    """The sender's own messages echo; nothing is delivered from inside `publish`."""
    turns: deque[Callable[[], None]] = deque()
    bus = InProcessBus(turns.append)
    received: list[list[bytes]] = [[], []]
    for inbox in received:
        bus.subscribe(inbox.append)
    for message in (b"1", b"2", b"3"):
        bus.publish(message)
    assert [[], []] == received
    turns.popleft()()
    assert [[b"1", b"2", b"3"]] * 2 == received
    assert not turns


def test_an_answer_published_on_receipt_comes_later() -> None:
    """A receiver may publish: its message takes the next turn."""
    turns: deque[Callable[[], None]] = deque()
    bus = InProcessBus(turns.append)
    received: list[bytes] = []

    def answer(message: bytes) -> None:
        received.append(message)
        if message == b"question":
            bus.publish(b"answer")

    bus.subscribe(answer)
    bus.publish(b"question")
    turns.popleft()()
    assert [b"question"] == received
    turns.popleft()()
    assert [b"question", b"answer"] == received


def test_the_queue_is_bounded() -> None:
    """Above the bound messages are dropped and counted: best effort, as promised."""
    bus = InProcessBus(lambda call: None)
    for _ in range(MAX_QUEUED + 3):
        bus.publish(b"")
    assert 3 == bus.dropped
