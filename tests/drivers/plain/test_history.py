"""History pages as a session asks for them and hands them on."""

from collections.abc import Iterable

from chatproof.drivers.interface import HeadSeen, PageRead, Read
from chatproof.drivers.plain import Me, Page, Word
from chatproof.drivers.plain.history import AT_ONCE
from tests.drivers.plain.parrot import Parrot, Table


def test_only_some_pages_are_under_way_at_once() -> None:
    """The next one is asked for when one has come, in the order in which they were wanted."""
    table = Table(Parrot())
    table.connect()
    for number in range(1, AT_ONCE + 3):
        table.session.read(Read(number, 0, number, 20))
    assert [f"page {number} tea {number} 0 20" for number in range(1, AT_ONCE + 1)] == table.written()
    table.hear(["page", 2, [], False])
    assert [f"page {AT_ONCE + 1} tea {AT_ONCE + 1} 0 20"] == table.written()


def test_the_newest_page_shows_the_head() -> None:
    """Read backward from the end, and only then: an older page shows none."""
    table = Table(Parrot())
    table.connect()
    table.session.read(Read(1, 0, 0, 20, "backward"))
    table.written()
    page, head = table.hear(["page", 1, [3, 8], True])
    assert (3, HeadSeen(0, 1, 8, "read")) == (page.next_after, head)
    table.session.read(Read(2, 0, 3, 20, "backward"))
    assert ["page 2 tea 0 3 20"] == table.written()
    assert [PageRead] == [type(each) for each in table.hear(["page", 2, [1, 2], False])]


def test_a_page_with_the_newest_first_is_turned_round() -> None:
    """Where the dialect says so."""

    class Falling(Parrot):
        def heard(self, me: Me, frame: bytes) -> Iterable[Word]:
            for word in super().heard(me, frame):
                yield word._replace(newest_first=True) if isinstance(word, Page) else word

    table = Table(Falling())
    table.connect()
    table.session.read(Read(1, 0, 0, 20))
    table.written()
    (page,) = table.hear(["page", 1, [8, 3], True])
    assert ([3, 8], 8) == ([item.seq for item in page.items], page.next_after)
