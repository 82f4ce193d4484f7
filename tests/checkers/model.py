"""Histories that are clean by construction: scripts played against the perfect server.

    build(seed)      the history of a pseudo-random script
    histories()      a Hypothesis strategy of histories that shrink to few steps

A history is a `Recorded`: its rows may be changed before `history()` opens it, which is how corrupters work.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from hypothesis import strategies as st

from chatproof.checkers.history.history import History
from chatproof.checkers.history.run_document import RunDocument, Worker
from tests.checkers import outages, revisions
from tests.checkers.book import CONVERSATIONS, DEVICES, MS, OWNER
from tests.checkers.perfect_server import Device, PerfectServer
from tests.checkers.typists import Typists

Action = Literal[
    "send", "lose_request", "lose_ack", "give_up", "flush", "disconnect", "connect", "kick", "rejoin", "mark",
    "mark_back", "refuse", "other_body", "retry", "read", "kill", "edit", "edit_unanswered", "delete",
    "delete_unanswered", "count", "type",
]
Outage = Literal["stall", "mend", "mend_dropping"]
"""What links do; no part of `Action`, for not every oracle knows what a stalled link excuses."""
COMMON: tuple[Action, ...] = (
    "send", "send", "send", "send", "send", "send", "flush", "flush", "flush", "connect", "connect", "connect",
    "connect", "kick", "kick", "rejoin", "mark", "mark", "retry", "retry", "edit", "type", "type",
)
"""Added to the actions once more, so that a script talks more than it breaks."""
PAUSE_NS = 20_000 * MS
"""Before drain and before the audit: longer than every bound, so that what takes time is judged too."""
CLAIMS = {
    "dense_ids": True, "idempotent_window_s": 172_800, "resume": True, "contiguous_push": True,
    "echo": "other_devices", "pipelined_fifo": True, "total_order": True, "receipts": True, "presence": True,
    "survives_process_crash": True, "survives_power_loss": True, "history": True, "membership": True,
    "causal_order": True, "read_your_writes": True, "edits": True, "unread": True, "typing": True, "told_drops": True,
    "private_presence": True, "search": True, "attachments": True, "retention": True, "one_time_keys": True,
}


class Step(NamedTuple):
    """One thing that happens `gap_ms` after the one before; one that is impossible then does not happen."""

    action: Action | Outage
    dev: int
    conv: int
    gap_ms: int


@dataclass(frozen=True)
class Recorded:
    """A played script: the run document and the rows of every table."""

    run: RunDocument
    tables: dict[str, list[dict[str, Any]]]

    def history(self) -> History:
        """The same, opened for judging."""
        return History.of(self.run, self.tables)


def build(seed: int, steps: int = 80) -> Recorded:
    """The history of a script of so many steps, a pure function of its arguments."""
    draw = random.Random(seed)
    actions = get_args(Action) + COMMON + get_args(Outage)
    return play([
        Step(draw.choice(actions), draw.randrange(len(DEVICES)), draw.randrange(CONVERSATIONS), draw.randint(1, 200))
        for _ in range(steps)
    ])


def histories(max_steps: int = 40) -> st.SearchStrategy[Recorded]:
    """Histories of scripts with up to so many steps."""
    step = st.builds(
        Step, st.sampled_from(COMMON + get_args(Action)), st.integers(0, len(DEVICES) - 1),
        st.integers(0, CONVERSATIONS - 1), st.integers(1, 200),
    )
    return st.lists(step, max_size=max_steps).map(play)


def play(script: list[Step]) -> Recorded:
    """Connect everybody, play the script, then heal, resolve, drain and audit as a run does."""
    server = PerfectServer()
    for device in server.devices:
        server.connect(device)
    typists = Typists(server)
    starts = {"setup": 0, "main": server.now}
    for step in script:
        server.now += step.gap_ms * MS
        typists.look()
        _act(server, typists, step, server.devices[step.dev])
        typists.look()
    _finish(server, typists, starts)
    return Recorded(_run_document(server), dict(server.book.tables))


def _act(server: PerfectServer, typists: Typists, step: Step, device: Device) -> None:
    """One step, if the device and the conversation are in a state for it."""
    connected = is_reachable(server, device)
    member = server.is_member(step.conv, device.user)
    match step.action:
        case "connect":
            for absent in [other for other in server.devices if other.session is None][: 1 + step.dev]:
                server.connect(absent)
        case "disconnect" if connected:
            server.disconnect(device)
        case "send" | "lose_request" | "lose_ack" if connected and member:
            server.send(device, step.conv, "ok" if step.action == "send" else step.action)
        case "give_up" if connected and member:
            _give_up(server, device, step.conv)
        case "kick" if _can_be_kicked(server, step.conv, device.user):
            server.kick(step.conv, device.user)
        case "rejoin":
            _rejoin(server, step)
        case "kill":
            _kill(server)
        case "stall" if device.user not in server.stalled:
            outages.stall(server, device.user)
        case "mend" | "mend_dropping" if server.stalled:
            outages.mend(server, min(server.stalled), drop=step.action == "mend_dropping")
        case "type" if connected and step.conv in device.following:
            typists.type(device, step.conv)
        case "refuse" if connected:
            server.refuse(device, step.conv, "too_large" if member else "not_member")
        case "edit" | "edit_unanswered" | "delete" | "delete_unanswered" if connected and member:
            _revise(server, step, device)
        case "flush" | "mark" | "mark_back" | "other_body" | "retry" | "read" | "count" if connected:
            _act_connected(server, step, device)


def _act_connected(server: PerfectServer, step: Step, device: Device) -> None:
    own = [send for send in server.acked if send.row["dev"] == device.dev and send.conv == step.conv]
    match step.action:
        case "flush":
            server.flush(device)
        case "mark" if step.conv in device.following:
            server.mark(device, step.conv, server.contiguous(device, step.conv))
        case "mark_back" if step.conv in device.following and server.markers[step.conv, device.user]:
            server.mark(device, step.conv, server.markers[step.conv, device.user] - 1)
        case "read" if step.conv in device.following:
            server.read(device, step.conv, 1000, "app")
        case "count" if step.conv in device.following:
            revisions.count_unread(server, device, step.conv)
        case "retry" if own:
            server.attempt(device, own[-1])
        case "other_body" if own:
            server.refuse(device, step.conv, "different_body", u=own[-1].row["u"], expect="conflict")


def is_reachable(server: PerfectServer, device: Device) -> bool:
    """It has a session, over a link that works."""
    return device.session is not None and device.user not in server.stalled


def _revise(server: PerfectServer, step: Step, device: Device) -> None:
    """Edit or delete the user's last message."""
    target = revisions.editable(server, device, step.conv)
    if target is not None:
        revise = revisions.edit if step.action.startswith("edit") else revisions.delete
        revise(server, device, step.conv, target, is_answered=not step.action.endswith("unanswered"))


