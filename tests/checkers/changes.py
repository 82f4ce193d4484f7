"""Sentences of stories about what changes or passes: edits, deletes, unread counts, typing, reads at a position.

    a edits m1 to x = 2           an acknowledged edit at seq 2; `unanswered` instead of `= 2`
    a deletes m1 = 3              an acknowledged delete; `unanswered` instead of `= 3`
    b shows x of m1 = 2           the edit arrives; `b shows the delete of m1 = 3`
    b shows m1 = 1 as x via resume   m1 arrives with the body that it has by now
    b reads m1 as x               a read returns m1 with that body; `as nothing` for a blank
    b counts 1 unread             an unread count
    a types                       an episode begins; `a types on`: the author goes on; `a stops typing`
    b sees a typing for 6s        a frame that is valid that long; without `for` for ever; `b sees a pause`
    a reads 1 2 at position 2     a page of the whole conversation; `nothing` for no item
    a searches m1 at position 2 and finds 1   a complete search for m1's text
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.checkers.features import CONV, MS, S, body_of, device

if TYPE_CHECKING:
    from tests.checkers.stories import Teller

Row = dict[str, Any]
NOWHERE = 0
"""The seq of what has none."""


def edits(teller: Teller, who: str, name: str, body: str, seq: str | None) -> None:
    """An edit, acknowledged at a seq or never answered."""
    _change(teller, who, "edit", name, seq, body_hash=body_of(body))


def deletes(teller: Teller, who: str, name: str, seq: str | None) -> None:
    """A delete, acknowledged at a seq or never answered."""
    _change(teller, who, "delete", name, seq)


def _change(teller: Teller, who: str, kind: str, name: str, seq: str | None, **body: int) -> None:
    """An operation on a message; acknowledged at a seq, or never answered."""
    ack: Row = {"outcome": "unknown", "resolved_by": "none"}
    if seq:
        ack = {"outcome": "ok", "resolved_by": "ack", "ack_epoch": 1, "ack_seq": int(seq)}
    op = device(who) << 32 | next(teller.ids)
    ref_seq = _seq_of(teller, name)
    teller.add(
        "operations", op=op, dev=device(who), conv=CONV, kind=kind, ref_seq=ref_seq, expect="ok",
        intended_ns=teller.now, invoke_ns=teller.now, phase="main", rec_invoke=next(teller.recs),
        done_ns=teller.now + MS, rec_done=next(teller.recs), **ack, **body,
    )
    teller.events[int(seq or NOWHERE)] = {"event": kind, "op": op, "ref_seq": ref_seq, **body}


def _seq_of(teller: Teller, name: str) -> int:
    """Where a message stands."""
    op = teller.sends[name]["op"]
    return next(seq for seq, event in teller.events.items() if event.get("op") == op)


def shows_change(teller: Teller, who: str, seq: str, **_: str) -> None:
    """The edit or delete at that seq arrives."""
    _arrives(teller, who, int(seq), "live", dict(teller.events[int(seq)]))


def shows_as(teller: Teller, who: str, name: str, seq: str, body: str, via: str) -> None:
    """A message arrives with the body that an edit gave it."""
    version = [at for at, event in teller.events.items() if event.get("body_hash") == body_of(body)]
    event = {"event": "message", "op": teller.sends[name]["op"], "msg_id": int(seq), "content_ok": True}
    _arrives(teller, who, int(seq), via, {**event, "body_hash": body_of(body), "version": version[0]})


def _arrives(teller: Teller, who: str, seq: int, via: str, event: Row) -> None:
    teller.add(
        "deliveries", t_ns=teller.now, dev=device(who), session=teller.session(who), scope="conv", view=0,
        frame=next(teller.frames), conv=CONV, epoch=1, seq=seq, via=via, shown=True, **event,
    )


def reads_as(teller: Teller, who: str, name: str, body: str) -> None:
    """A read returns one message with that body, or blank."""
    seq = _seq_of(teller, name)
    read = _read(teller, who, "history", purpose="app", from_seq=seq, to_seq=seq)
    is_blank = body == "nothing"
    item = {"op": teller.sends[name]["op"], "body_hash": None if is_blank else body_of(body), "deleted": is_blank}
    _item(teller, read, 0, seq, item)


def counts(teller: Teller, who: str, unread: str) -> None:
    """The server answers with an unread count."""
    read = _read(teller, who, "unread", purpose="app")
    marks = [row["ref_seq"] for row in teller.tables["operations"]
             if row["kind"] == "receipt" and row["dev"] == device(who) and row["marker"] == "read"]
    teller.add(
        "unread", read=read, dev=device(who), conv=CONV, unread=int(unread), read_seq=max(marks, default=0),
        head_seq=max(teller.events, default=0),
    )


def reads_at(teller: Teller, who: str, seqs: str, position: str) -> None:
    """A page of the whole conversation, from a state that has passed a position."""
    read = _read(teller, who, "history", purpose="app", dir="forward", cursor="0", complete=True, page_limit=50,
                 min_seq=int(position))
    _items(teller, read, seqs)


def searches_at(teller: Teller, who: str, name: str, position: str, seqs: str) -> None:
    """A complete search for a message's text, from a state that has passed a position."""
    read = _read(teller, who, "search", purpose="app", complete=True, min_seq=int(position),
                 query_hash=body_of(name))
    _items(teller, read, seqs)


