"""What a run needs of the machine: the facts are gathered once, then judged by a pure function, one `Need` each."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from chatproof.backends import cache, go, ports, toxiproxy

PYTHON = (3, 11)
PORTS = 32
"""Loopback ports of one run: the target's two, Toxiproxy's API, one or two for each of six links, spare ones."""

DESCRIPTORS = 4096
"""Open files per process: Toxiproxy holds two per proxied connection, and a run has about 500 of them."""

GIB = 1 << 30
DISK_BYTES = 2 * GIB
"""A default run writes some 200 MB; ten seeds and the build of Toxiproxy with its module cache need the rest."""

MEMORY_BYTES = 1 * GIB
"""Server, planes, Locust, Toxiproxy and the judge of a default run together."""


class Facts(NamedTuple):
    """The machine as found. `out` and `cache` are where a run writes; a problem is empty where it can."""

    python: tuple[int, int]
    system: str
    toxiproxy: toxiproxy.ToxiproxyBinary | None
    go: tuple[str, ...]
    free_ports: int
    descriptors: int
    out: Path
    out_problem: str
    cache: Path
    cache_problem: str
    disk_bytes: int
    memory_bytes: int


class Need(NamedTuple):
    """One need: what was found, and where it is not met what to do about it."""

    name: str
    ok: bool
    found: str
    advice: str


def gather(out: Path, environ: Mapping[str, str] = os.environ) -> Facts:
    """Look at this machine; takes the time of one `toxiproxy-server -version`, and builds nothing."""
    place = cache.cache_directory(environ)
    return Facts(
        python=sys.version_info[:2],
        system=sys.platform,
        toxiproxy=toxiproxy.find(place, environ=environ),
        go=tuple(one.origin for one in go.toolchains(environ)),
        free_ports=_count_free_ports(),
        descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        out=out,
        out_problem=_write_problem(out),
        cache=place,
        cache_problem=_write_problem(place),
        disk_bytes=shutil.disk_usage(_existing(out)).free,
        memory_bytes=psutil.virtual_memory().available,
    )


def judge(facts: Facts) -> list[Need]:
    """Every need, in the order in which a newcomer meets them."""
    version = ".".join(map(str, facts.python))
    return [
        Need("Python", facts.python >= PYTHON, version, "install Python 3.11 or later"),
        Need("system", facts.system == "linux", facts.system, "run on Linux: faults use its process interfaces"),
        _builder(facts),
        _toxiproxy(facts),
        _directory("cache", facts.cache, facts.cache_problem, "set CHATPROOF_CACHE to a directory that can be written"),
        _directory("output", facts.out, facts.out_problem, "choose another directory with --out"),
        Need(
            "disk", facts.disk_bytes >= DISK_BYTES, f"{facts.disk_bytes / GIB:.1f} GiB free",
            f"free {DISK_BYTES // GIB} GiB where runs are written, or choose another directory with --out",
        ),
        Need(
            "memory", facts.memory_bytes >= MEMORY_BYTES, f"{facts.memory_bytes / GIB:.1f} GiB available",
            f"end other programs until {MEMORY_BYTES // GIB} GiB is available",
        ),
        Need(
            "ports", facts.free_ports >= PORTS, f"{facts.free_ports} of {PORTS} loopback ports free",
            "end programs that hold loopback ports, or widen net.ipv4.ip_local_port_range",
        ),
        Need(
            "descriptors", facts.descriptors >= DESCRIPTORS, f"{facts.descriptors} open files allowed",
            f"raise the hard limit of open files to {DESCRIPTORS} (ulimit -Hn {DESCRIPTORS})",
        ),
    ]


def _builder(facts: Facts) -> Need:
    """A Go, or a Toxiproxy that makes one needless."""
    found = ", ".join(facts.go) or ("none, and none needed" if facts.toxiproxy else "none")
    return Need("Go", bool(facts.go or facts.toxiproxy), found, toxiproxy.WHAT_TO_INSTALL)


def _toxiproxy(facts: Facts) -> Need:
    """A Toxiproxy, or the means to build one at the first run."""
    if facts.toxiproxy:
        return Need("Toxiproxy", True, f"{facts.toxiproxy.version}, {facts.toxiproxy.origin}", "")
    found = "not built yet; the first run builds it in about a minute" if facts.go else "none"
    return Need("Toxiproxy", bool(facts.go), found, toxiproxy.WHAT_TO_INSTALL)


def _directory(name: str, path: Path, problem: str, advice: str) -> Need:
    """A directory that can be written."""
    return Need(name, not problem, f"{path}{': ' if problem else ''}{problem}", advice)


def _count_free_ports() -> int:
    """How many of the ports that a run needs can be had now."""
    try:
        return len(ports.free_ports(PORTS))
    except OSError:
        return 0


def _existing(path: Path) -> Path:
    """`path`, or its nearest ancestor that exists: what decides before the directory is made."""
    absolute = path.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.exists())


def _write_problem(path: Path) -> str:
    """Why nothing could be written into a directory that may not exist yet; empty where something could."""
    nearest = _existing(path)
    if not nearest.is_dir():
        return f"{nearest} is not a directory"
    return "" if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} is not writable"
