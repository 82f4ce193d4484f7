"""Locust's web UI in a browser: start, ramp, rows and tab while the load is on, stop in good order, the report."""

from pathlib import Path

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from chatproof.backends import ports
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import read_run
from tests.loadtests.locust_process import Locusts

pytestmark = pytest.mark.timeout(300)  # several processes, on a machine that may be busy

LOAD_MS = 60_000
"""On a busy machine the target, the planes and the ramp need their time."""


@pytest.fixture
def url(locusts: Locusts) -> str:
    """The address of a web UI that answers."""
    (port,) = ports.free_ports(1)
    locusts.start("--web-host", "127.0.0.1", "--web-port", str(port))
    session = requests.Session()
    retries = requests.adapters.Retry(total=None, connect=200, backoff_factor=0.1, backoff_max=0.5)
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
    address = f"http://127.0.0.1:{port}/"
    assert session.get(address, timeout=5).ok
    session.close()
    return address


def row(page: Page, what: str) -> Locator:
    """The row of the tab about something."""
    return page.get_by_role("row").filter(has=page.get_by_role("cell", name=what, exact=True))


@pytest.mark.slow
def test_a_run_from_the_form_to_the_report(page: Page, url: str, locusts: Locusts) -> None:
    """What people do with Locust, and at its end a run directory that can be judged."""
    page.goto(url)
    page.fill("input[name=userCount]", "30")
    page.fill("input[name=spawnRate]", "15")
    page.get_by_role("button", name="Start").click()
    for name in ("send → ack", "send → shown", "change → told"):
        expect(page.get_by_role("cell", name=name)).to_be_visible(timeout=LOAD_MS)
    page.get_by_role("tab", name="chatproof").click()
    expect(row(page, "send-ack")).to_contain_text("so far")
    expect(row(page, "ordered-stream")).to_contain_text("no violation")
    expect(row(page, "run")).to_contain_text("main")
    page.get_by_role("button", name="Stop").click()
    expect(row(page, "judge it")).to_contain_text("chatproof check", timeout=LOAD_MS)
    expect(page.get_by_role("button", name="New")).to_be_visible(timeout=LOAD_MS)
    page.get_by_role("tab", name="Download Data").click()
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Download Report").click()
    report = opening.value
    expect(report.get_by_role("cell", name="send → ack").first).to_be_visible()
    with report.expect_download() as downloading:
        report.get_by_role("link", name="Download").click()
    assert r"send \u2192 ack" in Path(downloading.value.path()).read_text()
    _is_judgeable(locusts.run_dir)


def _is_judgeable(run_dir: Path) -> None:
    """Stopped early, but through every phase, with every device where it should be."""
    assert () == read_run(run_dir).problems
    with History.open(run_dir) as history:
        phases = [row[0] for row in history.sql.execute("SELECT phase FROM phases ORDER BY start_ns").fetchall()]
        devices = history.sql.execute("SELECT count(*) FROM devices").fetchall()[0][0]
    assert ["setup", "warm_up", "main", "heal", "resolve", "drain", "audit", "close"] == phases
    assert devices >= 30