def _give_up(server: PerfectServer, device: Device, conv: int) -> None:
    """A send whose ack is lost and which is never tried again: it took effect, and stays unknown."""
    send = server.send(device, conv, "lose_ack")
    device.unresolved.remove(send)
    server.finish(device, send.row, "unknown", "none")


def _rejoin(server: PerfectServer, step: Step) -> None:
    """Some kicked user that is connected joins again, the step's conversation first."""
    for conv in sorted(range(CONVERSATIONS), key=lambda conv: conv != step.conv):
        for device in server.devices:
            if is_reachable(server, device) and not server.is_member(conv, device.user):
                server.rejoin(device, conv)
                return


def _can_be_kicked(server: PerfectServer, conv: int, user: int) -> bool:
    """Only while its devices and the owner's are all there: each then sees the kick as its last event."""
    there = all(is_reachable(server, device) for device in server.devices if device.user == user or device.dev == OWNER)
    return user != OWNER and server.is_member(conv, user) and there


def _kill(server: PerfectServer) -> None:
    """A kill right after every connected device got an ack: these acks are exposed."""
    for device in server.devices:
        if is_reachable(server, device) and server.is_member(0, device.user):
            server.send(device, 0)
    outages.kill(server)


def _finish(server: PerfectServer, typists: Typists, starts: dict[str, int]) -> None:
    """What a run does after main; afterwards everybody has seen everything."""
    for phase in ("heal", "resolve", "drain", "audit", "close"):
        server.now += PAUSE_NS if phase in ("drain", "audit") else 100 * MS
        starts[phase] = server.now
        server.phase = phase
        for user in list(server.stalled):
            outages.mend(server, user)
        typists.look()
        for device in server.devices:
            server.connect(device)
            server.flush(device)
            for conv in device.following:
                server.head(device, conv)
                if phase == "audit":
                    revisions.count_unread(server, device, conv)
                    server.read(device, conv, 3, "audit")
                    server.read(device, conv, 7, "audit")
    ends = [*list(starts.values())[1:], server.now + 100 * MS]
    server.book.tables["phases"] = [
        {"phase": phase, "start_ns": start, "end_ns": end}
        for (phase, start), end in zip(starts.items(), ends, strict=True)
    ]
    _record_health(server, starts["main"], starts["heal"])


def _record_health(server: PerfectServer, start_ns: int, end_ns: int) -> None:
    """A generator in perfect health, each second of main."""
    for t_ns in range(start_ns // (1000 * MS) * 1000 * MS, end_ns, 1000 * MS):
        for user in (0, 1):
            server.book.add(
                "generator", user, t_ns=t_ns, intended=100, started=100, lag_p50_ns=MS, lag_p99_ns=2 * MS,
                lag_max_ns=3 * MS, stall_max_ns=4 * MS, cpu_pct=20.0, rss_bytes=1 << 26, backlog=0, recorded_rows=1000,
            )


def _run_document(server: PerfectServer) -> RunDocument:
    return RunDocument(
        run_id="model", seed=0, scenario="model", replay="", target="model", driver="model", engine="model",
        claims=CLAIMS, bounds={}, required=(), slos_required=False, expected_faults=len(server.book.tables["faults"]),
        workers=(Worker(0, "here"), Worker(1, "here")),
    )
