"""Markers: raised through the host, acknowledged after it, pushed to followers merged per tick."""

from chatproof.reference_server.core.commands import Mark
from chatproof.reference_server.roles.gateway.markers import LARGE_MEMBERS
from tests.reference_server.roles.gateway.bench import SECOND, Bench


def test_what_was_read_was_delivered(bench: Bench) -> None:
    """A read marker raises the delivered one."""
    ann = bench.client("ann")
    ann.ask(receipt={"conv": "g", "read": 1})
    assert Mark("g", "ann", "ann-1", 1, 1) == bench.host.waiting[0][0]
    assert [] == ann.sent()
    bench.host.commit()
    assert {"conv": "g", "delivered": 1, "read": 1} == ann.sent()[0]["ok"]


def test_a_lower_marker_changes_nothing_and_is_acknowledged(bench: Bench) -> None:
    """The reply holds the registers as they are."""
    ann = bench.client("ann")
    for read in (3, 1):
        ann.ask(receipt={"conv": "g", "read": read})
        bench.host.commit()
    assert [3, 3] == [line["ok"]["read"] for line in ann.sent() if "ok" in line]


def test_a_device_says_how_far_it_has_shown(bench: Bench) -> None:
    """`advance` raises the device's cursor."""
    ann = bench.client("ann")
    ann.ask(advance={"conv": "g", "cursor": {"epoch": 1, "seq": 1}})
    bench.host.commit()
    assert {"conv": "g", "cursor": {"epoch": 1, "seq": 1}} == ann.sent()[0]["ok"]


def test_markers_are_pushed_merged(bench: Bench) -> None:
    """All that rose within a tick is one push, with the last state of each member."""
    clients = [bench.client(user) for user in ("ann", "bob", "cleo")]
    clients[2].ask(sub={"stream": "g"})
    clients[2].sent()
    for client in clients[:2]:
        for read in (1, 2):
            client.ask(receipt={"conv": "g", "read": read})
    bench.host.commit()
    bench.pass_time(SECOND)
    pushes = [line["receipt"] for line in clients[2].sent() if "receipt" in line]
    assert [[("ann", 2), ("bob", 2)]] == [[(one["user"], one["read"]) for one in push["markers"]] for push in pushes]


def test_in_a_large_group_only_the_own_marker_is_pushed(bench: Bench) -> None:
    """All markers of all members would cost a frame per reader."""
    bench.host.group("big", *(f"u{number}" for number in range(LARGE_MEMBERS + 1)))
    clients = [bench.client(user) for user in ("u1", "u2")]
    for client in clients:
        client.ask(sub={"stream": "big"})
        client.ask(receipt={"conv": "big", "read": 1})
        client.sent()
    bench.host.commit()
    bench.pass_time(SECOND)
    for client in clients:
        pushed = [one["user"] for line in client.sent() if "receipt" in line for one in line["receipt"]["markers"]]
        assert [client.user] == pushed


def test_a_refused_marker_is_an_error(bench: Bench) -> None:
    """Own streams have no markers, and their names are no conversation ids."""
    ann = bench.client("ann")
    ann.ask(receipt={"conv": "me", "read": 1})
    assert "not_found" == ann.sent()[0]["error"]["code"]
