"""A perfect server of a few lines, and its clients: whatever is done to it, its promises are kept.

One log per conversation, the first outcome per key, FIFO pushes, whole resumes, presence and markers told at once.
Links break, requests and acks get lost and the server is killed all the same. `model` plays scripts against it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.checkers.book import CONVERSATIONS, DEVICES, MS, NODE, OWNER, USERS, Book


@dataclass
class Event:
    """One entry of a conversation's log; a message holds the body and version of its last edit, `ref` is the edited."""

    seq: int
    kind: str
    op: int | None = None
    by: int = OWNER
    user: int = -1
    body: int | None = None
    ref: int | None = None
    version: int | None = None
    deleted: bool = False


@dataclass
class Send:
    """A send as its device knows it."""

    op: int
    conv: int
    row: dict[str, Any]
    attempts: int = 0


@dataclass
class Device:
    """A device: its session while it has one, what it has seen, what the server still has to push to it."""

    dev: int
    user: int
    session: int | None = None
    row: dict[str, Any] = field(default_factory=dict)
    frame: int = 0
    seen: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    queue: list[tuple[int, Event]] = field(default_factory=list)
    following: dict[int, dict[str, Any]] = field(default_factory=dict)
    truth: dict[str, Any] | None = None
    unresolved: list[Send] = field(default_factory=list)


