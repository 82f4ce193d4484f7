"""Go toolchains, and what a failed build says."""

import os
from pathlib import Path

import pytest

from chatproof.backends import go


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_installed_go_comes_first(tmp_path: Path) -> None:
    """A `go` on the PATH is the first toolchain, and needs no GOROOT."""
    installed = script(tmp_path / "go", "exit 0")
    assert go.Toolchain(installed, None, "the installed Go") == go.toolchains({"PATH": str(tmp_path)})[0]


def test_without_a_path_there_is_no_installed_go(tmp_path: Path) -> None:
    """An empty PATH gives only what Python packages carry."""
    assert [] == [one for one in go.toolchains({"PATH": str(tmp_path)}) if one.root is None]


def test_a_build_gets_its_flags_and_its_root(tmp_path: Path) -> None:
    """The command installs the package with the flags, into the destination, with the toolchain's own GOROOT."""
    fake = script(tmp_path / "go", 'printf "%s|" "$@" "$GOBIN" "$GOROOT" > "$GOBIN/said"')
    go.install(go.Toolchain(fake, tmp_path, "a fake Go"), "example.org/x@v1", "-s -w", tmp_path, os.environ)
    said = f"install|-ldflags|-s -w|example.org/x@v1|{tmp_path}|{tmp_path}|"
    assert said == (tmp_path / "said").read_text()


def test_a_failed_build_says_why(tmp_path: Path) -> None:
    """The error carries the toolchain, the package and Go's last words."""
    fake = go.Toolchain(script(tmp_path / "go", "echo no such module >&2; exit 1"), None, "a fake Go")
    with pytest.raises(go.GoError, match=r"a fake Go could not build example.org/x@v1: no such module"):
        go.install(fake, "example.org/x@v1", "", tmp_path, os.environ)


def test_a_go_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    """A toolchain whose program is missing is a failed build, not a traceback."""
    with pytest.raises(go.GoError, match="No such file or directory"):
        go.install(go.Toolchain(tmp_path / "go", None, "a lost Go"), "x@v1", "", tmp_path, os.environ)
