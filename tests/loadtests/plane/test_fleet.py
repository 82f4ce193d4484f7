"""All devices together: what is told of those that are not live."""

import asyncio

from chatproof.drivers.interface import CaughtUp
from chatproof.loadtests.plane.fleet import Fleet
from tests.loadtests.bench import CONVS, Bench


def fleet_of(*benches: Bench) -> Fleet:
    """A fleet that nobody beats."""
    return Fleet({number: bench.device for number, bench in enumerate(benches)}, lambda: 0, asyncio.TaskGroup())


def test_the_device_that_met_with_trouble_tells_why() -> None:
    """Rather than one that only waits for its turn."""
    waiting, refused = Bench(), Bench()
    refused.device.trouble = "its handshake was refused: HTTP 503"
    assert "device 3: its handshake was refused: HTTP 503" == fleet_of(waiting, refused).hindrance
    assert "device 3: the target has not accepted its session" == fleet_of(waiting).hindrance


def test_where_all_are_live_nothing_is_told() -> None:
    """Whatever they met with before."""
    bench = Bench()
    bench.connect()
    bench.device.trouble = "the connection was lost"
    bench.session.says = [CaughtUp(conv, 0) for conv in CONVS]
    bench.device.frame_came(b"")
    assert "" == fleet_of(bench).hindrance
