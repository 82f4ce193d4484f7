"""The presence role on its bus: the gateway hears of changes, and later items carry later versions."""

from collections import deque
from collections.abc import Callable

from chatproof.reference_server.engines.embedded.bus import InProcessBus
from chatproof.reference_server.roles.presence.board import Board


class Loop:
    """Calls that wait for the loop's next turn, and a clock."""

    def __init__(self) -> None:
        self.calls: deque[Callable[[], None]] = deque()
        self.now_ns = 0

    def turn(self) -> None:
        """Run what waits, and what that adds."""
        while self.calls:
            self.calls.popleft()()

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns


def test_changes_reach_the_listener_and_the_other_node() -> None:
    """Two boards share a bus: what one shows, the other tells its gateway."""
    loop = Loop()
    bus = InProcessBus(loop.calls.append)
    boards = [Board(name, 7, bus, loop) for name in ("a", "b")]
    heard: list[str] = []
    boards[1].listen(heard.append)
    for board in boards:
        board.tick()
    loop.turn()
    boards[0].show("ann", "phone", "s1", visible=True)
    loop.turn()
    assert ["ann"] == heard
    assert ["online", "online"] == [board.item("ann").state for board in boards]


def test_a_later_item_has_a_later_version() -> None:
    """(incarnation, ver) orders what one connection is told, also when the state is the same."""
    loop = Loop()
    board = Board("a", 7, InProcessBus(loop.calls.append), loop)
    items = [board.item("ann"), board.item("bob"), board.item("ann")]
    assert [(7, 1), (7, 2), (7, 3)] == [(item.incarnation, item.ver) for item in items]


def test_statistics_name_the_registers() -> None:
    """Registers, other nodes, and whether it is frozen."""
    loop = Loop()
    board = Board("a", 7, InProcessBus(loop.calls.append), loop)
    board.show("ann", "phone", "s1", visible=True)
    assert {"registers": 1, "other_nodes": 0, "frozen": 0.0} == board.statistics()
