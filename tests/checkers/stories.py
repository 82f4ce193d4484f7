"""Turns the worked examples of the documentation into histories: one event a line, 10 ms apart.

    members a b            users a and b, a device and a session each (a2 is a's second device)
    a sends m1             a send begins; `a sends x with the key of m1`
    a acked m1 = 5         it is answered ok; `again` after it: the answer to a retry
    a retries m1           another attempt with the same key
    a refused m1 too_large a definite refusal; `a loses m1`: no answer comes
    b shows m1 = 5         it arrives and is shown; `gets`: not shown; `id 9`, `altered`, `via repair`, `view 2`
    b shows kick = 6       an event that is no message
    b told gap 2-3         a gap notice; `b told head 7`; `b begins at head 5`: its first subscription
    c kicked = 6           a membership change; also `joins`, `leaves`; `unanswered` instead of `= 6`
    b disconnects          a clean close; `b connects`; `b resumes after 2 frontier 5`; `b live at 5`
    a reads 1 2 by 50      a complete audit walk with that page size; `nothing` for no item; `backward` at the end
    a marks read 5         an acknowledged receipt; `b sees a read 5 delivered 6`, `at first` for a snapshot
    a is online            the truth; `b sees a online`, `at first`, `version 3`
    node killed            kill -9, over at `node ready`; `node loses power`; `link a cut`, `link a mended`
    wait 6s                time passes

Sentences about search, attachments, retention and one-time keys are those of `features`; about edits, typing, unread
counts and reads at a position, those of `changes`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import count
from typing import Any

from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument
from tests.checkers import changes, features
from tests.checkers.features import body_of, device
from tests.checkers.model import CLAIMS

MS = 1_000_000
CONV = 1
NODE = "node-1"
Row = dict[str, Any]


def history_of(story: str, claims: Row | None = None, bounds: dict[str, int] | None = None) -> History:
    """The history of a story, opened. Every claim is made unless `claims` says otherwise."""
    return opened(tables_of(story), claims, bounds)


def opened(
    tables: dict[str, list[Row]], claims: Row | None = None, bounds: dict[str, int] | None = None
) -> History:
    """Rows of a story as a history; see `history_of`."""
    run = RunDocument(
        run_id="story", seed=0, scenario="story", replay="", target="story", driver="story", engine="story",
        claims={**CLAIMS, **(claims or {})}, bounds=bounds or {}, required=(), slos_required=False,
    )
    return History.of(run, tables)


def tables_of(story: str) -> dict[str, list[Row]]:
    """The rows of a story, to be changed before they are opened."""
    teller = Teller()
    for line in story.strip().splitlines():
        teller.tell(line.strip())
    return teller.finish()


class Teller:
    """Tells one story. `_SENTENCES` maps a sentence's pattern to the method that its groups are given to."""

    def __init__(self) -> None:
        self.now = 0
        self.tables: dict[str, list[Row]] = defaultdict(list)
        for name in ("resumes", "notices", "heads", "reads", "read_items", "receipts", "faults", "processes",
                     "deliveries", "operations", "attempts", "presence_seen", "presence_truth", "memberships",
                     *features.TABLES, *changes.TABLES):
            self.tables[name] = []
        self.ids = count(1)
        self.recs = count(1)
        self.frames = count(1)
        self.sends: dict[str, Row] = {}
        self.tries: dict[str, list[Row]] = defaultdict(list)
        self.sessions: dict[str, Row] = {}
        self.truths: dict[str, Row] = {}
        self.resumes: dict[str, Row] = {}
        self.events: dict[int, Row] = {}
        self.faults: dict[str, Row] = {}

    def tell(self, line: str) -> None:
        """One sentence."""
        self.now += 10 * MS
        for pattern, method in _SENTENCES:
            match = re.fullmatch(pattern, line)
            if match:
                getattr(self, method)(**match.groupdict())
                return
        for pattern, tell in (*features.SENTENCES, *changes.SENTENCES):
            match = re.fullmatch(pattern, line)
            if match:
                tell(self, **match.groupdict())
                return
        raise ValueError(f"no sentence of a story: {line!r}")

    def finish(self) -> dict[str, list[Row]]:
        """Drain ends 10 ms after the last line."""
        self.tables["phases"] = [
            {"phase": "main", "start_ns": 0, "end_ns": self.now + 5 * MS},
            {"phase": "drain", "start_ns": self.now + 5 * MS, "end_ns": self.now + 10 * MS},
        ]
        return dict(self.tables)

    def add(self, table: str, **values: Any) -> Row:
        """Record a row of worker 0, or of the worker that `worker` names."""
        row = {"worker": 0, "rec": next(self.recs), **values}
        self.tables[table].append(row)
        return row

    # --- who is there ---

    def members(self, names: str) -> None:
        self.tables["conversations"] = [{
            "conv": CONV, "target_id": "c1", "workspace": 0, "kind": "group", "history_policy": "since_join",
            "encrypted": False,
        }]
        for name in names.split():
            dev, user = device(name), device(name[0])
            self.tables["devices"].append({
                "dev": dev, "user": user, "workspace": 0, "worker": user % 2, "link": f"link-{name[0]}",
                "persona": "chatty", "plane": "load",
            })
            if dev == user:
                self.add("memberships", conv=CONV, user=user, change="initial", op=0, role="member", invoke_ns=0,
                         done_ns=0, outcome="ok")
            self.connects(name)

    def connects(self, who: str) -> None:
        self.sessions[who] = self.add(
            "connections", session=next(self.ids), dev=device(who), link=f"link-{who[0]}", node=NODE,
            connect_ns=self.now, hello_ok_ns=self.now,
        )
        self.add("subscriptions", dev=device(who), session=self.session(who), conv=CONV, from_ns=self.now,
                 from_rec=next(self.recs), level="live")
        if who in self.truths:
            self.is_state(who, "online")

    def disconnects(self, who: str) -> None:
        self.sessions[who] |= {"close_invoke_ns": self.now, "close_ns": self.now, "close_by": "client",
                               "close_kind": "clean"}
        if who in self.truths:
            self.is_state(who, "offline", "clean_close")

    def session(self, who: str) -> int:
        return int(self.sessions[who]["session"])

    def joins(self, who: str, change: str, seq: str | None) -> None:
        change = {"kicked": "kick", "joins": "join", "leaves": "leave"}[change]
        answer = {"seq": int(seq), "outcome": "ok", "done_ns": self.now} if seq else {"outcome": "unknown"}
        op = device(who) << 32 | next(self.ids)
        self.add("operations", op=op, dev=device(who), conv=CONV, kind=change, expect="ok", intended_ns=self.now,
                 invoke_ns=self.now, phase="main", rec_invoke=next(self.recs))
        self.add("memberships", conv=CONV, user=device(who), change=change, op=op, role="member",
                 invoke_ns=self.now, **answer)

    # --- sending ---

    def sends_(self, who: str, name: str, other: str | None) -> None:
        op = device(who) << 32 | next(self.ids)
        self.sends[name] = self.add(
            "operations", op=op, dev=device(who), conv=CONV, kind="send", body_hash=body_of(name), body_len=9,
            u=self.sends[other]["u"] if other else f"key-{op}", expect="conflict" if other else "ok",
            intended_ns=self.now, invoke_ns=self.now, phase="main", rec_invoke=next(self.recs),
        )
        self.retries(who, name)

    def retries(self, who: str, name: str) -> None:
        self.tries[name].append(self.add(
            "attempts", op=self.sends[name]["op"], attempt=len(self.tries[name]) + 1, session=self.session(who),
            transport="ws", invoke_ns=self.now, rec_invoke=next(self.recs),
        ))

    def acked(self, who: str, name: str, seq: str, again: str | None) -> None:
        ack = {"ack_epoch": 1, "ack_seq": int(seq), "ack_msg_id": int(seq)}
        self._answer(name, "ok", duplicate=bool(again), **ack)
        if self.sends[name].get("outcome") is None:
            self.sends[name] |= {"outcome": "ok", "resolved_by": "ack", "done_ns": self.now,
                                 "rec_done": next(self.recs), **ack}
        if not again:
            self.shows(who, "shows", name, seq, None, None, "ack", None)

    def refused(self, name: str, code: str, **_: str) -> None:
        self._answer(name, "fail", code=code, definite=True)
        if self.sends[name].get("outcome") is None and len(self.tries[name]) == 1:
            self.sends[name] |= {"outcome": "fail", "code": code, "done_ns": self.now, "rec_done": next(self.recs)}

    def loses(self, name: str, **_: str) -> None:
        self._answer(name, "unknown")

    def _answer(self, name: str, outcome: str, **values: Any) -> None:
        self.tries[name][-1] |= {"outcome": outcome, "done_ns": self.now, "rec_done": next(self.recs), **values}

    # --- what arrives ---

    def shows(self, who: str, verb: str, name: str, seq: str, id_: str | None, altered: str | None, via: str | None,
              view: str | None) -> None:
        is_message = name not in ("create", "join", "leave", "kick")
        send = self.sends.get(name)
        event: Row = {"event": "message" if is_message else name}
        if is_message:
            event |= {"op": send["op"] if send else 777_777, "body_hash": body_of(name) + bool(altered),
                      "msg_id": int(id_ or seq), "content_ok": not altered}
        self.events.setdefault(int(seq), event)
        self.add("deliveries", t_ns=self.now, dev=device(who), session=self.session(who), scope="conv",
                 view=int(view or 0), frame=next(self.frames), conv=CONV, epoch=1, seq=int(seq), via=via or "live",
                 shown=verb == "shows", server_ts_ns=self.now, **event)

    def told_gap(self, who: str, first: str, last: str) -> None:
        self.add("notices", t_ns=self.now, session=self.session(who), conv=CONV, kind="gap", from_seq=int(first),
                 to_seq=int(last))

    def told_head(self, who: str, seq: str) -> None:
        self.add("heads", t_ns=self.now, dev=device(who), session=self.session(who), conv=CONV, epoch=1,
                 head_seq=int(seq), source="push")

    def begins_at(self, who: str, seq: str) -> None:
        self.add("heads", t_ns=self.now, dev=device(who), session=self.session(who), conv=CONV, epoch=1,
                 head_seq=int(seq), source="resume")

    def resumes_(self, who: str, after: str, frontier: str) -> None:
        self.resumes[who] = self.add(
            "resumes", session=self.session(who), conv=CONV, from_seq=int(after), epoch=1, invoke_ns=self.now,
            own_contiguous_seq=int(after), frontier_seq=int(frontier),
        )

    def live(self, who: str, seq: str) -> None:
        self.resumes[who] |= {"live_ns": self.now, "live_rec": next(self.recs), "upto_seq": int(seq),
                              "outcome": "recovered"}

    def reads(self, who: str, seqs: str, limit: str, backward: str | None) -> None:
        read = next(self.ids)
        self.add("reads", read=read, walk=read, dev=device(who), session=self.session(who), kind="history",
                 purpose="audit", conv=CONV, dir="backward" if backward else "forward", page_limit=int(limit),
                 cursor="0", invoke_ns=self.now, rec_invoke=next(self.recs), done_ns=self.now + MS, outcome="ok",
                 complete=True)
        for pos, seq in enumerate([] if seqs == "nothing" else map(int, seqs.split())):
            item = {key: value for key, value in self.events[seq].items() if key != "content_ok"}
            self.add("read_items", read=read, pos=pos, conv=CONV, epoch=1, seq=seq, deleted=False, **item)

    # --- markers and presence ---

    def marks(self, who: str, marker: str, seq: str) -> None:
        self.add("operations", op=device(who) << 32 | next(self.ids), dev=device(who), conv=CONV, kind="receipt",
                 ref_seq=int(seq), marker=marker, expect="ok", intended_ns=self.now, invoke_ns=self.now, phase="main",
                 rec_invoke=next(self.recs), done_ns=self.now + MS, outcome="ok", resolved_by="ack",
                 rec_done=next(self.recs))

    def sees_marker(self, who: str, whose: str, read: str, delivered: str | None, first: str | None) -> None:
        self.add("receipts", t_ns=self.now, dev=device(who), session=self.session(who), conv=CONV, user=device(whose),
                 delivered_seq=int(delivered or read), read_seq=int(read), source="snapshot" if first else "push")

    def is_state(self, who: str, state: str, cause: str = "hello") -> None:
        if who in self.truths:
            self.truths[who]["to_ns"] = self.now
        self.truths[who] = self.add("presence_truth", change=next(self.ids), user=device(who[0]), dev=device(who),
                                    state=state, from_ns=self.now, cause=cause)

    def sees_state(self, who: str, whose: str, state: str, first: str | None, version: str | None) -> None:
        self.add("presence_seen", t_ns=self.now, dev=device(who), session=self.session(who), subject=device(whose),
                 state=state, incarnation=1, ver=int(version or next(self.ids)),
                 source="snapshot" if first else "push")

    # --- faults ---

    def begins(self, target: str, kind: str) -> None:
        is_link = target.startswith("link")
        name = target.replace(" ", "-") if is_link else NODE
        self.faults[target] = {
            "fault": next(self.ids), "kind": _FAULTS[kind][0], "target_kind": _FAULTS[kind][1], "params": "",
            "target": name, "start_req_ns": self.now,
            "start_confirmed_ns": self.now + MS, "effect_seen_ns": self.now + 2 * MS,
        }
        self.tables["faults"].append(self.faults[target])
        if not is_link:
            self._process("killed")

    def ends(self, target: str) -> None:
        self.faults[target] |= {"stop_req_ns": self.now, "stop_confirmed_ns": self.now + MS}
        if not target.startswith("link"):
            self._process("ready")

    def _process(self, event: str) -> None:
        self.tables["processes"].append(
            {"node": NODE, "pid": 1, "incarnation": 1, "event": event, "t_ns": self.now + MS}
        )

    def wait(self, seconds: str) -> None:
        self.now += int(seconds) * 1000 * MS


