"""The examples for Locust: a persona of one's own, and plain HTTP users beside ours."""

from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from chatproof.checkers.history.history import History
from tests.loadtests.locust_process import Locusts

pytestmark = pytest.mark.timeout(300)  # several processes, on a machine that may be busy

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SHORT = ("--headless", "--only-summary", "-t", "5s", "-r", "36")


def personas_of(run_dir: Path) -> Counter[str]:
    """Persona → users."""
    with History.open(run_dir) as history:
        rows = history.sql.execute('SELECT persona, count(DISTINCT "user") FROM devices GROUP BY ALL').fetchall()
    return Counter(dict(rows))


@pytest.mark.slow
def test_a_persona_of_ones_own_takes_part(locusts: Locusts) -> None:
    """Two in twelve are support agents, as Locust's weights say."""
    code, output = locusts.end(locusts.start(*SHORT, "-u", "36", locustfile=EXAMPLES / "personas" / "locustfile.py"))
    assert 0 == code, output
    personas = personas_of(locusts.run_dir)
    assert 36 == personas.total()
    assert personas["support-agent"] == pytest.approx(6, abs=1)


def test_a_persona_takes_twenty_lines() -> None:
    """As promised."""
    assert len((EXAMPLES / "personas" / "locustfile.py").read_text().splitlines()) <= 20


class StatusPage(BaseHTTPRequestHandler):
    """Says that all is well."""

    def do_GET(self) -> None:
        """A page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def status_url() -> Iterator[str]:
    """A server with a status page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), StatusPage) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_http_users_of_locust_run_beside_ours(locusts: Locusts, status_url: str) -> None:
    """They are in the same table, and only the others are chat users."""
    locustfile = EXAMPLES / "http_users" / "locustfile.py"
    code, output = locusts.end(locusts.start(*SHORT, "-u", "32", locustfile=locustfile, env={"STATUS_URL": status_url}))
    assert 0 == code, output
    assert "status page" in output
    assert "send → ack" in output
    assert 30 == personas_of(locusts.run_dir).total()
