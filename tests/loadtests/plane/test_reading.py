"""Reads: recorded before they are asked, walked page by page, repeated after a failure, given up at a bound."""

from chatproof.drivers.interface import Item, PageRead, RepairStarted
from chatproof.loadtests.plane.audit import AT_ONCE, Audit
from chatproof.loadtests.plane.reading import Walk
from chatproof.protocol.bodies import body_hash, body_of
from tests.loadtests.bench import SEED, Bench

BODY = body_of(SEED, 9 << 32 | 4)


def page(bench: Bench, *, outcome: str = "ok", next_after: int = 2, complete: bool = False) -> None:
    """Answer the last read that the session was asked for, with two events."""
    items = [Item(1, next_after - 1, 0, "join", 1, "", "", 5), Item(1, next_after, 2, "message", 1, "key", BODY, 6)]
    read = bench.session.reads[-1].read
    answer = PageRead(read, outcome, "", 1, items if outcome == "ok" else (), next_after, 9, complete)  # type: ignore[arg-type]
    bench.witness(bench.device, [answer], 100)


def walk(bench: Bench, **changes: object) -> Walk:
    """A walk through conversation 5, begun."""
    fields = {"after": 0, "limit": 50, "direction": "forward", "purpose": "audit", **changes}
    return bench.reading.begin(Walk(bench.device, 5, **fields))  # type: ignore[arg-type]


def test_a_walk_goes_on_until_its_range_is_complete() -> None:
    """Each page is a read of its own and names its walk; only the last is complete."""
    bench = Bench()
    walking = walk(bench)
    page(bench, next_after=2)
    page(bench, next_after=4, complete=True)
    assert [0, 2] == [read.after for read in bench.session.reads]
    begun, ended = bench.writer.of("reads.begin"), bench.writer.of("reads.end")
    assert [walking.first_read] * 2 == [row["walk"] for row in begun]
    assert [(1, 2, False), (3, 4, True)] == [(row["from_seq"], row["to_seq"], row["complete"]) for row in ended]
    assert walking.is_over
    assert not walking.has_failed


def test_items_are_recorded_in_their_order_with_hash_and_operation() -> None:
    """An event that is no message has neither."""
    bench = Bench()
    walk(bench)
    page(bench)
    assert [(0, "join", None, None), (1, "message", 9 << 32 | 4, body_hash(BODY))] == [
        (row["pos"], row["event"], row["op"], row["body_hash"]) for row in bench.writer.of("read_items")
    ]


def test_a_failed_page_is_asked_for_again() -> None:
    """From the same place, as another read."""
    bench = Bench()
    walk(bench)
    page(bench, outcome="unknown")
    first, second = bench.session.reads
    assert (first.after, first.limit) == (second.after, second.limit)
    assert first.read != second.read


def test_a_walk_whose_pages_keep_failing_gives_up() -> None:
    """Bounded, so that an audit ends."""
    bench = Bench()
    walking = walk(bench)
    while not walking.is_over:
        page(bench, outcome="unknown")
    assert walking.has_failed


def test_a_single_page_is_a_walk_of_one() -> None:
    """People scroll; they do not read to the end."""
    bench = Bench()
    walking = walk(bench, purpose="app", pages=1)
    page(bench)
    assert walking.is_over
    assert 1 == len(bench.session.reads)


def test_a_repair_is_a_read_with_an_id_of_our_own() -> None:
    """The session numbers its repairs below zero, and each session for itself."""
    bench = Bench()
    bench.witness(bench.device, [RepairStarted(5, 3, 100, -1), PageRead(-1, "ok", "", 1, (), 9, 9, True)], 100)
    (begun,), (ended,) = bench.writer.of("reads.begin"), bench.writer.of("reads.end")
    assert ("repair", "3") == (begun["purpose"], begun["cursor"])
    assert begun["read"] == ended["read"] > 0


def test_an_audit_reads_a_few_walks_at_a_time() -> None:
    """An audit is no load test."""
    bench = Bench()
    walks = [
        Walk(bench.device, 5, after=0, limit=50, direction="forward", purpose="audit") for _ in range(AT_ONCE + 1)
    ]
    audit = Audit(walks, bench.reading)
    audit.advance()
    assert AT_ONCE == len(bench.session.reads)
    page(bench, complete=True)
    audit.advance()
    assert AT_ONCE + 1 == len(bench.session.reads)
    assert AT_ONCE == audit.left
