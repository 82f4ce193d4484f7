"""The foreign server of the examples, judged through its driver in a folder of its own."""

from pathlib import Path

import pytest

from tests.examples.workshop import EXAMPLES, Workshop

pytestmark = pytest.mark.slow

TELL = '        self.tell(room, {"kind": "posted"'
TELL_EVERY_SECOND_LATE = (
    '        asyncio.get_running_loop().call_later(0.03 * (number % 2), self.tell, room, {"kind": "posted"'
)


def test_a_server_that_keeps_its_word_passes_and_what_it_never_gave_is_shown(tmp_path: Path) -> None:
    """Exit 0: what is claimed held, killing it included; the rest is *not claimed*, and nothing is inconclusive."""
    judged = Workshop("foreign_server", tmp_path).gate()
    assert (0, "pass") == (judged.exit, judged.verdict["verdict"]), judged.said
    assert ("held", "held", "not claimed") == (
        judged.result("no-lost-message"), judged.result("durable-ack"), judged.result("receipts-forward"),
    )  # fmt: skip
    assert {"partition", "reset", "kill"} == {fault["kind"] for fault in judged.verdict["faults"]}


def test_an_order_that_one_line_breaks_is_named(tmp_path: Path) -> None:
    """Exit 10: a device got a larger id before a smaller one, and devices differ about it because of that."""
    workshop = Workshop("foreign_server", tmp_path)
    workshop.change("server.py", TELL, TELL_EVERY_SECOND_LATE)
    judged = workshop.gate()
    assert 10 == judged.exit, judged.said
    assert "ordered-stream is broken" in judged.verdict["sentence"]
    assert ("broken", "broken", "held") == (
        judged.result("ordered-stream"), judged.result("same-order-everywhere"), judged.result("no-lost-message"),
    )  # fmt: skip
    assert () == tuple(judged.verdict["unexplained"])


def test_the_driver_stays_as_short_as_it_is_said_to_be() -> None:
    """At most sixty lines; and the server knows nothing of chatproof."""
    assert len((EXAMPLES / "foreign_server/driver.py").read_text().splitlines()) <= 60
    assert "chatproof" not in (EXAMPLES / "foreign_server/server.py").read_text()
