"""Prometheus, which scrapes metrics and evaluates rules: obtained (PATH, cache or Debian's package), run, stopped.

Debian's package is unpacked into the cache and not installed: nothing of the system changes, no service starts, and
`promtool` comes with it. It is fetched by apt, which checks its signature; its SHA-256 is pinned here besides.

`python -m chatproof.backends.prometheus` obtains it and says where it is; exit 30 with one sentence where it cannot.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from chatproof.backends import cache, ports
from chatproof.backends.errors import BackendError, BackendMissing
from chatproof.backends.process import ChildProcess
from chatproof.backends.readiness import wait_ready
from chatproof.backends.version import major_minor, version_of

OLDEST = (2, 40)
"""The oldest version on the PATH that is used: every function in our rules and every call of the API is there."""

PACKAGE_VERSION = "2.42.0+ds-5+deb12u1"
PACKAGE_SHA256 = "81d59a24fce84f7fbe97a45a4f2914b6a5881b5cd1db2a6a0e129e515e1a5f55"
"""Of the package of Debian 12 for amd64."""

FETCH_S = 300
"""Longest time for fetching the package: 20 MB, which took 2 s here."""

READY_S = 20.0
"""Longest time from start to the first answer; 0.4 s was measured on a quiet machine."""

STOP_S = 5.0
"""How long the server may take to end on SIGTERM: it closes its database."""

ENVIRONMENT = 30
WHAT_TO_INSTALL = f"put prometheus and promtool {'.'.join(map(str, OLDEST))} or later on the PATH"


class PrometheusBinaries(NamedTuple):
    """A server and its tool. `origin` says in a few words where they came from."""

    server: Path
    promtool: Path
    version: str
    origin: str


class RunningPrometheus(NamedTuple):
    """A server that answers at `url`."""

    url: str
    child: ChildProcess


class _FetchError(Exception):
    """The package cannot be had; the message says why."""


def obtain(cache_dir: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> PrometheusBinaries:
    """Find a server and its tool, or unpack Debian's. Blocking; fetching takes seconds.

    Args:
        cache_dir: where they are kept; default `cache.cache_directory(environ)`.

    Raises:
        BackendMissing: nothing works; the sentence says what was tried and what to install.
    """
    directory = cache_dir or cache.cache_directory(environ)
    if found := find(directory, environ=environ):
        return found
    try:
        with cache.exclusive(directory / "prometheus.lock"):
            return _cached(directory) or _unpack(directory, environ)
    except _FetchError as error:
        raise BackendMissing(f"there is no Prometheus, and {error}: {WHAT_TO_INSTALL}") from error


def find(cache_dir: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> PrometheusBinaries | None:
    """The pair on the PATH if it is recent enough, else the cached one, else None. Fetches nothing."""
    return _on_path(environ) or _cached(cache_dir or cache.cache_directory(environ))


def _on_path(environ: Mapping[str, str]) -> PrometheusBinaries | None:
    """`prometheus` and `promtool` on the PATH, unless one is missing, or the server too old."""
    server, promtool = (shutil.which(name, path=environ.get("PATH", "")) for name in ("prometheus", "promtool"))
    if server is None or promtool is None:
        return None
    version = version_of(Path(server), "--version")
    is_recent = major_minor(version) >= OLDEST
    return PrometheusBinaries(Path(server), Path(promtool), version, "on the PATH") if is_recent else None


def _home(directory: Path) -> Path:
    """Where the unpacked package is kept; its version is part of the path, so an upgrade never meets an old one."""
    return directory / "prometheus" / PACKAGE_VERSION


def _cached(directory: Path) -> PrometheusBinaries | None:
    """What an earlier run unpacked, if it still runs here."""
    programs = _home(directory) / "usr" / "bin"
    version = version_of(programs / "prometheus", "--version")
    return PrometheusBinaries(programs / "prometheus", programs / "promtool", version, "cached") if version else None


def _unpack(directory: Path, environ: Mapping[str, str]) -> PrometheusBinaries:
    """Fetch and unpack beside the cache, and move the whole in: whoever looks sees all of it or nothing."""
    home = _home(directory)
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix="fetching-") as stage:
        package = _fetch(Path(stage), environ)
        _call(["dpkg-deb", "-x", str(package), str(Path(stage) / "unpacked")], Path(stage), environ)
        (Path(stage) / "unpacked").rename(home)
    found = _cached(directory)
    if found is None:
        raise _FetchError("what Debian's package holds does not run here")
    return found._replace(origin="unpacked from Debian's package")


def _fetch(stage: Path, environ: Mapping[str, str]) -> Path:
    """The package, with the pinned content. Where apt has no lists yet, it gets its own, which are thrown away."""
    wanted = f"prometheus={PACKAGE_VERSION}"
    try:
        _call(["apt-get", "download", wanted], stage, environ)
    except _FetchError:
        own = _own_lists(stage)
        _call(["apt-get", *own, "update"], stage, environ)
        _call(["apt-get", *own, "download", wanted], stage, environ)
    package = next(stage.glob("*.deb"), None)
    if package is None or hashlib.sha256(package.read_bytes()).hexdigest() != PACKAGE_SHA256:
        raise _FetchError(f"apt gave another package than {wanted} for amd64")
    return package


def _own_lists(stage: Path) -> list[str]:
    """Options that have apt keep its lists and caches in a directory of ours: no privilege is needed."""
    for part in ("lists/partial", "archives/partial"):
        (stage / part).mkdir(parents=True)
    return ["-o", f"Dir::State::lists={stage / 'lists'}", "-o", f"Dir::Cache={stage}"]


def _call(argv: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
    """Run a program of Debian to its end; raises `_FetchError` with its last line where it fails or is not there."""
    try:
        run = subprocess.run(
            argv, cwd=cwd, env={**environ, "LC_ALL": "C"}, capture_output=True, text=True, timeout=FETCH_S, check=False
        )
    except OSError as error:
        raise _FetchError(f"{argv[0]} cannot be run ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise _FetchError(f"{argv[0]} was not done after {FETCH_S} s") from error
    if run.returncode != 0:
        last = (run.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise _FetchError(f"{argv[0]} {argv[-1]} failed ({last})")


@asynccontextmanager
async def running(
    binaries: PrometheusBinaries, *, config: Path, data: Path, logs: Path
) -> AsyncIterator[RunningPrometheus]:
    """Run a server on a free loopback port until the block ends, whatever ends it. Call it in the main thread.

    Args:
        config: its prometheus.yml.
        data: an empty or missing directory for its database.
        logs: directory for `prometheus.log`.

    Raises:
        BackendNotReady: it died, or did not answer within `READY_S`; a wrong configuration is the usual reason.
    """
    url = f"http://{ports.LOOPBACK}:{ports.free_ports(1)[0]}"
    argv = [
        str(binaries.server), f"--config.file={config}", f"--storage.tsdb.path={data}",
        f"--web.listen-address={url.removeprefix('http://')}", "--log.level=warn",
    ]  # fmt: skip
    child = ChildProcess.spawn(argv, os.environ, logs / "prometheus.log")
    try:
        await wait_ready(child, "Prometheus", READY_S, partial(_is_ready, url))
        yield RunningPrometheus(url, child)
    finally:
        await child.stop(STOP_S)


def _is_ready(url: str) -> bool:
    """Whether the server says that it is ready."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # Loopback never goes through a web proxy.
    try:
        with direct.open(f"{url}/-/ready", timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def main() -> int:
    """Obtain it and say where it is; see the module."""
    try:
        found = obtain()
    except BackendError as error:
        print(f"{str(error)[:1].upper()}{str(error)[1:]}.", file=sys.stderr)
        return ENVIRONMENT
    print(f"Prometheus {found.version}, {found.origin}: {found.server}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
