"""Obtaining Prometheus in every way there is, with fake programs; and running the real one."""

from pathlib import Path

import pytest
import trio

from chatproof.backends import prometheus
from chatproof.backends.errors import BackendMissing, BackendNotReady
from chatproof.backends.prometheus import PACKAGE_VERSION, PrometheusBinaries
from tests.prometheus import NEED_VARIABLE, obtained

SAYS_VERSION = "echo prometheus, version 2.53.1"


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty PATH and a cache of its own."""
    return {"PATH": str(tmp_path / "bin"), "CHATPROOF_CACHE": str(tmp_path / "cache")}


def test_the_path_comes_first(tmp_path: Path, environ: dict[str, str]) -> None:
    """A recent server with its tool is used, and its version read."""
    server = script(tmp_path / "bin" / "prometheus", SAYS_VERSION)
    tool = script(tmp_path / "bin" / "promtool", SAYS_VERSION)
    assert PrometheusBinaries(server, tool, "2.53.1", "on the PATH") == prometheus.obtain(environ=environ)


@pytest.mark.parametrize("said", ["2.39.0", "1.8.2", "devel", ""])
def test_an_unsuitable_one_on_the_path_is_passed_over(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    """Too old, or unable to say."""
    script(tmp_path / "bin" / "prometheus", f"echo prometheus, version {said}")
    script(tmp_path / "bin" / "promtool", SAYS_VERSION)
    assert prometheus.find(environ=environ) is None


def test_a_server_without_its_tool_is_passed_over(tmp_path: Path, environ: dict[str, str]) -> None:
    """The rules are tested with promtool."""
    script(tmp_path / "bin" / "prometheus", SAYS_VERSION)
    assert prometheus.find(environ=environ) is None


def test_what_was_unpacked_is_found_again(tmp_path: Path, environ: dict[str, str]) -> None:
    """By the package's version, so that an upgrade never meets an old one."""
    programs = tmp_path / "cache" / "prometheus" / PACKAGE_VERSION / "usr" / "bin"
    script(programs / "prometheus", SAYS_VERSION)
    found = prometheus.obtain(environ=environ)
    assert (programs / "prometheus", programs / "promtool", "cached") == (found.server, found.promtool, found.origin)


def test_without_debian_one_sentence_says_what_to_install(environ: dict[str, str]) -> None:
    """There is neither apt nor a Prometheus."""
    with pytest.raises(BackendMissing) as caught:
        prometheus.obtain(environ={**environ, "PATH": "/nowhere"})
    assert "there is no Prometheus, and apt-get cannot be run" in str(caught.value)
    assert prometheus.WHAT_TO_INSTALL in str(caught.value)


def test_another_package_than_the_pinned_one_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    """Whatever apt says of it; nothing of it is kept."""
    script(tmp_path / "bin" / "apt-get", "PATH=/usr/bin:/bin; echo other > prometheus.deb")
    with pytest.raises(BackendMissing, match="apt gave another package than prometheus="):
        prometheus.obtain(environ=environ)
    assert [] == list((tmp_path / "cache").rglob("*.deb"))


def test_where_apt_has_no_lists_it_gets_its_own(tmp_path: Path, environ: dict[str, str]) -> None:
    """The first download fails; then lists are fetched into a directory of ours, and the download is tried again."""
    calls = tmp_path / "calls"
    script(tmp_path / "bin" / "apt-get", f'echo "$@" >> {calls}; case "$*" in *lists*) exit 0;; esac; exit 100')
    with pytest.raises(BackendMissing, match="apt gave another package"):
        prometheus.obtain(environ=environ)
    first, update, again = calls.read_text().splitlines()
    assert f"download prometheus={PACKAGE_VERSION}" == first
    assert update.startswith("-o Dir::State::lists=")
    assert (True, True) == (update.endswith(" update"), again.endswith(f" {first}"))


@pytest.mark.parametrize(("asked", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_where_it_cannot_be_had_a_test_is_skipped_or_fails_if_it_was_asked_for(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, asked: str, outcome: type[BaseException]
) -> None:
    """The reason is shown either way."""
    for name, value in {**environ, NEED_VARIABLE: asked}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome, match="there is no Prometheus, and apt-get cannot be run"):
        obtained()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.trio
async def test_the_real_one_serves_until_the_block_ends(
    prometheus_binaries: PrometheusBinaries, tmp_path: Path
) -> None:
    """It answers at its URL, and its process is gone afterwards."""
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1s}\n")
    async with prometheus.running(
        prometheus_binaries, config=config, data=tmp_path / "data", logs=tmp_path
    ) as running:
        assert running.child.returncode is None
    assert running.child.returncode is not None


@pytest.mark.slow
@pytest.mark.trio
async def test_a_wrong_configuration_is_said_with_the_servers_last_words(tmp_path: Path) -> None:
    """A program that ends at once: the sentence quotes its log."""
    server = script(tmp_path / "prometheus", "echo 'field scrape is wrong'; exit 2")
    binaries = PrometheusBinaries(server, server, "2.53.1", "a fake")
    with pytest.raises(BackendNotReady, match="field scrape is wrong"):
        async with prometheus.running(binaries, config=tmp_path, data=tmp_path, logs=tmp_path):
            await trio.sleep_forever()
