"""The form of Locust's web UI, sent as its page does: run after run with the same workers, each of its own length."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from chatproof.backends import ports
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import read_run
from chatproof.loadtests.plan import Plan
from tests.loadtests.locust_process import PATIENCE_S, Locusts

pytestmark = pytest.mark.timeout(300)  # several processes, on a machine that may be busy


class Form:
    """The web UI of a master at this address."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self._url = url
        self._session = session

    def start(self, **more: str) -> None:
        """Start a run of 20 users."""
        said = self._session.post(f"{self._url}/swarm", data={"user_count": "20", "spawn_rate": "20", **more}).json()
        assert said["success"], said

    def stop(self) -> None:
        """Press the button; returns when it is over."""
        assert self._session.post(f"{self._url}/stop").json()["success"]

    def seen(self) -> dict[str, Any]:
        """What the page shows."""
        shown: dict[str, Any] = self._session.get(f"{self._url}/stats/requests").json()
        return shown

    def phase(self) -> str:
        """Where the run is, as the tab says."""
        return str(next(row["state"] for row in self.seen()["extended_stats"][0]["data"] if row["what"] == "run"))


@pytest.fixture
def form(locusts: Locusts) -> Iterator[Form]:
    """A master that serves its web UI, and one worker that has come."""
    web, port = map(str, ports.free_ports(2))
    at_master = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    locusts.start("--master", *at_master, "--web-host", "127.0.0.1", "--web-port", web)
    locusts.start("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    with requests.Session() as session:
        retries = requests.adapters.Retry(total=None, connect=200, backoff_factor=0.1, backoff_max=0.5)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        made = Form(f"http://127.0.0.1:{web}", session)
        wait_until(lambda: bool(made.seen()["workers"]))
        yield made


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def main_s(run_dir: Path) -> float:
    """How long main was, with its beginning."""
    with History.open(run_dir) as history:
        sql = "SELECT max(end_ns) - min(start_ns) FROM phases WHERE phase IN ('warm_up', 'main')"
        return float(history.sql.execute(sql).fetchall()[0][0]) / 1e9


@pytest.mark.slow
def test_each_run_has_the_length_that_its_form_asks_for(form: Form, locusts: Locusts) -> None:
    """That of main: connecting comes before it. One that asks for none has the usual length, whatever the last had."""
    form.start(run_time="4s")
    wait_until(lambda: form.seen()["state"] == "stopped")
    first = locusts.run_dir
    assert ((), 4.0) == (read_run(first).problems, main_s(first))
    form.start()
    wait_until(lambda: form.phase() == "main")
    form.stop()
    (second,) = set((locusts.directory / "runs").iterdir()) - {first}
    assert 60.0 == msgspec.json.decode((second / "plan.json").read_bytes(), type=Plan).profile.main_s
    assert () == read_run(second).problems