_FAULTS = {"killed": ("kill", "process"), "loses power": ("unsynced_lost", "disk"), "cut": ("partition", "link")}
"""How a story says it → kind of fault and of target."""

_WHO = r"(?P<who>[a-z]2?)"
_NAME = r"(?P<name>[a-z]\w*)"
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"members (?P<names>[a-z2 ]+)", "members"),
    (rf"{_WHO} connects", "connects"),
    (rf"{_WHO} disconnects", "disconnects"),
    (rf"{_WHO} (?P<change>kicked|joins|leaves) (?:= (?P<seq>\d+)|unanswered)", "joins"),
    (rf"{_WHO} sends {_NAME}(?: with the key of (?P<other>\w+))?", "sends_"),
    (rf"{_WHO} retries {_NAME}", "retries"),
    (rf"{_WHO} acked {_NAME} = (?P<seq>\d+)(?P<again> again)?", "acked"),
    (rf"{_WHO} refused {_NAME} (?P<code>\w+)", "refused"),
    (rf"{_WHO} loses {_NAME}", "loses"),
    (rf"{_WHO} (?P<verb>shows|gets) {_NAME} = (?P<seq>\d+)(?: id (?P<id_>\d+))?(?P<altered> altered)?"
     r"(?: via (?P<via>\w+))?(?: view (?P<view>\d+))?", "shows"),
    (rf"{_WHO} told gap (?P<first>\d+)-(?P<last>\d+)", "told_gap"),
    (rf"{_WHO} begins at head (?P<seq>\d+)", "begins_at"),
    (rf"{_WHO} told head (?P<seq>\d+)", "told_head"),
    (rf"{_WHO} resumes after (?P<after>\d+) frontier (?P<frontier>\d+)", "resumes_"),
    (rf"{_WHO} live at (?P<seq>\d+)", "live"),
    (rf"{_WHO} reads (?P<seqs>nothing|[\d ]+) by (?P<limit>\d+)(?P<backward> backward)?", "reads"),
    (rf"{_WHO} marks (?P<marker>read|delivered) (?P<seq>\d+)", "marks"),
    (rf"{_WHO} sees (?P<whose>[a-z]) read (?P<read>\d+)(?: delivered (?P<delivered>\d+))?(?P<first> at first)?",
     "sees_marker"),
    (rf"{_WHO} is (?P<state>online|offline|either)", "is_state"),
    (rf"{_WHO} sees (?P<whose>[a-z]) (?P<state>online|offline|unknown)(?P<first> at first)?"
     r"(?: version (?P<version>\d+))?", "sees_state"),
    (r"(?P<target>node|link [a-z]) (?P<kind>killed|loses power|cut)", "begins"),
    (r"(?P<target>node|link [a-z]) (?:ready|mended)", "ends"),
    (r"wait (?P<seconds>\d+)s", "wait"),
)
