"""What breaks around the perfect server: its process is killed, a user's link stalls and is mended."""

from __future__ import annotations

from typing import Any

from tests.checkers.book import CONVERSATIONS, MS, NODE
from tests.checkers.perfect_server import PerfectServer


def kill(server: PerfectServer) -> None:
    """kill -9 and a restart: every session is gone, the log is not."""
    fault = _begin(server, "kill", "process", NODE)
    server.now += MS
    server.process("killed", server.now)
    for device in server.devices:
        server.disconnect(device, "kill")
    server.incarnation += 1
    server.now += 50 * MS
    _end(server, fault)
    server.process("spawn", server.now - 40 * MS)
    server.process("ready", server.now)


def stall(server: PerfectServer, user: int) -> None:
    """Nothing reaches the user's devices, and nothing comes from them, until the link is mended."""
    server.stalled[user] = _begin(server, "stall", "link", f"link-{user}")
    server.now += 3 * MS


def mend(server: PerfectServer, user: int, *, drop: bool = False) -> None:
    """The link works again: what waited comes, or the server says what it dropped and the device reads it up."""
    _end(server, server.stalled.pop(user))
    server.now += MS
    for device in server.devices:
        if device.user == user and drop:
            for conv in range(CONVERSATIONS):
                _drop(server, device.dev, conv)
        if device.user == user:
            server.flush(device)


def _drop(server: PerfectServer, dev: int, conv: int) -> None:
    """A gap notice over everything that waited of a conversation, and its repair."""
    device = server.devices[dev]
    waiting = [event for of, event in device.queue if of == conv]
    if not waiting:
        return
    device.queue = [item for item in device.queue if item[0] != conv]
    server.book.add("notices", device.user, t_ns=server.now, session=device.session, conv=conv, kind="gap",
                    from_seq=waiting[0].seq, to_seq=waiting[-1].seq)
    for event in waiting:
        server.now += MS // 10
        server.arrive(device, conv, event, "repair")


def _begin(server: PerfectServer, kind: str, target_kind: str, target: str) -> dict[str, Any]:
    """A fault whose effect is seen at once."""
    fault = {"fault": server.book.id(), "kind": kind, "target_kind": target_kind, "target": target, "params": "{}",
             "start_req_ns": server.now, "start_confirmed_ns": server.now + MS, "effect_seen_ns": server.now + 2 * MS}
    server.book.tables["faults"].append(fault)
    return fault


def _end(server: PerfectServer, fault: dict[str, Any]) -> None:
    fault |= {"stop_req_ns": server.now, "stop_confirmed_ns": server.now, "evidence": "seen from outside"}
