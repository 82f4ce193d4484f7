"""The reference wire as docs/PROTOCOL.md describes it, written down a second time in plain JSON.

A command is a dict; what the server sends is a line of JSON that becomes one of the values below. Fields that are
missing or of another type are `NotTheWire`: a server that deviates is found out, not helped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from chatproof.chaos.clients.errors import NotTheWire

JsonObject = dict[str, Any]

INDEFINITE = frozenset({"unknown_outcome", "internal"})
"""Codes after which an attempt may still take effect."""

DEFINITE = frozenset({
    "bad_frame", "bad_request", "bad_key", "unauthorized", "not_member", "forbidden", "not_found", "different_body",
    "stale_key", "too_large", "too_many", "expired", "overloaded", "draining", "not_yet_visible", "stale_node",
})
"""Codes after which an attempt certainly had no effect; any other code says nothing."""

NO_RETRY_CLOSE_CODE = 3500
"""A server that closes with this code or a higher one does not want the device back."""

NS_PER_MS = 1_000_000


class Position(NamedTuple):
    """A place in a stream."""

    epoch: int
    seq: int


class Event(NamedTuple):
    """One event of a stream."""

    stream: str
    at: Position
    kind: str
    by: str
    msg_id: int
    body: str
    conv: str
    ts_ns: int


class Live(NamedTuple):
    """The resume of a stream is whole up to here."""

    stream: str
    at: Position


class Heads(NamedTuple):
    """Where streams end, by stream."""

    heads: dict[str, Position]


class Gap(NamedTuple):
    """Seqs of a stream that will not come, and why."""

    stream: str
    from_seq: int
    to_seq: int
    reason: str


class Subject(NamedTuple):
    """What the server says of a user's presence."""

    user: str
    state: str
    incarnation: int
    ver: int


class Subjects(NamedTuple):
    """Presence of several users."""

    users: tuple[Subject, ...]


class Notice(NamedTuple):
    """An announcement: limits, drain or bye."""

    kind: str
    level: str


class Refused(NamedTuple):
    """Why a request was not carried out. `may_retry`: the same command may be asked again later."""

    code: str
    definite: bool
    may_retry: bool
    retry_after_s: float


class Reply(NamedTuple):
    """The answer to the request `id`: what the server says, or why not."""

    id: int
    ok: JsonObject
    refused: Refused | None


Said = Reply | Event | Live | Heads | Gap | Subjects | Notice | None
"""One line; None for a push that these clients have no use for."""


# --- what a client says -----------------------------------------------------------------------------------------


def request(number: int, command: str, fields: JsonObject) -> str:
    """A request as a line of JSON; fields that are None are left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"id": number, command: given}, ensure_ascii=False)


def cursor(at: Position) -> JsonObject:
    """A position as the wire has it."""
    return {"epoch": at.epoch, "seq": at.seq}


# --- what a server says -----------------------------------------------------------------------------------------


def lines_of(frame: str) -> list[Said]:
    """Everything that a frame says, in order. Raises `NotTheWire`."""
    try:
        return [_said(json.loads(line)) for line in frame.split("\n") if line]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotTheWire(f"the server sent {frame[:200]!r}: {type(error).__name__} {error}") from error


def position_of(fields: JsonObject) -> Position:
    """A position of the wire."""
    return Position(_int(fields["epoch"]), _int(fields["seq"]))


def events_of(page: JsonObject) -> list[Event]:
    """The events of a history page, oldest first."""
    return [_event(one) for one in page["events"]]


def subjects_of(fields: JsonObject) -> Subjects:
    """The users of a presence reply or push."""
    return Subjects(tuple(
        Subject(str(one["user"]), str(one["state"]), _int(one["incarnation"]), _int(one["ver"]))
        for one in fields["users"]
    ))


def heads_of(fields: JsonObject) -> Heads:
    """The heads of a pong or push."""
    return Heads({str(one["stream"]): position_of(one) for one in fields["heads"]})


def _said(line: JsonObject) -> Said:
    if "id" in line:
        return _reply(line)
    ((kind, fields),) = line.items()
    return _PUSHES[kind](kind, fields) if kind in _PUSHES else None


def _reply(line: JsonObject) -> Reply:
    if "ok" in line:
        return Reply(_int(line["id"]), dict(line["ok"]), None)
    error = line["error"]
    code, wait_ms = str(error["code"]), error.get("retry_after_ms")
    refused = Refused(code, code in DEFINITE, error["retry"] == "same_key", (wait_ms or 0) / 1000)
    return Reply(_int(line["id"]), {}, refused)


def _event(fields: JsonObject) -> Event:
    return Event(
        str(fields["stream"]), position_of(fields), str(fields["kind"]), str(fields["by"]),
        _int(fields.get("msg_id", 0)), str(fields.get("body", "")), str(fields.get("conv", "")),
        _int(fields["ts"]) * NS_PER_MS,
    )


def _gap(_kind: str, fields: JsonObject) -> Gap:
    return Gap(str(fields["stream"]), _int(fields["from_seq"]), _int(fields["to_seq"]), str(fields["reason"]))


def _int(value: object) -> int:
    """A number of the wire, which `true` is not."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no integer")
    return value


_PUSHES: dict[str, Callable[[str, JsonObject], Said]] = {
    "ev": lambda _kind, fields: _event(fields),
    "live": lambda _kind, fields: Live(str(fields["stream"]), position_of(fields["cursor"])),
    "heads": lambda _kind, fields: heads_of(fields),
    "gap": _gap,
    "presence": lambda _kind, fields: subjects_of(fields),
    "limits": lambda kind, _fields: Notice(kind, ""),
    "drain": lambda kind, _fields: Notice(kind, ""),
    "bye": lambda kind, fields: Notice(kind, str(fields["code"])),
}
