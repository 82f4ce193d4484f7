"""The second server of the examples, judged through a driver that is one TOML file."""

from pathlib import Path

import pytest

from tests.examples.workshop import Workshop

pytestmark = pytest.mark.slow


def test_a_server_passes_without_a_line_of_python(tmp_path: Path) -> None:
    """Exit 0. It does not claim to survive a crash, so it is not killed, and that is said."""
    judged = Workshop("declarative", tmp_path).gate()
    assert (0, "pass") == (judged.exit, judged.verdict["verdict"]), judged.said
    assert {"partition", "reset"} == {fault["kind"] for fault in judged.verdict["faults"]}
    assert "unavailable: kill of node-0: the target does not claim survives_process_crash" in judged.said
    assert "not claimed" == judged.result("durable-ack")


def test_an_order_that_one_line_breaks_is_named(tmp_path: Path) -> None:
    """Exit 10 when a bundle is told backward."""
    workshop = Workshop("declarative", tmp_path)
    workshop.change("server.py", '"lines": lines}))', '"lines": lines[::-1]}))')
    judged = workshop.gate()
    assert 10 == judged.exit, judged.said
    assert "ordered-stream is broken" in judged.verdict["sentence"]


def test_a_wrong_expression_is_told_by_its_key(tmp_path: Path) -> None:
    """Exit 2 before anything starts."""
    workshop = Workshop("declarative", tmp_path)
    workshop.change("chat.toml", 'text = "line"\nuser = "by"\n\n[history]', 'text = "line["\nuser = "by"\n\n[history]')
    judged = workshop.gate()
    assert 2 == judged.exit
    assert "In chat.toml, message.text: 'line[' is no JMESPath expression" in judged.said
