"""Plain recordings: what they say becomes tables, what they do not say is absent, and what is wrong has a number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.importer import Imported, import_jsonl
from chatproof.checkers.judge import judge

RUN = RunDocument(
    run_id="r", seed=0, scenario="imported", replay="", target="t", driver="none", engine="none", claims={}, bounds={},
    required=(), slos_required=False,
)


def line(event: str, t: float, user: str, message: str = "", **more: Any) -> dict[str, Any]:
    """A line; about a message of the one conversation where it names one."""
    about = {"conversation": "team", "message": message} if message else {}
    return {"event": event, "t": t, "user": user, **about, **more}


def member(user: str, t: float = 0) -> dict[str, Any]:
    """A member of the one conversation."""
    return line("member", t, user, conversation="team")


SENT = line("send", 1, "ann", "m1", body="hi")
ACKED = line("ack", 1.5, "ann", "m1", seq=1)


def imported(run_dir: Path, *lines: dict[str, Any]) -> Imported:
    """Import these lines."""
    return import_jsonl([json.dumps(each).encode() for each in lines], RUN, run_dir)


def rows(run_dir: Path, query: str) -> list[tuple[Any, ...]]:
    """A query on what was imported."""
    with History.open(run_dir) as history:
        return history.rows(query)


def broken(run_dir: Path, *names: str) -> list[str]:
    """Which of these guarantees are broken."""
    with History.open(run_dir) as history:
        return [result.name for result in judge(history, names=names).guarantees if result.result == "broken"]


def test_a_recording_becomes_tables(tmp_path: Path) -> None:
    """Sends, their answers and arrivals; times count from the first line."""
    done = imported(tmp_path, {**SENT, "t": 100}, {**ACKED, "t": 100.25}, line("deliver", 101, "bob", "m1", seq=1))
    assert Imported(1, 1, 1, 2, 1) == done
    assert [("ok", 0, 250_000_000)] == rows(tmp_path, "SELECT outcome, invoke_ns, done_ns FROM operations")
    seen = rows(tmp_path, "SELECT dev, t_ns, via, shown FROM deliveries ORDER BY t_ns")
    assert [(0, 250_000_000, "ack", True), (1, 1_000_000_000, "live", True)] == seen


def test_an_echo_is_shown_instead_of_the_ack(tmp_path: Path) -> None:
    """An own message is shown once, whichever the timeline used."""
    imported(tmp_path, SENT, ACKED, line("deliver", 2, "ann", "m1", seq=1))
    assert [("ack", False), ("live", True)] == rows(tmp_path, "SELECT via, shown FROM deliveries ORDER BY t_ns")


def test_a_second_send_is_another_attempt(tmp_path: Path) -> None:
    """The newest unanswered attempt gets the answer; a send whose attempts all failed has failed."""
    retry = [SENT, {**SENT, "t": 2}, line("ack", 3, "ann", "m1", seq=1)]
    refused = [line("send", 4, "ann", "m2"), line("fail", 5, "ann", "m2", code="too_large")]
    imported(tmp_path, *retry, *refused, line("send", 6, "ann", "m3"))
    assert [(1, None), (2, "ok"), (1, "fail"), (1, None)] == rows(
        tmp_path, "SELECT attempt, outcome FROM attempts ORDER BY op, attempt"
    )
    assert [("ok", None), ("fail", "too_large"), (None, None)] == rows(
        tmp_path, "SELECT outcome, code FROM operations ORDER BY op"
    )


@pytest.mark.slow
def test_loss_needs_members(tmp_path: Path) -> None:
    """With them a message that never arrived is lost; without them nobody can say so."""
    imported(tmp_path / "told", member("ann"), member("bob"), SENT, ACKED)
    imported(tmp_path / "untold", SENT, ACKED, line("deliver", 2, "bob", "m2", seq=2))
    assert ["no-lost-message"] == broken(tmp_path / "told", "no-lost-message")
    with History.open(tmp_path / "untold") as history:
        assert "not observable" == judge(history, names=["no-lost-message"]).guarantees[0].result


@pytest.mark.slow
def test_who_was_away_at_the_end_lost_nothing(tmp_path: Path) -> None:
    """Sessions that are named count; a device without one at the end is not judged."""
    away = [line("connect", 0, "ann"), line("connect", 0, "bob"), line("disconnect", 0.5, "bob")]
    imported(tmp_path, member("ann"), member("bob"), *away, SENT, ACKED)
    assert [] == broken(tmp_path, "no-lost-message")


@pytest.mark.slow
def test_an_altered_body_is_found(tmp_path: Path) -> None:
    """And so is a message that nobody sent."""
    imported(tmp_path / "altered", SENT, line("deliver", 2, "bob", "m1", seq=1, body="ho"))
    imported(tmp_path / "strange", SENT, line("deliver", 2, "bob", "m9", seq=1, body="hi"))
    assert ["no-phantom"] == broken(tmp_path / "altered", "no-phantom")
    assert ["no-phantom"] == broken(tmp_path / "strange", "no-phantom")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([b"{"], "line 1: Input data was truncated"),
        ([b"", b"[1]"], "line 2: Expected `object`"),
        ([b'{"event": "sent", "t": 1, "user": "a"}'], "line 1: Invalid value 'sent'"),
        ([b'{"event": "connect", "t": 1, "user": "a", "extra": 1}'], "line 1: .*unknown field `extra`"),
        ([b'{"event": "connect", "t": "1", "user": "a"}'], r"line 1: Expected `float`, got `str` - at `\$.t`"),
        ([b'{"event": "connect", "t": 1, "user": "\xff"}'], "line 1: "),
        ([b'{"event": "connect", "t": 1e300, "user": "a"}', b'{"event": "connect", "t": -1e300, "user": "b"}'],
         "line 2: .*before the line above it"),
        ([b" " * (1 << 20) + b"{}"], "line 1: it is longer"),
    ],
)
def test_a_line_that_cannot_be_read_has_a_number(lines: list[bytes], problem: str, tmp_path: Path) -> None:
    """And nothing is written."""
    with pytest.raises(HistoryError, match=problem):
        import_jsonl(lines, RUN, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([SENT, {**SENT, "t": 0.5}], "line 2: t 0.5 is before the line above it"),
        ([SENT, {**SENT, "user": "bob"}], "line 2: message 'm1' was sent by another device"),
        ([SENT, {**SENT, "body": "ho"}], "line 2: message 'm1' was sent with another body"),
        ([ACKED], "line 1: this device never sent message 'm1'"),
        ([SENT, ACKED, {**ACKED, "t": 2}], "line 3: message 'm1' has an answer to every attempt"),
        ([SENT, {**ACKED, "seq": -1}], "line 2: seq -1 is not within"),
        ([line("connect", 0, "ann"), line("connect", 1, "ann")], "line 2: the device is connected already"),
        ([line("disconnect", 0, "ann")], "line 1: the device is not connected"),
        ([line("connect", 0, "bob"), SENT], "line 2: the device is not connected; a connect line comes first"),
        ([SENT, line("connect", 2, "ann")], "line 2: a device spoke before the first connect line"),
        ([SENT, {**ACKED, "t": 1e300}], "line 2: t 1e\\+300 is more than"),
    ],
)
def test_a_line_that_contradicts_others_has_a_number(lines: list[dict[str, Any]], problem: str, tmp_path: Path) -> None:
    """A recording that cannot have happened is not judged."""
    with pytest.raises(HistoryError, match=problem):
        imported(tmp_path, *lines)
