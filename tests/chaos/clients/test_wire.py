"""The wire, written down a second time."""

import json

import pytest

from chatproof.chaos.clients import wire
from chatproof.chaos.clients.errors import NotTheWire
from chatproof.chaos.clients.wire import Event, Gap, Heads, Live, Notice, Position, Refused, Reply, Subject, Subjects
from chatproof.protocol import errors


def test_a_request_leaves_out_what_is_not_said() -> None:
    """Fields that are None are no part of a command."""
    line = wire.request(7, "sub", {"stream": "s", "cursor": None})

    assert {"id": 7, "sub": {"stream": "s"}} == json.loads(line)


def test_a_frame_is_taken_apart_in_its_order() -> None:
    """Replies and pushes that share a frame come out one after the other."""
    frame = "\n".join(map(json.dumps, (
        {"id": 1, "ok": {"x": 1}},
        {"ev": {"stream": "c", "epoch": 1, "seq": 3, "ts": 2, "kind": "message", "by": "u", "msg_id": 3, "body": "b"}},
        {"live": {"stream": "c", "cursor": {"epoch": 1, "seq": 3}}},
        {"heads": {"heads": [{"stream": "c", "epoch": 1, "seq": 3}]}},
        {"gap": {"stream": "c", "from_seq": 4, "to_seq": 5, "reason": "hidden"}},
        {"presence": {"users": [{"user": "u", "state": "online", "incarnation": 9, "ver": 2}]}},
        {"bye": {"code": 3001, "reason": "r"}},
        {"receipt": {"conv": "c", "markers": []}},
    )))  # fmt: skip

    assert [
        Reply(1, {"x": 1}, None),
        Event("c", Position(1, 3), "message", "u", 3, "b", "", 2_000_000),
        Live("c", Position(1, 3)),
        Heads({"c": Position(1, 3)}),
        Gap("c", 4, 5, "hidden"),
        Subjects((Subject("u", "online", 9, 2),)),
        Notice("bye", "3001"),
        None,
    ] == wire.lines_of(frame)


@pytest.mark.parametrize(("code", "definite"), [("not_member", True), ("unknown_outcome", False), ("new_one", False)])
def test_a_refusal_is_definite_only_where_the_table_says_so(code: str, definite: bool) -> None:
    """A code that nobody knows may mean anything."""
    line = {"id": 1, "error": {"code": code, "reason": "r", "retry": "same_key", "retry_after_ms": 250}}

    assert [Reply(1, {}, Refused(code, definite, True, 0.25))] == wire.lines_of(json.dumps(line))


@pytest.mark.parametrize("frame", ["[", "[]", "{}", '{"ev": {"stream": "c"}}', '{"id": "1", "ok": {}}', '{"id":1}'])
def test_what_is_not_of_this_wire_is_named(frame: str) -> None:
    """A server that deviates is found out, not helped."""
    with pytest.raises(NotTheWire, match="the server sent"):
        wire.lines_of(frame)


def test_both_error_tables_say_the_same() -> None:
    """The table here was written from the documentation; the protocol's own must not differ from it."""
    rows = {code: meaning.definite for code, meaning in errors.ERRORS.items()}

    assert {**dict.fromkeys(wire.DEFINITE, True), **dict.fromkeys(wire.INDEFINITE, False)} == rows
