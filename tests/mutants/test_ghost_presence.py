"""Whom the server shows online after it was killed."""

from pathlib import Path

from chatproof.mutants.ghost_presence import broken
from chatproof.reference_server.composition import Parts, healthy_parts
from chatproof.reference_server.engines.embedded.bus import InProcessBus
from chatproof.reference_server.engines.embedded.clock import SystemClock
from chatproof.reference_server.roles.gateway.gateway import Identity
from chatproof.reference_server.roles.presence.board import Board


def life(parts: Parts, directory: Path, incarnation: int) -> Board:
    """The presence role of one life of a node; a kill is that nobody calls it any more."""
    return parts.board(Identity("n", incarnation), InProcessBus(lambda _: None), SystemClock(), directory)


def states(board: Board) -> list[str]:
    """How ann, bob and cleo are shown."""
    return [board.item(user).state for user in ("ann", "bob", "cleo")]


def test_who_was_online_at_the_kill_stays_so(tmp_path: Path) -> None:
    """But for those who had left before; the healthy server knows nobody after a kill."""
    healthy = healthy_parts()
    for parts, after in ((healthy, ["offline"] * 3), (broken(healthy), ["online", "online", "offline"])):
        board = life(parts, tmp_path, 1)
        for user in ("ann", "bob", "cleo"):
            board.show(user, "phone", f"{user}-1", visible=True)
        board.clear("cleo", "phone", "cleo-1")
        assert ["online", "online", "offline"] == states(board)
        assert after == states(life(parts, tmp_path, 2))


def test_a_ghost_goes_when_its_device_comes_back(tmp_path: Path) -> None:
    """Then its sessions begin and end as they should, also when a newer one takes over from an older."""
    parts = broken(healthy_parts())
    life(parts, tmp_path, 1).show("ann", "phone", "ann-1", visible=True)
    board = life(parts, tmp_path, 2)
    board.show("ann", "phone", "ann-2", visible=True)
    board.show("ann", "phone", "ann-3", visible=True)
    board.clear("ann", "phone", "ann-2")
    assert "online" == board.item("ann").state
    board.clear("ann", "phone", "ann-3")
    assert "offline" == board.item("ann").state
    assert "offline" == life(parts, tmp_path, 3).item("ann").state
