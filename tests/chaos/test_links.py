"""Links over a real Toxiproxy: broken and mended by fault kind, and read back."""

import pytest
import trio

from chatproof.backends import ports
from chatproof.chaos.errors import LinkError
from chatproof.chaos.faults import LinkFault
from chatproof.chaos.links import TOXIC_OF, Leftover, Links, toxics_of
from chatproof.chaos.toxiproxy_api import Toxic, ToxiproxyApi
from chatproof.drivers.interface import Endpoint

TWO_PORTS = Endpoint(ws="ws://127.0.0.1:9/v1/ws", http="http://127.0.0.1:10")


def test_every_fault_acts_both_ways_on_every_connection() -> None:
    """Each kind is one toxic per direction, named after it, with toxicity 1 (a share of connections, not messages)."""
    for kind in TOXIC_OF:
        toxics = toxics_of(kind, 5)
        assert [f"{kind}.upstream", f"{kind}.downstream"] == [toxic.name for toxic in toxics]
        assert [1.0, 1.0] == [toxic.toxicity for toxic in toxics]


def test_only_latency_takes_a_time() -> None:
    """`latency_ms` is the delay each way; a partition's timeout stays 0, which means for ever."""
    assert {"latency": 5, "jitter": 0} == toxics_of("latency", 5)[0].attributes
    assert {"timeout": 0} == toxics_of("partition", 5)[0].attributes


@pytest.mark.slow
@pytest.mark.trio
async def test_a_link_has_a_proxy_per_port(api: ToxiproxyApi, links: Links) -> None:
    """The endpoint through a link keeps paths and goes to the proxies; the first bears the link's name."""
    seen = await links.create("link-0", TWO_PORTS)
    listens = {name: proxy.listen for name, proxy in api.proxies().items()}
    assert Endpoint(ws=f"ws://{listens['link-0']}/v1/ws", http=f"http://{listens['link-0.1']}") == seen


@pytest.mark.slow
@pytest.mark.trio
async def test_a_link_to_one_port_has_one_proxy(api: ToxiproxyApi, links: Links) -> None:
    """Where WebSocket and HTTP share a port they share the proxy."""
    await links.create("link-0", Endpoint(ws="ws://127.0.0.1:9/", http="http://127.0.0.1:9"))
    assert ["link-0"] == list(api.proxies())


@pytest.mark.slow
@pytest.mark.trio
async def test_a_url_without_a_port_means_its_schemes_port(api: ToxiproxyApi, links: Links) -> None:
    """`ws://host/` is port 80 of that host."""
    await links.create("link-0", Endpoint(ws="ws://127.0.0.1/ws", http="http://127.0.0.1"))
    assert {"link-0": "127.0.0.1:80"} == {name: proxy.upstream for name, proxy in api.proxies().items()}


@pytest.mark.slow
@pytest.mark.trio
@pytest.mark.parametrize("kind", list(TOXIC_OF))
async def test_broken_and_mended(api: ToxiproxyApi, links: Links, kind: LinkFault) -> None:
    """A fault is on every proxy of its link and on no other; mended, nothing is left. Mending twice is no error."""
    await links.create("link-0", TWO_PORTS)
    await links.create("link-1", TWO_PORTS)
    await links.break_link("link-0", kind, 20)
    names = [f"{kind}.upstream", f"{kind}.downstream"]
    expected = [Leftover(proxy, name) for proxy in ("link-0", "link-0.1") for name in names]
    assert sorted(expected) == sorted(await links.leftovers())
    await links.mend_link("link-0", kind)
    await links.mend_link("link-0", kind)
    assert [] == await links.leftovers()


@pytest.mark.slow
@pytest.mark.trio
async def test_mending_one_fault_leaves_the_other(links: Links) -> None:
    """Two faults of different kinds on one link are undone one by one."""
    await links.create("link-0", Endpoint(ws="ws://127.0.0.1:9/", http="http://127.0.0.1:9"))
    await links.break_link("link-0", "latency", 20)
    await links.break_link("link-0", "stall")
    await links.mend_link("link-0", "latency")
    assert {"stall.upstream", "stall.downstream"} == {one.what for one in await links.leftovers()}


@pytest.mark.slow
@pytest.mark.trio
async def test_mend_all_finds_by_looking(api: ToxiproxyApi, links: Links) -> None:
    """Toxics and closed proxies that nobody remembers are undone as well."""
    await links.create("link-0", TWO_PORTS)
    api.add("link-0", Toxic("a stranger's", "timeout", "upstream", {"timeout": 0}))
    api.enable("link-0.1", enabled=False)
    assert {Leftover("link-0", "a stranger's"), Leftover("link-0.1", "disabled")} == set(await links.leftovers())
    await links.mend_all()
    assert [] == await links.leftovers()


@pytest.mark.trio
async def test_an_unknown_link_is_named() -> None:
    """Breaking a link that was never made says so."""
    with pytest.raises(LinkError, match="there is no link link-9"):
        await Links(ToxiproxyApi(ports.LOOPBACK, 1)).break_link("link-9", "stall")


class Forgetful(ToxiproxyApi):
    """A Toxiproxy that accepts toxics and has none."""

    def add(self, name: str, toxic: Toxic) -> None:
        """Accept, and forget."""

    def remove(self, name: str, toxic: str) -> None:
        """Accept, and keep."""


@pytest.mark.slow
@pytest.mark.trio
async def test_a_toxic_that_is_not_there_is_an_error(api: ToxiproxyApi) -> None:
    """What was accepted is read back: a fault that is not there is never called confirmed."""
    api.version()
    links = Links(_forgetful(api))
    await links.create("link-0", TWO_PORTS)
    with pytest.raises(LinkError, match="accepted by proxy link-0 but is not there"):
        await links.break_link("link-0", "partition")


@pytest.mark.slow
@pytest.mark.trio
async def test_a_toxic_that_stays_is_an_error(api: ToxiproxyApi) -> None:
    """What was removed is read back: a fault that is still there is never called undone."""
    links = Links(_forgetful(api))
    await links.create("link-0", TWO_PORTS)
    api.add("link-0", toxics_of("partition")[0])
    with pytest.raises(LinkError, match="are still there after their removal"):
        await links.mend_link("link-0", "partition")
    with pytest.raises(LinkError, match=r"left broken: partition.upstream of link-0"):
        await links.mend_all()


def _forgetful(api: ToxiproxyApi) -> Forgetful:
    """A forgetful view of the same server."""
    host, port = api.address
    return Forgetful(host, port)


@pytest.mark.slow
@pytest.mark.trio
async def test_a_reset_cuts_idle_connections_too(links: Links) -> None:
    """The toxic alone waits for the next byte; a reset cuts every open connection, once."""
    listeners = await trio.open_tcp_listeners(0, host=ports.LOOPBACK)
    port = listeners[0].socket.getsockname()[1]
    seen = await links.create("link-0", Endpoint(ws=f"ws://127.0.0.1:{port}/", http=f"http://127.0.0.1:{port}"))
    client = await trio.open_tcp_stream(ports.LOOPBACK, int(seen.http.rsplit(":")[-1]))
    server = await listeners[0].accept()
    await links.break_link("link-0", "reset")
    with trio.fail_after(5):
        assert [b"", b""] == [await _end_of(client), await _end_of(server)]
    for one in (client, server, listeners[0]):
        await one.aclose()


async def _end_of(stream: trio.SocketStream) -> bytes:
    """What an idle connection yields at its end; a reset counts as an end."""
    try:
        return bytes(await stream.receive_some())
    except trio.BrokenResourceError:
        return b""