def _items(teller: Teller, read: int, seqs: str) -> None:
    for pos, seq in enumerate([] if seqs == "nothing" else map(int, seqs.split())):
        event = teller.events[seq]
        _item(teller, read, pos, seq, {"op": event["op"], "body_hash": event["body_hash"], "deleted": False})


def _item(teller: Teller, read: int, pos: int, seq: int, values: Row) -> None:
    teller.add("read_items", read=read, pos=pos, conv=CONV, epoch=1, seq=seq, msg_id=seq, event="message", **values)


def _read(teller: Teller, who: str, kind: str, **values: Any) -> int:
    read = next(teller.ids)
    teller.add(
        "reads", read=read, walk=read, dev=device(who), session=teller.session(who), kind=kind, conv=CONV,
        invoke_ns=teller.now, rec_invoke=next(teller.recs), done_ns=teller.now + MS, outcome="ok", **values,
    )
    return read


def types(teller: Teller, who: str) -> None:
    """An episode begins."""
    teller.add("typing_truth", user=device(who[0]), dev=device(who), conv=CONV, episode=next(teller.ids),
               start_ns=teller.now)


def types_on(teller: Teller, who: str) -> None:
    """The author of the last episode goes on."""
    _episode(teller, who)["refresh_ns"] = teller.now


def stops(teller: Teller, who: str) -> None:
    """The author of the last episode stops."""
    _episode(teller, who)["stop_ns"] = teller.now


def _episode(teller: Teller, who: str) -> Row:
    """The device's last one."""
    return [row for row in teller.tables["typing_truth"] if row["dev"] == device(who)][-1]


def sees_typing(teller: Teller, who: str, whose: str, ttl: str | None) -> None:
    """A frame says that somebody types."""
    _typing(teller, who, whose, is_on=True, server_sent_ns=teller.now, ttl_ns=int(ttl) * S if ttl else None)


def sees_pause(teller: Teller, who: str, whose: str) -> None:
    """A frame says that somebody does not type."""
    _typing(teller, who, whose, is_on=False)


def _typing(teller: Teller, who: str, whose: str, **values: Any) -> None:
    teller.add("typing_seen", t_ns=teller.now, dev=device(who), session=teller.session(who), conv=CONV,
               user=device(whose), **values)


TABLES = ("unread", "typing_truth", "typing_seen")
"""Tables that a story has even where nothing of the kind happens."""

_WHO = r"(?P<who>[a-z]2?)"
_NAME = r"(?P<name>[a-z]\w*)"
_PLACE = r"(?:= (?P<seq>\d+)|unanswered)"
_SEQS = r"(?P<seqs>nothing|\d[\d ]*)"
SENTENCES: tuple[tuple[str, Callable[..., None]], ...] = (
    (rf"{_WHO} edits {_NAME} to (?P<body>\w+) {_PLACE}", edits),
    (rf"{_WHO} deletes {_NAME} {_PLACE}", deletes),
    (rf"{_WHO} shows \w+ of \w+ = (?P<seq>\d+)", shows_change),
    (rf"{_WHO} shows the delete of \w+ = (?P<seq>\d+)", shows_change),
    (rf"{_WHO} shows {_NAME} = (?P<seq>\d+) as (?P<body>\w+) via (?P<via>\w+)", shows_as),
    (rf"{_WHO} reads {_NAME} as (?P<body>\w+)", reads_as),
    (rf"{_WHO} counts (?P<unread>\d+) unread", counts),
    (rf"{_WHO} types", types),
    (rf"{_WHO} types on", types_on),
    (rf"{_WHO} stops typing", stops),
    (rf"{_WHO} sees (?P<whose>[a-z]) typing(?: for (?P<ttl>\d+)s)?", sees_typing),
    (rf"{_WHO} sees (?P<whose>[a-z]) pause", sees_pause),
    (rf"{_WHO} reads {_SEQS} at position (?P<position>\d+)", reads_at),
    (rf"{_WHO} searches {_NAME} at position (?P<position>\d+) and finds {_SEQS}", searches_at),
)
"""Sentence → what it does to the teller."""