class PerfectServer:
    """The server and its clients; `book` is what was recorded, `now` in ns since the run's start."""

    def __init__(self) -> None:
        self.book = Book()
        self.now = 1_000 * MS
        self.incarnation = 1
        self.phase = "main"
        self.log = {conv: [Event(1, "create")] for conv in range(CONVERSATIONS)}
        self.outcomes: dict[tuple[int, str], Event] = {}
        self.member_since = {(c, u): [(1, None)] for c in range(CONVERSATIONS) for u in range(USERS)}
        self.markers: dict[tuple[int, int], int] = defaultdict(int)
        self.presence: dict[int, tuple[str, int]] = dict.fromkeys(range(USERS), ("offline", 0))
        self.devices = [Device(dev, user) for dev, user in DEVICES]
        self.acked: list[Send] = []
        self.stalled: dict[int, dict[str, Any]] = {}
        self.book.provision()
        self.process("spawn", 0)
        self.process("ready", MS)

    # --- the server ---

    def is_member(self, conv: int, user: int) -> bool:
        return self.member_since[conv, user][-1][1] is None

    def visible(self, conv: int, user: int, seq: int) -> bool:
        """Between a join and the leave after it, both included."""
        return any(a <= seq and (b is None or seq <= b) for a, b in self.member_since[conv, user])

    def append(self, conv: int, event: Event) -> Event:
        """Put the next event into the log and queue it for every follower but the sending device."""
        event.seq = len(self.log[conv]) + 1
        self.log[conv].append(event)
        for device in self.devices:
            if conv in device.following and self.visible(conv, device.user, event.seq):
                device.queue.append((conv, event))
        return event

    # --- what a device observes ---

    def contiguous(self, device: Device, conv: int) -> int:
        seq = 0
        while seq < len(self.log[conv]) and (
            seq + 1 in device.seen[conv] or not self.visible(conv, device.user, seq + 1)
        ):
            seq += 1
        return seq

    def arrive(self, device: Device, conv: int, event: Event, via: str) -> None:
        """An event reaches a device; its timeline shows it once. An edit brings what its message says by now."""
        shown = event.seq not in device.seen[conv]
        said = event if event.ref is None else self.log[conv][event.ref - 1]
        device.seen[conv].add(event.seq)
        device.frame += 1
        self.book.add(
            "deliveries", device.user, t_ns=self.now, dev=device.dev, session=device.session, scope="conv", view=0,
            frame=device.frame, conv=conv, epoch=1, seq=event.seq, event=event.kind, op=event.op,
            msg_id=event.seq if event.kind == "message" else None, ref_seq=event.ref, version=said.version,
            body_hash=said.body, content_ok=True, via=via, shown=shown, server_ts_ns=self.now,
        )

    def flush(self, device: Device) -> None:
        """Everything queued is pushed, in order, if the link works."""
        if device.user in self.stalled:
            return
        queue, device.queue = device.queue, []
        for conv, event in queue:
            self.now += MS // 10
            self.arrive(device, conv, event, "live")

    # --- links ---

    def connect(self, device: Device, _conv: int = 0) -> None:
        """Connect, say hello, resume everything, then try again what is unresolved."""
        if device.session is not None or device.user in self.stalled:
            return
        device.session, device.frame = self.book.id(), 0
        self._truth(device, "either", "hello")
        device.row = self.book.add(
            "connections", device.user, session=device.session, dev=device.dev, link=f"link-{device.user}",
            node=NODE, incarnation=self.incarnation, connect_ns=self.now, hello_ok_ns=self.now + MS,
        )
        self.now += 2 * MS
        self._truth(device, "online", "hello")
        self._tell_presence(device.user)
        for user in range(USERS):
            self._see_presence(device, user, "snapshot")
        for conv in range(CONVERSATIONS):
            if self.is_member(conv, device.user):
                self._resume(device, conv)
        pending, device.unresolved = device.unresolved, []
        for send in pending:
            self.attempt(device, send)

    def _resume(self, device: Device, conv: int) -> None:
        own, frontier = self.contiguous(device, conv), len(self.log[conv])
        row = self.book.add(
            "resumes", device.user, session=device.session, conv=conv, from_seq=own, epoch=1,
            own_contiguous_seq=own, frontier_seq=frontier, invoke_ns=self.now, upto_seq=frontier,
            outcome="recovered",
        )
        self.follow(device, conv)
        self.now += MS
        for event in self.log[conv][own:]:
            if self.visible(conv, device.user, event.seq):
                self.arrive(device, conv, event, "resume")
        row |= {"live_ns": self.now, "live_rec": self.book.rec(device.user)}
        for user in range(USERS):
            self._see_marker(device, conv, user, "snapshot")

    def follow(self, device: Device, conv: int) -> None:
        rec = self.book.rec(device.user)
        device.following[conv] = self.book.add(
            "subscriptions", device.user, dev=device.dev, session=device.session, conv=conv, from_ns=self.now,
            from_rec=rec, level="live",
        )

    def unfollow(self, device: Device, conv: int) -> None:
        device.following.pop(conv).update(to_ns=self.now, to_rec=self.book.rec(device.user))

    def disconnect(self, device: Device, kind: str = "clean") -> None:
        """Close the session; what the server had queued for it is gone."""
        if device.session is None:
            return
        for conv in list(device.following):
            self.unfollow(device, conv)
        device.queue.clear()
        device.row |= {
            "close_ns": self.now, "close_kind": kind, "close_by": "client" if kind == "clean" else "link",
            "close_invoke_ns": self.now if kind == "clean" else None, "close_code": 1000 if kind == "clean" else 1006,
        }
        device.session = None
        cause = {"clean": "clean_close"}.get(kind, kind)
        self._truth(device, "either", cause)
        self.now += MS
        self._truth(device, "offline", cause)
        self._tell_presence(device.user)

    # --- presence and receipts ---

    def _truth(self, device: Device, state: str, cause: str) -> None:
        if device.truth is not None:
            device.truth["to_ns"] = self.now
        device.truth = self.book.add(
            "presence_truth", device.user, change=self.book.id(), user=device.user, dev=device.dev, state=state,
            from_ns=self.now, cause=cause,
        )

    def _tell_presence(self, user: int) -> None:
        """Push a change of the OR over the user's devices to every watcher."""
        online = any(device.session is not None for device in self.devices if device.user == user)
        state, ver = self.presence[user]
        if (state == "online") == online:
            return
        self.presence[user] = ("online" if online else "offline", ver + 1)
        for watcher in self.devices:
            if watcher.session is not None and watcher.row["hello_ok_ns"] < self.now:
                self._see_presence(watcher, user, "push")

    def _see_presence(self, watcher: Device, user: int, source: str) -> None:
        state, ver = self.presence[user]
        self.book.add(
            "presence_seen", watcher.user, t_ns=self.now, dev=watcher.dev, session=watcher.session, subject=user,
            state=state, incarnation=self.incarnation, ver=ver, source=source,
        )

    def _see_marker(self, device: Device, conv: int, user: int, source: str) -> None:
        seq = self.markers[conv, user]
        self.book.add(
            "receipts", device.user, t_ns=self.now, dev=device.dev, session=device.session, conv=conv, user=user,
            delivered_seq=seq, read_seq=seq, source=source,
        )

    # --- operations ---

    def operation(self, device: Device, kind: str, conv: int, /, **values: Any) -> dict[str, Any]:
        """Begin an operation of this device."""
        rec = self.book.rec(device.user)
        return self.book.add(
            "operations", device.user, op=device.dev << 32 | self.book.id(), dev=device.dev, conv=conv, kind=kind,
            intended_ns=self.now, invoke_ns=self.now, phase=self.phase, rec_invoke=rec,
            **{"expect": "ok", **values},
        )

    def finish(self, device: Device, row: dict[str, Any], outcome: str, by: str = "ack", **values: Any) -> None:
        """An operation has its outcome."""
        row |= {"outcome": outcome, "resolved_by": by, **self._done(device), **values}

    def _done(self, device: Device) -> dict[str, int]:
        """What every end half carries."""
        return {"done_ns": self.now, "rec_done": self.book.rec(device.user)}

    def send(self, device: Device, conv: int, fate: str = "ok") -> Send:
        """Send a new message; see `attempt`."""
        send = Send(0, conv, self.operation(device, "send", conv))
        send.op = send.row["op"]
        send.row |= {"u": f"key-{send.op}", "body_hash": send.op * 7919, "body_len": 20}
        self.attempt(device, send, fate)
        return send

    def attempt(self, device: Device, send: Send, fate: str = "ok") -> None:
        """Try a send once: committed unless the request is lost, answered unless the request or the ack is."""
        send.attempts += 1
        key, body = (send.conv, send.row["u"]), send.row["body_hash"]
        row = self.book.add(
            "attempts", device.user, op=send.op, attempt=send.attempts, session=device.session, transport="ws",
            node=NODE, invoke_ns=self.now, body_hash=body, rec_invoke=self.book.rec(device.user),
        )
        self.now += MS
        known = self.outcomes.get(key)
        if fate != "lose_request" and known is None:
            self.outcomes[key] = self.append(send.conv, Event(0, "message", send.op, device.user, body=body))
        if fate == "ok":
            self._acknowledge(device, send, row, duplicate=known is not None)
            return
        row |= {"outcome": "unknown", **self._done(device)}
        device.unresolved.append(send)
        self.disconnect(device, "abort")

    def _acknowledge(self, device: Device, send: Send, row: dict[str, Any], *, duplicate: bool) -> None:
        event = self.outcomes[send.conv, send.row["u"]]
        ack = {"ack_epoch": 1, "ack_seq": event.seq, "ack_msg_id": event.seq}
        device.queue = [item for item in device.queue if item != (send.conv, event)]
        self.arrive(device, send.conv, event, "ack")
        row |= {"outcome": "ok", "duplicate": duplicate, **self._done(device), **ack}
        if send.row.get("outcome") is None:
            self.finish(device, send.row, "ok", "ack" if send.attempts == 1 else "retry", **ack)
            self.acked.append(send)

    def refuse(self, device: Device, conv: int, code: str, **values: Any) -> None:
        """A send that the server refuses, definitely."""
        given = {"expect": "refuse", "body_hash": 1, "u": f"key-{self.book.id()}", **values}
        row = self.operation(device, "send", conv, **given)
        attempt = self.book.add(
            "attempts", device.user, op=row["op"], attempt=1, session=device.session, transport="ws", node=NODE,
            invoke_ns=self.now, body_hash=row["body_hash"], rec_invoke=self.book.rec(device.user),
        )
        self.now += MS
        attempt |= {"outcome": "fail", "code": code, "definite": True, **self._done(device)}
        self.finish(device, row, "fail", code=code)

    def mark(self, device: Device, conv: int, seq: int) -> None:
        """Set the own read marker; a lower value is acknowledged and changes nothing."""
        row = self.operation(device, "receipt", conv, ref_seq=seq, marker="read")
        self.now += MS
        self.finish(device, row, "ok")
        if seq <= self.markers[conv, device.user]:
            return
        self.markers[conv, device.user] = seq
        for observer in self.devices:
            if conv in observer.following:
                self._see_marker(observer, conv, device.user, "push")

    # --- membership ---

    def kick(self, conv: int, user: int) -> None:
        """The owner's first device removes a user whose devices are all connected; they see it last."""
        device = self.devices[OWNER]
        row, change = self._membership(device, "kick", conv, user)
        since, _ = self.member_since[conv, user][-1]
        self.member_since[conv, user][-1] = (since, len(self.log[conv]) + 1)
        self._changed(device, row, change, self.append(conv, Event(0, "kick", row["op"], OWNER, user)))
        for kicked in self.devices:
            if kicked.user == user and conv in kicked.following:
                self.flush(kicked)
                self.unfollow(kicked, conv)

    def rejoin(self, device: Device, conv: int) -> None:
        """A kicked user joins again; all its connected devices follow from the join on."""
        user, hidden_from = device.user, self.member_since[conv, device.user][-1][1]
        assert hidden_from is not None
        row, change = self._membership(device, "join", conv, user)
        self.member_since[conv, user].append((len(self.log[conv]) + 1, None))
        joined = [other for other in self.devices if other.user == user and other.session is not None]
        for other in joined:
            self.follow(other, conv)
            if hidden_from < len(self.log[conv]):
                self.book.add("notices", user, t_ns=self.now, session=other.session, conv=conv, kind="gap",
                         from_seq=hidden_from + 1, to_seq=len(self.log[conv]))
        self._changed(device, row, change, self.append(conv, Event(0, "join", row["op"], user, user)))
        for other in joined:
            for member in range(USERS):
                self._see_marker(other, conv, member, "snapshot")

    def _membership(self, device: Device, kind: str, conv: int, user: int) -> tuple[dict[str, Any], dict[str, Any]]:
        row = self.operation(device, kind, conv)
        change = self.book.add(
            "memberships", device.user, conv=conv, user=user, change=kind, op=row["op"], role="member",
            invoke_ns=self.now,
        )
        self.now += MS
        return row, change

    def _changed(self, device: Device, row: dict[str, Any], change: dict[str, Any], event: Event) -> None:
        change |= {"seq": event.seq, "seq_source": "ack", "done_ns": self.now, "outcome": "ok"}
        self.finish(device, row, "ok", ack_epoch=1, ack_seq=event.seq)

    # --- reads, and the process ---

    def read(self, device: Device, conv: int, page: int, purpose: str) -> None:
        """Read all that is visible of a conversation, in pages, from a state that has passed its head."""
        seen = [event for event in self.log[conv] if self.visible(conv, device.user, event.seq)]
        walk = self.book.id()
        for at in range(0, len(seen), page):
            events = seen[at:at + page]
            read = self.book.add(
                "reads", device.user, read=self.book.id(), walk=walk, dev=device.dev, session=device.session,
                kind="history", purpose=purpose, conv=conv, dir="forward", page_limit=page, invoke_ns=self.now,
                min_seq=len(self.log[conv]),
                rec_invoke=self.book.rec(device.user), outcome="ok", from_seq=seen[at - 1].seq + 1 if at else 1,
                to_seq=events[-1].seq, complete=at + page >= len(seen),
            )
            self.now += MS
            read |= {"done_ns": self.now, "rec_done": self.book.rec(device.user)}
            for pos, event in enumerate(events):
                self.book.add(
                    "read_items", device.user, read=read["read"], pos=pos, conv=conv, epoch=1, seq=event.seq,
                    event=event.kind, op=event.op, msg_id=event.seq if event.kind == "message" else None,
                    ref_seq=event.ref, version=event.version, body_hash=event.body, deleted=event.deleted,
                    server_ts_ns=read["invoke_ns"],
                )

    def head(self, device: Device, conv: int) -> None:
        """A pong tells the head of a conversation."""
        self.book.add("heads", device.user, t_ns=self.now, dev=device.dev, session=device.session, conv=conv, epoch=1,
                 head_seq=len(self.log[conv]), source="pong")

    def process(self, event: str, t_ns: int) -> None:
        """Something happened to the server's process."""
        self.book.tables["processes"].append({
            "node": NODE, "pid": 100 + self.incarnation, "incarnation": self.incarnation, "event": event, "t_ns": t_ns,
        })
