"""Whatever is wrong with a driver is told as that, and never as a loss of the server."""

from pathlib import Path

import pytest

from tests.examples.workshop import Workshop

pytestmark = [pytest.mark.slow, pytest.mark.long]

MISTAKES = {
    "an exception": (
        'yield plain.Message(room, number, text, who)', 'yield plain.Message(room, number["id"], text, who)',
        "The driver failed when it read the frame",
    ),
    "an altered body": (
        "yield plain.Message(room, number, text, who)", "yield plain.Message(room, number, text.upper(), who)",
        "messages came back and not one as it was sent",
    ),
    "an ack that is not matched": (
        "yield plain.Accepted(tag, number)", "yield plain.Accepted(tag + 1_000_000, number)",
        "reads an answer to reference 1000001, which nothing that was asked has",
    ),
    "an ack that is not read": (
        'case {"kind": "stored", "tag": tag, "no": number}:', 'case {"kind": "saved", "tag": tag, "no": number}:',
        "no acknowledgement of any was read",
    ),
    "history that cannot be read": ("/rooms/{page.room}?", "/archive/{page.room}?", "history pages could be read"),
    "an expired token": (
        '"password": me.token', '"password": "expired"', "The target does not accept the credential of user",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_driver_ends_the_run_with_its_name(mistake: str, tmp_path: Path) -> None:
    """Exit 21, one sentence, and no guarantee is broken."""
    line, other, sentence = MISTAKES[mistake]
    workshop = Workshop("foreign_server", tmp_path)
    workshop.change("driver.py", line, other)
    judged = workshop.gate()
    assert 21 == judged.exit, judged.said
    assert sentence in judged.verdict["sentence"]
    assert "broken" not in judged.results()


def test_too_many_requests_are_no_loss(tmp_path: Path) -> None:
    """A server that refuses every tenth post for now is asked again: nothing is lost, nothing is broken."""
    workshop = Workshop("foreign_server", tmp_path)
    workshop.change(
        "server.py", "        if len(text) > MAX_TEXT:",
        "        if ask['tag'] % 10 == 0:\n            raise Refusal('slow down')\n        if len(text) > MAX_TEXT:",
    )
    workshop.change(
        "driver.py", "yield plain.Refused(tag, why)",
        'yield plain.Refused(tag, "overloaded" if why == "slow down" else why)',
    )
    judged = workshop.gate()
    assert (0, "held") == (judged.exit, judged.result("no-lost-message")), judged.said
