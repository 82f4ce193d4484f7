"""Declarative drivers: what a file says is checked when it is read, and told by its key."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatproof.drivers.declarative import read_declaration
from chatproof.drivers.errors import DriverMistaken, DriverUnknown
from chatproof.drivers.plain import (
    Accepted,
    Denied,
    Dialect,
    Mark,
    Marked,
    Me,
    Message,
    Page,
    PageWanted,
    Post,
    Present,
    Refused,
    Request,
    Response,
    Welcome,
)

ME = Me(3, "ann", "t-ann")
ACCEPTED = """accepted = { when = "event == 'ok'", ref = "req", id = "n" }"""
FILE = """
name = "tiny"
claims = { echo = "all", history = true }
connect = { url = "{ws}?token={token}", headers = { X-Device = "{device}" } }
send = { frame = { cmd = "say", to = "#{room}", line = "{text}", req = "{ref}", id = "{ref_text}" } }
accepted = { when = "event == 'ok'", ref = "req", id = "n" }
refused = { when = "event == 'no'", ref = "req", code = "why", overloaded = "why == 'busy'" }
message = { when = "event == 'said'", each = "lines", room = "room", id = "n", text = "line", user = "by" }

[login]
frames = [{ cmd = "login", name = "{user}" }]
welcome = "event == 'ready'"
denied = "event == 'denied' && why"

[history]
forward = { path = "/rooms/{room}?after={after}&limit={limit}" }
each = "lines"
id = "n"
text = "line"
more = "rest"
"""
STATE = """
[receipts]
mark = { frame = { cmd = "seen", n = "{message}", req = "{ref}" } }
when = "event == 'seen'"
room = "room"
user = "by"
read = "n"

[presence]
show = { method = "POST", path = "/me/away" }
watch = ["watch {user}"]
when = "event == 'state'"
user = "by"
online = "here"
version = "v"
"""


def declared(folder: Path, text: str = FILE) -> Dialect:
    """The dialect of a file with this text."""
    path = folder / "chat.toml"
    path.write_text(text)
    return read_declaration(path, {})


def heard(dialect: Dialect, value: Any) -> list[Any]:
    """The words of one frame."""
    return list(dialect.heard(ME, msgspec.json.encode(value)))


def test_templates_are_filled_and_keep_types(tmp_path: Path) -> None:
    """A text that is one placeholder keeps its value's type, others become text."""
    dialect = declared(tmp_path)
    frame = dialect.send(ME, Post(7, "tea", "hello", "key"))
    assert isinstance(frame, str)
    assert {"cmd": "say", "to": "#tea", "line": "hello", "req": 7, "id": "7"} == msgspec.json.decode(frame)
    assert "ws://x/?token=t-ann" == dialect.url("ws://x/", ME)
    assert {"X-Device": "3"} == dialect.headers(ME)
    assert ['{"cmd":"login","name":"ann"}'] == dialect.open(ME)


def test_frames_are_read_by_expressions(tmp_path: Path) -> None:
    """Each table names which frames are its own; what none names says nothing."""
    dialect = declared(tmp_path)
    assert [Welcome()] == heard(dialect, {"event": "ready"})
    assert [Denied("expired")] == heard(dialect, {"event": "denied", "why": "expired"})
    assert [Accepted(7, 41)] == heard(dialect, {"event": "ok", "req": 7, "n": 41})
    assert [Accepted(7, 41)] == heard(dialect, {"event": "ok", "req": "7", "n": "41"})
    assert [Refused(7, "too long")] == heard(dialect, {"event": "no", "req": 7, "why": "too long"})
    assert [Refused(7, "overloaded")] == heard(dialect, {"event": "no", "req": 7, "why": "busy"})
    lines = [{"room": "tea", "n": 5, "line": "a", "by": "bob"}, {"room": "pub", "n": 6, "line": "b", "by": "cyd"}]
    assert [Message("tea", 5, "a", "bob"), Message("pub", 6, "b", "cyd")] == heard(
        dialect, {"event": "said", "lines": lines}
    )
    assert [] == heard(dialect, {"event": "weather"})
    assert [] == list(dialect.heard(ME, b"not JSON"))


