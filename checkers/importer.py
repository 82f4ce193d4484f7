"""Makes a history of a plain recording (`jsonl`), so that people with another harness can use the judge alone.

Nothing is made up: what the recording does not say is absent, and the guarantees that need it are not observable.
Two things are taken for granted, and docs/JUDGE.md says so: without `connect` lines every device was there all the
time, and the recording goes on until everything that will arrive has arrived.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.parquet import write_table
from chatproof.checkers.history.run_document import RunDocument, write_run
from chatproof.checkers.history.schema import LARGEST_SEQ, LONGEST_NS
from chatproof.checkers.jsonl import (
    Ack,
    AnyLine,
    Connect,
    Deliver,
    Disconnect,
    Fail,
    Member,
    Numbered,
    Send,
    read_lines,
)

Row = dict[str, Any]
_EPOCH = 1
_WORKERS = 1 << 15
"""Each device counts as a recording process of its own, as far as the numbers go."""


class Imported(NamedTuple):
    """How much a recording held."""

    sends: int
    acks: int
    deliveries: int
    devices: int
    conversations: int


def import_jsonl(lines: Iterable[bytes], run: RunDocument, run_dir: Path) -> Imported:
    """Write RUN/run.json and RUN/history from a recording. Raises `HistoryError` that names the line at fault."""
    recording = _Recording()
    for numbered in read_lines(lines):
        recording.take(numbered)
    tables = recording.finish()
    run_dir.mkdir(parents=True, exist_ok=True)
    write_run(run_dir, run)
    for name, rows in tables.items():
        write_table(run_dir, name, rows)
    return Imported(
        len(tables["operations"]), sum(row.get("outcome") == "ok" for row in tables["operations"]),
        recording.deliveries, len(tables["devices"]), len(tables["conversations"]),
    )


class _Recording:
    """The rows of a recording, as its lines come in the order of time."""

    def __init__(self) -> None:
        self.deliveries = 0
        self._tables: dict[str, list[Row]] = defaultdict(list)
        self._start_s: float | None = None
        self._now_ns = 0
        self._rec = 0
        self._users: dict[str, int] = {}
        self._devices: dict[tuple[str, str], int] = {}
        self._conversations: dict[str, int] = {}
        self._sends: dict[tuple[int, str], Row] = {}
        self._attempts: dict[int, list[Row]] = defaultdict(list)
        self._sessions: dict[int, Row] = {}
        self._followed: set[tuple[int, int]] = set()
        self._shown: set[tuple[int, int]] = set()
        self._acked: list[Row] = []
        self._names_sessions = False

    def take(self, numbered: Numbered) -> None:
        """One line. Raises `HistoryError` where it contradicts those before it."""
        line = numbered.line
        try:
            self._at(line.t)
            dev = self._device(line)
            match line:
                case Send():
                    self._send(dev, line)
                case Ack():
                    self._ack(dev, line)
                case Fail():
                    self._fail(dev, line)
                case Deliver():
                    self._deliver(dev, line)
                case Member():
                    self._member(dev, line)
                case Connect():
                    self._connect(dev)
                case Disconnect():
                    self._disconnect(dev)
        except HistoryError as problem:
            raise HistoryError(f"line {numbered.number}: {problem}") from problem

    def finish(self) -> dict[str, list[Row]]:
        """All tables. An own message counts as shown by its ack where no echo of it was."""
        for row in self._acked:
            row["shown"] = (row["dev"], row["op"]) not in self._shown
        for sent in self._sends.values():
            self._settle(sent)
        self._follow_as_members()
        end_ns = self._now_ns + 1
        self._tables["phases"] = [
            {"phase": "main", "start_ns": 0, "end_ns": end_ns},
            {"phase": "drain", "start_ns": end_ns, "end_ns": end_ns},
        ]
        self._tables["devices"] = [
            {"dev": dev, "user": self._users[user], "workspace": 0, "worker": dev % _WORKERS,
             "link": f"{user}/{device}", "persona": "chatty", "plane": "load"}
            for (user, device), dev in self._devices.items()
        ]
        self._tables["conversations"] = [
            {"conv": conv, "target_id": name, "workspace": 0, "kind": "group", "history_policy": "all",
             "encrypted": False}
            for name, conv in self._conversations.items()
        ]
        for name in ("operations", "attempts", "deliveries"):
            self._tables.setdefault(name, [])
        return dict(self._tables)

    # --- who, where and when ---

    def _at(self, t: float) -> None:
        """The time of the next line, never before that of the last one."""
        if not math.isfinite(t):
            raise HistoryError(f"t {t} is no time")
        if self._start_s is None:
            self._start_s = t
        offset_s = t - self._start_s
        if offset_s > LONGEST_NS // 1_000_000_000:
            raise HistoryError(f"t {t} is more than {LONGEST_NS // 1_000_000_000} s after the first line")
        now_ns = round(max(offset_s, -1.0) * 1_000_000_000)
        if now_ns < self._now_ns:
            raise HistoryError(f"t {t} is before the line above it; sort the lines by time")
        self._now_ns = now_ns

    def _device(self, line: AnyLine) -> int:
        self._users.setdefault(line.user, len(self._users))
        return self._devices.setdefault((line.user, line.device), len(self._devices))

    def _conversation(self, name: str) -> int:
        return self._conversations.setdefault(name, len(self._conversations))

    def _add(self, table: str, recorder: int, **values: Any) -> Row:
        """A row that a device recorded."""
        row = {"worker": recorder % _WORKERS, "rec": self._next_rec(), **values}
        self._tables[table].append(row)
        return row

    def _next_rec(self) -> int:
        self._rec += 1
        return self._rec

    def _member(self, dev: int, line: Member) -> None:
        self._add(
            "memberships", dev, conv=self._conversation(line.conversation), user=self._users[line.user],
            change="initial", op=0, role="member", invoke_ns=0, done_ns=0, outcome="ok",
        )

    # --- sessions ---

    def _connect(self, dev: int) -> None:
        if dev in self._sessions and not self._names_sessions:
            raise HistoryError("a device spoke before the first connect line; either all sessions are named or none is")
        if "close_ns" not in self._sessions.get(dev, {"close_ns": 0}):
            raise HistoryError("the device is connected already")
        self._names_sessions = True
        self._open(dev, self._now_ns)

    def _disconnect(self, dev: int) -> None:
        if not self._names_sessions or "close_ns" in self._sessions.get(dev, {"close_ns": 0}):
            raise HistoryError("the device is not connected")
        self._sessions[dev] |= {"close_ns": self._now_ns, "close_by": "client", "close_kind": "clean"}

    def _open(self, dev: int, now_ns: int) -> None:
        self._sessions[dev] = self._add(
            "connections", dev, session=len(self._tables["connections"]) + 1, dev=dev, link=f"device {dev}",
            connect_ns=now_ns, hello_ok_ns=now_ns,
        )

    def _session(self, dev: int) -> int:
        """The device's session; one for all of the recording where sessions are not named."""
        if dev not in self._sessions:
            if self._names_sessions:
                raise HistoryError("the device is not connected; a connect line comes first")
            self._open(dev, 0)
        return int(self._sessions[dev]["session"])

    def _follow(self, dev: int, conv: int) -> int:
        """The device's session, which follows the conversation from now on."""
        session = self._session(dev)
        self._follow_from(self._now_ns, self._sessions[dev], conv)
        return session

    def _follow_as_members(self) -> None:
        """Every session follows all conversations that its user is a member of, whether anything came or not."""
        if not self._names_sessions:
            for dev in self._devices.values():
                self._session(dev)
        users = {dev: self._users[user] for (user, _), dev in self._devices.items()}
        for session in tuple(self._tables["connections"]):
            for member in self._tables.get("memberships", ()):
                if users[session["dev"]] == member["user"]:
                    self._follow_from(session["connect_ns"], session, member["conv"])

    def _follow_from(self, from_ns: int, session: Row, conv: int) -> None:
        if (session["session"], conv) not in self._followed:
            self._followed.add((session["session"], conv))
            self._add(
                "subscriptions", session["dev"], dev=session["dev"], session=session["session"], conv=conv,
                from_ns=from_ns, from_rec=self._next_rec(), level="live", to_ns=session.get("close_ns"),
            )

    # --- messages ---

    def _send(self, dev: int, line: Send) -> None:
        conv = self._conversation(line.conversation)
        sent = self._sends.get((conv, line.message))
        if sent is not None and sent["dev"] != dev:
            raise HistoryError(f"message {line.message!r} was sent by another device")
        if sent is not None and sent["body_hash"] != _hash(line.body):
            raise HistoryError(f"message {line.message!r} was sent with another body")
        if sent is None:
            sent = self._operation(dev, conv, line)
        attempts = self._attempts[sent["op"]]
        attempts.append(self._add(
            "attempts", dev, op=sent["op"], attempt=len(attempts) + 1, session=self._follow(dev, conv),
            transport="ws", invoke_ns=self._now_ns, rec_invoke=self._next_rec(), body_hash=_hash(line.body),
        ))

    def _operation(self, dev: int, conv: int, line: Send) -> Row:
        sent = self._sends[conv, line.message] = self._add(
            "operations", dev, op=dev << 32 | len(self._sends) + 1, dev=dev, conv=conv, kind="send", u=line.message,
            body_hash=_hash(line.body), body_len=None if line.body is None else len(line.body.encode()), expect="ok",
            intended_ns=self._now_ns, invoke_ns=self._now_ns, phase="main", rec_invoke=self._next_rec(),
        )
        return sent

    def _ack(self, dev: int, line: Ack) -> None:
        sent = self._own(dev, line.conversation, line.message)
        place = {"ack_epoch": _EPOCH, "ack_seq": _seq(line.seq), "ack_msg_id": line.id}
        is_first = sent.get("outcome") != "ok"
        self._answer(sent, outcome="ok", duplicate=not is_first, **place)
        if is_first:
            done = {"done_ns": self._now_ns, "rec_done": self._next_rec()}
            sent |= {"outcome": "ok", "resolved_by": "ack", **done, **place}
            self._acked.append(self._arrival(dev, sent, line, via="ack", content_ok=None))

    def _fail(self, dev: int, line: Fail) -> None:
        """A definite refusal of one attempt."""
        self._answer(self._own(dev, line.conversation, line.message), outcome="fail", code=line.code, definite=True)

    def _settle(self, sent: Row) -> None:
        """A send failed if every attempt did; one with an attempt that was never answered stays unknown."""
        attempts = self._attempts[sent["op"]]
        if all(attempt.get("outcome") == "fail" for attempt in attempts):
            last = max(attempts, key=lambda attempt: int(attempt["rec_done"]))
            sent |= {"outcome": "fail", **{key: last[key] for key in ("code", "done_ns", "rec_done")}}

    def _answer(self, sent: Row, **values: Any) -> None:
        """The newest attempt that has no answer yet gets it."""
        waiting = [attempt for attempt in self._attempts[sent["op"]] if "outcome" not in attempt]
        if not waiting:
            raise HistoryError(f"message {sent['u']!r} has an answer to every attempt already")
        waiting[-1] |= {"done_ns": self._now_ns, "rec_done": self._next_rec(), **values}

    def _own(self, dev: int, conversation: str, message: str) -> Row:
        sent = self._sends.get((self._conversation(conversation), message))
        if sent is None or sent["dev"] != dev:
            raise HistoryError(f"this device never sent message {message!r} to conversation {conversation!r}")
        return sent

    def _deliver(self, dev: int, line: Deliver) -> None:
        conv = self._conversation(line.conversation)
        sent = self._sends.get((conv, line.message), {"conv": conv, "op": None, "body_hash": None})
        is_whole = None if line.body is None or sent["op"] is None else _hash(line.body) == sent["body_hash"]
        self._arrival(dev, sent, line, via=line.via, content_ok=is_whole, body_hash=_hash(line.body), shown=line.shown)
        self.deliveries += 1
        if line.shown and sent["op"] is not None:
            self._shown.add((dev, sent["op"]))

    def _arrival(self, dev: int, sent: Mapping[str, Any], line: Ack | Deliver, **values: Any) -> Row:
        return self._add(
            "deliveries", dev, t_ns=self._now_ns, dev=dev, session=self._follow(dev, sent["conv"]), scope="conv",
            view=0, frame=self.deliveries, conv=sent["conv"], epoch=_EPOCH, seq=_seq(line.seq), msg_id=line.id,
            event="message", op=sent["op"], **values,
        )


def _seq(seq: int) -> int:
    if not 0 <= seq <= LARGEST_SEQ:
        raise HistoryError(f"seq {seq} is not within 0 and {LARGEST_SEQ}")
    return seq


def _hash(body: str | None) -> int | None:
    """64 bits of a body."""
    if body is None:
        return None
    digest = hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
