"""Obtaining Toxiproxy in every way there is, with fake programs; and running the real one."""

import json
import signal
import threading
import urllib.request
from pathlib import Path

import pytest
import trio

from chatproof.backends import go, ports, toxiproxy
from chatproof.backends.errors import BackendDied, BackendMissing, BackendNotReady
from chatproof.backends.toxiproxy import VERSION, ToxiproxyBinary

SAYS_VERSION = f"echo toxiproxy-server version {VERSION}"


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fake_go(path: Path, server: str = SAYS_VERSION) -> go.Toolchain:
    """A Go whose builds are shell scripts; each leaves a line in `<path>.builds`."""
    made = '"$GOBIN/server"'
    build = f"echo built >> {path}.builds; printf '#!/bin/sh\\n{server}\\n' > {made}; chmod +x {made}"
    return go.Toolchain(script(path, f"PATH=/usr/bin:/bin; {build}"), None, "a fake Go")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty PATH and a cache of its own."""
    return {"PATH": str(tmp_path / "bin"), "CHATPROOF_CACHE": str(tmp_path / "cache")}


def test_the_path_comes_first(tmp_path: Path, environ: dict[str, str]) -> None:
    """A recent `toxiproxy-server` on the PATH is used, and its version read."""
    path = script(tmp_path / "bin" / "toxiproxy-server", "echo toxiproxy-server version 2.9.0")
    assert ToxiproxyBinary(path, "2.9.0", "on the PATH") == toxiproxy.obtain(environ=environ, toolchains=[])


@pytest.mark.parametrize("said", ["2.1.4", "3.0.0", "git", ""])
def test_an_unsuitable_one_on_the_path_is_passed_over(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    """Too old, of another major version, or unable to say: never run."""
    script(tmp_path / "bin" / "toxiproxy-server", f"echo toxiproxy-server version {said}")
    assert toxiproxy.find(environ=environ) is None


def test_it_is_built_once(tmp_path: Path, environ: dict[str, str]) -> None:
    """The first call builds into the cache and says so; the second finds it there."""
    sayings: list[str] = []
    tools = [fake_go(tmp_path / "go")]
    built = toxiproxy.obtain(environ=environ, toolchains=tools, say=sayings.append)
    again = toxiproxy.obtain(environ=environ, toolchains=tools, say=sayings.append)
    path = tmp_path / "cache" / "toxiproxy" / VERSION / "toxiproxy-server"
    assert ToxiproxyBinary(path, VERSION, "built with a fake Go") == built
    assert built._replace(origin="cached") == again
    assert [f"building Toxiproxy {VERSION} with a fake Go, once: about a minute"] == sayings


def test_runs_that_start_together_build_once(tmp_path: Path, environ: dict[str, str]) -> None:
    """Of two simultaneous calls one builds, and both get the same program."""
    tools = [fake_go(tmp_path / "go")]
    found: list[ToxiproxyBinary] = []
    threads = [
        threading.Thread(target=lambda: found.append(toxiproxy.obtain(environ=environ, toolchains=tools)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == len({one.path for one in found})
    assert "built\n" == (tmp_path / "go.builds").read_text()


def test_the_next_toolchain_is_tried(tmp_path: Path, environ: dict[str, str]) -> None:
    """Where the first Go fails, the second builds."""
    broken = go.Toolchain(script(tmp_path / "broken", "exit 1"), None, "a broken Go")
    built = toxiproxy.obtain(environ=environ, toolchains=[broken, fake_go(tmp_path / "go")])
    assert "built with a fake Go" == built.origin


def test_a_failed_build_leaves_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    """Only finished programs are in the cache; the sentence says what was tried and what to install."""
    tools = [fake_go(tmp_path / "go", server="echo version git")]
    with pytest.raises(BackendMissing) as caught:
        toxiproxy.obtain(environ=environ, toolchains=tools)
    assert "a fake Go built a server that does not say it is" in str(caught.value)
    assert toxiproxy.WHAT_TO_INSTALL in str(caught.value)
    assert [] == [path for path in (tmp_path / "cache").rglob("*server*") if path.is_file()]


def test_nothing_at_all_says_what_to_install(environ: dict[str, str]) -> None:
    """No Toxiproxy and no Go: one sentence with the three ways out."""
    with pytest.raises(BackendMissing) as caught:
        toxiproxy.obtain(environ=environ, toolchains=[])
    assert f"there is no Toxiproxy and no Go to build it with: {toxiproxy.WHAT_TO_INSTALL}" == str(caught.value)


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path, environ: dict[str, str]) -> None:
    """A file where the cache directory should be: one sentence that names the variable to set."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(BackendMissing, match=r"cannot be used \(File exists\): set CHATPROOF_CACHE"):
        toxiproxy.obtain(environ=environ, toolchains=[fake_go(tmp_path / "go")])


@pytest.fixture(scope="session")
def real() -> ToxiproxyBinary:
    """The real server, from the user's own cache; built there when it is not yet."""
    return toxiproxy.obtain()


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.trio
async def test_the_real_one_runs_and_ends(real: ToxiproxyBinary, tmp_path: Path) -> None:
    """It answers on loopback with its version while the block lasts, and no longer."""
    async with toxiproxy.running(real, logs=tmp_path) as server:
        with urllib.request.urlopen(f"http://{server.host}:{server.port}/version", timeout=5) as reply:
            assert {"version": real.version} == json.load(reply)
    assert ports.is_free(server.port)


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.trio
async def test_the_real_one_ends_on_cancellation(real: ToxiproxyBinary, tmp_path: Path) -> None:
    """A cancelled block leaves no server."""
    port = 0
    with trio.CancelScope() as scope:
        async with toxiproxy.running(real, logs=tmp_path) as server:
            port = server.port
            scope.cancel()
            await trio.sleep_forever()
    assert ports.is_free(port)


@pytest.mark.slow
@pytest.mark.trio
async def test_one_that_dies_says_why(tmp_path: Path) -> None:
    """A server that ends at its start is an error with its last words."""
    dying = ToxiproxyBinary(script(tmp_path / "server", "echo cannot do it; exit 3"), VERSION, "a fake")
    with pytest.raises(BackendNotReady, match="ended with code 3 at its start: cannot do it"):
        async with toxiproxy.running(dying, logs=tmp_path):
            pytest.fail("it was said to be ready")


@pytest.mark.trio
async def test_a_taken_port_says_so(tmp_path: Path) -> None:
    """A port that somebody else listens on is named before anything is started."""
    listeners = await trio.open_tcp_listeners(0, host=ports.LOOPBACK)
    port = listeners[0].socket.getsockname()[1]
    with pytest.raises(BackendNotReady, match=f"port {port} is taken"):
        async with toxiproxy.running(ToxiproxyBinary(tmp_path, VERSION, ""), logs=tmp_path, api_port=port):
            pytest.fail("it was said to be ready")
    await listeners[0].aclose()


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.trio
async def test_its_death_is_noticed(real: ToxiproxyBinary, tmp_path: Path) -> None:
    """A server that is killed behind our back is told by `watch`: the target must not be blamed for dead links."""
    async with toxiproxy.running(real, logs=tmp_path) as server:
        server.child.signal(signal.SIGKILL)
        with trio.fail_after(5), pytest.raises(BackendDied, match="ended by itself with code -9"):
            await server.watch()
