"""History replies: made of the lines as they were encoded once, and never above the frame limit."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol import limits
from chatproof.protocol.frames import Cursor, Event, HistoryOk, Marker
from chatproof.reference_server.ports.host import Page
from chatproof.reference_server.roles.gateway.pages import Walk, history_ok
from tests.reference_server.roles.gateway.bench import line_of


def page_of(sizes: list[int], first: int = 1, hidden: tuple[tuple[int, int], ...] = (), backward: bool = False) -> Page:
    """A whole page of messages with bodies of these sizes, seqs from `first` on without the hidden ones."""
    seqs = [seq for seq in range(first, 10_000) if not any(low <= seq <= high for low, high in hidden)]
    events = [
        Event("g", 1, seq, 0, "message", "ann", msg_id=seq, body="x" * size)
        for seq, size in zip(seqs, sizes, strict=False)
    ]
    covered = first if backward or not events else events[-1].seq
    return Page([line_of(event) for event in events], events, hidden, covered, Cursor(1, 999), complete=True)


def decoded(page: Page, *, backward: bool = False) -> HistoryOk:
    """The reply, as a client decodes it."""
    reply = history_ok(page, Walk("g", page.head, (Marker("ann", 1, 1),), backward))
    assert len(reply) <= limits.MAX_FRAME_BYTES
    return msgspec.json.decode(reply, type=HistoryOk)


def test_a_page_arrives_as_it_was() -> None:
    """Events, gaps, markers, next and head."""
    page = page_of([3, 0, 5], hidden=((2, 4),))
    reply = decoded(page)
    assert tuple(page.events) == reply.events
    assert [(2, 4)] == [(gap.from_seq, gap.to_seq) for gap in reply.gaps]
    assert (Cursor(1, 6), True) == (reply.next, reply.complete)
    assert (Marker("ann", 1, 1),) == reply.markers


def test_an_empty_page_is_a_page() -> None:
    """Nothing to see, and the walk is over."""
    assert () == decoded(page_of([])).events


@pytest.mark.slow
@pytest.mark.parametrize("backward", [False, True])
@given(sizes=st.lists(st.integers(0, limits.MAX_BODY_BYTES), min_size=1, max_size=60))
def test_a_large_page_is_cut_where_its_walk_continues(sizes: list[int], backward: bool) -> None:
    """What is left out begins exactly where `next` points, in either direction."""
    page = page_of(sizes, first=5, backward=backward)
    reply = decoded(page, backward=backward)
    seqs = [event.seq for event in reply.events]
    everything = [event.seq for event in page.events]
    assert (everything[-len(seqs) :] if backward else everything[: len(seqs)]) == seqs
    assert (len(seqs) == len(everything)) == reply.complete
    if not reply.complete:
        assert (seqs[0] if backward else seqs[-1]) == reply.next.seq
