"""Receipts, presence and heartbeats of a dialect that has words for them."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from chatproof.drivers.interface import MarkerSeen, MustClose, Operation, PresenceSeen
from chatproof.drivers.plain import Mark, Marked, Me, PongHeard, Present, Word
from chatproof.protocol.errors import CloseCode
from tests.drivers.plain.parrot import Parrot, Table


class Signalling(Parrot):
    """And it knows who has read what, and who is here."""

    def mark(self, me: Me, mark: Mark) -> str:
        return f"mark {mark.ref} {mark.room} {mark.message} {mark.what}"

    def show(self, me: Me, ref: int, state: Literal["online", "offline"]) -> str:
        return f"show {ref} {state}"

    def ping(self, me: Me, ref: int) -> str:
        return "ping"

    def heard(self, me: Me, frame: bytes) -> Iterable[Word]:
        match msgspec.json.decode(frame):
            case ["read", room, user, number]:
                yield Marked(room, user, 0, number)
            case ["here", user, version]:
                yield Present(user, "online", version)
            case "pong":
                yield PongHeard()
            case _:
                yield from super().heard(me, frame)


def joined() -> Table:
    """A device that is in."""
    table = Table(Signalling(receipts=True, presence=True))
    table.connect()
    return table


def test_receipts_and_presence_are_operations() -> None:
    """Each is written with a reference of its own, and is over when that is answered."""
    table = joined()
    table.session.do(Operation(7, "receipt", 0, seq=5), 0, 10**12)
    table.session.do(Operation(8, "presence", state="offline"), 0, 10**12)
    assert ["mark 1 tea 5 read", "show 2 offline"] == table.written()
    table.hear(["ok", 1, 0], ["ok", 2, 0])
    assert 0 == table.session.pending()


def test_what_others_read_and_who_is_there_is_seen() -> None:
    """Of users and rooms that the roster knows; of others nothing is told."""
    table = joined()
    assert [MarkerSeen(1, 1, 0, 5, "push")] == table.hear(["read", "pub", "bob", 5])
    assert [PresenceSeen(1, "online", 0, 3, "push")] == table.hear(["here", "bob", 3])
    assert [] == table.hear(["read", "pub", "eve", 5], ["read", "cellar", "bob", 5], ["here", "eve", 3])


def test_a_heartbeat_is_written_three_times_in_the_silence_that_ends_a_link() -> None:
    """And its answer says nothing else."""
    table = joined()
    table.wait(4.9)
    assert [] == table.written()
    table.wait(0.1)
    assert ["ping"] == table.written()
    assert [] == table.written()
    assert [] == table.hear("pong")


def test_a_link_that_only_listens_is_given_up_when_nothing_follows_its_heartbeats() -> None:
    """The silence counts from the first of them; later ones do not put it off."""
    table = joined()
    for _ in range(3):
        table.wait(5.0)
        assert ["ping"] == table.written()
    assert [] == table.wait(5.0)
    assert [MustClose(CloseCode.HEARTBEAT, "nothing came for too long")] == table.wait(0.1)


def test_whatever_follows_a_heartbeat_answers_it() -> None:
    """Also a message that comes anyway: somebody is there."""
    table = joined()
    for _ in range(5):
        table.wait(5.0)
        assert ["ping"] == table.written()
        table.hear(["here", "bob", 3])
    assert [] == table.wait(14.9)
