"""The wrapped Toxiproxy API: against a fake server for what a real one rarely does, and against a real one."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chatproof.backends import ports
from chatproof.chaos.errors import LinkError
from chatproof.chaos.toxiproxy_api import Proxy, Toxic, ToxiproxyApi

TOXIC = Toxic("partition.upstream", "timeout", "upstream", {"timeout": 0})
PROXY = {"name": "p", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2", "enabled": True, "toxics": []}


class FakeServer(ThreadingHTTPServer):
    """Answers every request with `status` and `body`, or (`silent`) not until `released`."""

    daemon_threads = True
    status = 200
    body = b"{}"
    silent = False

    def __init__(self) -> None:
        super().__init__((ports.LOOPBACK, 0), _Answer)
        self.released = threading.Event()
        self.asked: list[tuple[str, str, Any]] = []


class _Answer(BaseHTTPRequestHandler):
    """One request to the fake."""

    server: FakeServer

    def do_GET(self) -> None:
        """Any verb."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, json.loads(body or b"null")))
        if self.server.silent:
            self.server.released.wait()
            return
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_DELETE = do_GET

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """A fake Toxiproxy."""
    with FakeServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def api_of(server: FakeServer, timeout_s: float = 5.0) -> ToxiproxyApi:
    """The wrapper, pointed at a fake."""
    return ToxiproxyApi(ports.LOOPBACK, server.server_address[1], timeout_s)


@pytest.mark.parametrize("status", [500, 502, 503, 418])
def test_an_error_status_is_an_error(fake: FakeServer, status: int) -> None:
    """The library takes these for success; the wrapper raises, with the status and the server's words."""
    fake.status, fake.body = status, b"out of order"
    with pytest.raises(LinkError, match=f"answered {status} to post /proxies/p/toxics: out of order"):
        api_of(fake).add("p", TOXIC)


def test_a_silent_server_is_an_error_in_time(fake: FakeServer) -> None:
    """A server that never answers is given up after the bound."""
    fake.silent = True
    with pytest.raises(LinkError, match="did not answer get /proxies"):
        api_of(fake, timeout_s=0.05).proxies()


def test_no_server_is_an_error() -> None:
    """A port that nobody listens on is a `LinkError`, not one of the HTTP library's."""
    with pytest.raises(LinkError, match="did not answer"):
        ToxiproxyApi(ports.LOOPBACK, ports.free_ports(1)[0]).version()


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"name": "p"}'])
def test_an_answer_of_another_shape_is_an_error(fake: FakeServer, body: bytes) -> None:
    """What cannot be read as the expected answer never passes for one."""
    fake.body = body
    with pytest.raises(LinkError, match="is not understood"):
        api_of(fake).enable("p", enabled=True)


def test_an_unknown_proxy_is_an_error_except_for_a_removal(fake: FakeServer) -> None:
    """404 is an error for what must exist; what is to be removed may be gone already."""
    fake.status, fake.body = 404, b'{"error":"proxy not found"}'
    api = api_of(fake)
    with pytest.raises(LinkError, match=r"does not know /proxies/p/toxics.*proxy not found"):
        api.toxics("p")
    api.remove("p", "t")
    api.destroy("p")


@pytest.mark.parametrize("status", [400, 409])
def test_a_refusal_is_an_error_in_the_servers_words(fake: FakeServer, status: int) -> None:
    """An invalid or duplicate toxic is refused with the reason."""
    fake.status, fake.body = status, b'{"error":"because"}'
    with pytest.raises(LinkError, match=r"refused post /proxies/p/toxics.*because"):
        api_of(fake).add("p", TOXIC)


def test_a_proxy_that_stays_as_it_was_is_an_error(fake: FakeServer) -> None:
    """An answer that says the opposite of what was asked does not count as done."""
    fake.body = json.dumps(PROXY).encode()
    with pytest.raises(LinkError, match="says enabled=True after it was asked for False"):
        api_of(fake).enable("p", enabled=False)


def test_names_are_quoted(fake: FakeServer) -> None:
    """A name with a slash stays one path segment."""
    api_of(fake).remove("a/b", "c d")
    assert [("DELETE", "/proxies/a%2Fb/toxics/c%20d", None)] == fake.asked


def test_two_servers_do_not_meet(fake: FakeServer) -> None:
    """Host and port belong to the instance, not to the library's class."""
    with FakeServer() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        first, second = api_of(fake), api_of(other)
        first.destroy("one")
        second.destroy("two")
        other.shutdown()
        thread.join()
    assert [["/proxies/one"], ["/proxies/two"]] == [[path for _, path, _ in one.asked] for one in (fake, other)]


def test_a_web_proxy_in_the_environment_is_not_used(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls to Toxiproxy go straight there, whatever HTTP_PROXY says."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{ports.free_ports(1)[0]}")
    api_of(fake).destroy("p")
    assert 1 == len(fake.asked)


@pytest.mark.slow
@pytest.mark.trio
async def test_against_a_real_server(api: ToxiproxyApi) -> None:
    """Create, add, read back, close, open, remove, destroy: each is seen in the next answer."""
    made = api.create("p", "127.0.0.1:0", "127.0.0.1:9")
    api.add("p", TOXIC)
    assert {"p": Proxy("p", made.listen, "127.0.0.1:9", True, (TOXIC,))} == api.proxies()
    with pytest.raises(LinkError, match="refused"):
        api.add("p", TOXIC)
    assert not api.enable("p", enabled=False).enabled
    assert api.enable("p", enabled=True).enabled
    api.remove("p", TOXIC.name)
    assert () == api.toxics("p")
    api.destroy("p")
    assert {} == api.proxies()
