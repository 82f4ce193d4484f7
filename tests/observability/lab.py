"""A whole run under the eyes of a real Prometheus: a server, a gate that drives it, both scraped every second.

The rules are those that are deployed, with windows of seconds instead of hours: an alert fires and ends within a run.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import trio

from chatproof.backends import prometheus, toxiproxy
from chatproof.backends.ports import LOOPBACK, free_ports
from chatproof.backends.process import ChildProcess
from chatproof.backends.prometheus import PrometheusBinaries
from chatproof.chaos.links import Links
from chatproof.chaos.toxiproxy_api import ToxiproxyApi
from chatproof.dashboards.generated import indicators, rule_file
from chatproof.dashboards.panels import Board, run_board, slo_board
from chatproof.drivers.interface import Endpoint
from tests.dashboards.hurried import hurried

SECRET = "observed"
RUN_S = 240.0
"""Longest time for one gate run on a busy machine; a quiet one takes 40 s."""

Series = dict[str, Any]


class Alert(NamedTuple):
    """An alert that fired at some time of the run."""

    slo: str
    severity: str


class Observed(NamedTuple):
    """What Prometheus knows of one run, asked before it was stopped.

    Attributes:
        silent: (panel, expression) of every query of both dashboards that had no number at any second of the run.
        scrapes: (worker, instant of the scrape) → series → value, of the load's metrics.
    """

    run_dir: Path
    said: str
    up: frozenset[str]
    silent: tuple[tuple[str, str], ...]
    alerts: frozenset[Alert]
    scrapes: dict[tuple[int, float], dict[str, float]]


def observe(binaries: PrometheusBinaries, home: Path, *, scenario: str, latency_ms: int = 0) -> Observed:
    """Make one run of a scenario, over a link that delays every message by `latency_ms`, and ask what was seen."""
    return trio.run(_observe, binaries, home, scenario, latency_ms)


async def _observe(binaries: PrometheusBinaries, home: Path, scenario: str, latency_ms: int) -> Observed:
    (metrics_port,) = free_ports(1)
    async with _server(home) as direct, _slowed(home, direct, latency_ms) as endpoint:
        config = _prometheus_config(home, direct, metrics_port)
        async with prometheus.running(binaries, config=config, data=home / "tsdb", logs=home) as running:
            began_s = time.time()
            said = await _gate(home, endpoint, scenario, metrics_port)
            asked = _Asked(running.url, began_s, time.time())
            (run_dir,) = (home / "runs").iterdir()
            return Observed(run_dir, said, asked.up(), asked.silent(), asked.alerts(), asked.scrapes())


@asynccontextmanager
async def _server(home: Path) -> AsyncIterator[Endpoint]:
    """A reference server of its own: its ports are known before the run."""
    ws_port, http_port = free_ports(2)
    argv = [sys.executable, "-m", "chatproof.cli.main", "serve", "--data", str(home / "server")]
    argv += ["--ws-port", str(ws_port), "--http-port", str(http_port)]
    child = ChildProcess.spawn(argv, {**os.environ, "CHATPROOF_ADMIN_KEY": SECRET}, home / "server.log")
    try:
        with trio.fail_after(60):
            while b"ready" not in child.log.read_bytes():
                await trio.sleep(0.05)
        yield Endpoint(f"ws://{LOOPBACK}:{ws_port}/v1/ws", f"http://{LOOPBACK}:{http_port}")
    finally:
        await child.stop(5)


@asynccontextmanager
async def _slowed(home: Path, direct: Endpoint, latency_ms: int) -> AsyncIterator[Endpoint]:
    """The same server through a slow link; without latency, without a link."""
    if not latency_ms:
        yield direct
        return
    binary = await trio.to_thread.run_sync(toxiproxy.obtain)
    async with toxiproxy.running(binary, logs=home) as running:
        links = Links(ToxiproxyApi(running.host, running.port))
        slow = await links.create("slow", direct)
        await links.break_link("slow", "latency", latency_ms)
        yield Endpoint(slow.ws, direct.http)


def _prometheus_config(home: Path, server: Endpoint, metrics_port: int) -> Path:
    (home / "rules.yaml").write_text(rule_file(hurried), "utf-8")
    jobs = {"server": server.http.removeprefix("http://"), "load": f"{LOOPBACK}:{metrics_port}"}
    document = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(home / "rules.yaml")],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [target]}]} for name, target in jobs.items()
        ],
    }
    path = home / "prometheus.yml"
    path.write_text(json.dumps(document), "utf-8")  # JSON is YAML
    return path


async def _gate(home: Path, endpoint: Endpoint, scenario: str, metrics_port: int) -> str:
    """Run the gate to its verdict; its last words."""
    config = home / "chatproof.toml"
    config.write_text(f'target = "{endpoint.http}"\nws = "{endpoint.ws}"\nsecret = "{SECRET}"\n', "utf-8")
    argv = [sys.executable, "-m", "chatproof.cli.main", "gate", "--config", str(config), "--scenario", scenario]
    argv += ["--metrics-port", str(metrics_port), "--out", str(home / "runs")]
    child = ChildProcess.spawn(argv, os.environ, home / "gate.log")
    try:
        with trio.fail_after(RUN_S):
            await child.wait()
    finally:
        await child.stop(5)
    return child.last_words()


def boards() -> tuple[Board, ...]:
    """Both dashboards over the windows of the hurried rules."""
    watched = indicators()
    windows = hurried(watched[0].days)
    return slo_board(watched, windows), run_board(windows.sli)


class _Asked:
    """Prometheus' HTTP API over the seconds of one run."""

    def __init__(self, url: str, from_s: float, to_s: float) -> None:
        self._url = url
        self._from_s = from_s
        self._to_s = to_s
        self._direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _ask(self, verb: str, **arguments: str | float) -> list[Series]:
        with self._direct.open(f"{self._url}/api/v1/{verb}?{urllib.parse.urlencode(arguments)}", timeout=30) as reply:
            result: list[Series] = json.load(reply)["data"]["result"]
        return result

    def _over_the_run(self, expr: str) -> list[Series]:
        return self._ask("query_range", query=expr, start=self._from_s, end=self._to_s, step=1)

    def up(self) -> frozenset[str]:
        """Jobs that were scraped at some time."""
        return frozenset(series["metric"]["job"] for series in self._over_the_run("up == 1"))

    def silent(self) -> tuple[tuple[str, str], ...]:
        """Queries of panels without a number."""
        queries = [(p.title, q.expr) for board in boards() for row in board.rows for p in row.panels for q in p.queries]
        return tuple((title, expr) for title, expr in queries if not self._has_number(expr))

    def _has_number(self, expr: str) -> bool:
        values = (value for series in self._over_the_run(expr) for _, value in series["values"])
        return any(value not in ("NaN", "+Inf", "-Inf") for value in values)

    def alerts(self) -> frozenset[Alert]:
        """Alerts that fired at some time."""
        fired = self._over_the_run('ALERTS{alertstate="firing"}')
        return frozenset(Alert(s["metric"]["sloth_slo"], s["metric"]["sloth_severity"]) for s in fired)

    def scrapes(self) -> dict[tuple[int, float], dict[str, float]]:
        """Every sample of the load's metrics as it was scraped; all samples of one scrape have one instant."""
        found: dict[tuple[int, float], dict[str, float]] = {}
        for series in self._ask("query", query='{__name__=~"chatproof_load_.*"}[1h]', time=self._to_s):
            labels = series["metric"]
            name = "/".join(labels[key] for key in ("__name__", "outcome", "le") if key in labels)
            for at_s, value in series["values"]:
                found.setdefault((int(labels["worker"]), at_s), {})[name] = float(value)
        return found