def test_pages_come_over_http(tmp_path: Path) -> None:
    """Asked for by path, read by expressions; without `backward` the newest cannot be asked for."""
    dialect = declared(tmp_path)
    page = PageWanted(9, "tea", 50, after=4)
    assert Request("GET", "/rooms/tea?after=4&limit=50") == dialect.history(ME, page)
    answer = Response(200, {}, b'{"lines": [{"n": 5, "line": "a"}], "rest": true}')
    assert [Page(9, [Message("", 5, "a")], True)] == list(dialect.answered(ME, page, answer))
    assert not dialect.reads_backward


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('line = "{text}"', 'line = "{body}"', "In chat.toml, send.frame: {body} is no placeholder there; there are"),
        ("event == 'said'", "event = 'said'", "In chat.toml, message.when: \"event = 'said'\" is no JMESPath"),
        ('more = "rest"', "", "In chat.toml: Object missing required field `more` - at `$.history`"),
        ("[login]", "[logon]", "In chat.toml: Object contains unknown field `logon`"),
        ("history = true", "history = true, dense = 1", None),
        ('room = "room", ', "", "In chat.toml: message needs when and room"),
        ("accepted = ", "x = ", "In chat.toml: Object contains unknown field `x`"),
        (ACCEPTED, "", "In chat.toml: [accepted] is missing"),
        ('send = { frame = ', 'send = { path = "/say", frame = ', "In chat.toml, send needs either a frame or a path"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(before: str, after: str, sentence: str | None, tmp_path: Path) -> None:
    """Claims are the gate's to check; everything else is told when the file is read."""
    assert before in FILE
    changed = FILE.replace(before, after)
    if sentence is None:
        declared(tmp_path, changed)
        return
    with pytest.raises(DriverUnknown) as caught:
        declared(tmp_path, changed)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("table", ["history", "receipts", "presence"])
def test_what_is_claimed_must_be_described(table: str, tmp_path: Path) -> None:
    """A claim without its table is no driver."""
    text = FILE.partition("[history]")[0].replace("history = true", f"{table} = true")
    with pytest.raises(DriverUnknown, match=rf"claims.{table} is true and there is no table \[{table}\]"):
        declared(tmp_path, text)


def test_receipts_and_presence_are_asked_for_and_read(tmp_path: Path) -> None:
    """As their tables say; markers that a frame does not have are not there yet."""
    dialect = declared(tmp_path, f"{FILE}{STATE}")
    assert '{"cmd":"seen","n":5,"req":7}' == dialect.mark(ME, Mark(7, "tea", 5, "read"))
    assert Request("POST", "/me/away") == dialect.show(ME, 8, "offline")
    assert ["watch bob"] == dialect.follow(ME, ["tea"], ["bob"])
    frame = {"event": "seen", "room": "tea", "by": "bob", "n": 5}
    assert [Marked("tea", "bob", 0, 5)] == heard(dialect, frame)
    assert [Present("bob", "offline", 3)] == heard(dialect, {"event": "state", "by": "bob", "here": False, "v": 3})


def test_a_value_of_a_wrong_kind_is_told_when_it_comes(tmp_path: Path) -> None:
    """With the key, the expression, what it found and where."""
    dialect = declared(tmp_path)
    with pytest.raises(DriverMistaken) as caught:
        heard(dialect, {"event": "said", "lines": [{"room": "tea", "n": None, "line": "a", "by": "bob"}]})
    assert "In chat.toml, message.id: 'n' must find an integer, and finds None in" in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """And options are refused: the file is the whole driver."""
    with pytest.raises(DriverUnknown, match="cannot be read: No such file"):
        read_declaration(tmp_path / "none.toml", {})
    with pytest.raises(DriverUnknown, match="takes no options"):
        read_declaration(tmp_path / "none.toml", {"key": 1})
