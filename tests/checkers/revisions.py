"""What the perfect server does to messages after they stand: edits, deletes, unread counts."""

from __future__ import annotations

from tests.checkers.book import MS
from tests.checkers.perfect_server import Device, Event, PerfectServer


def editable(server: PerfectServer, device: Device, conv: int) -> Event | None:
    """The last message of the device's user that is not deleted."""
    own = [event for event in server.log[conv]
           if event.kind == "message" and event.by == device.user and not event.deleted]
    return own[-1] if own else None


def edit(server: PerfectServer, device: Device, conv: int, target: Event, *, is_answered: bool) -> None:
    """The message has another body from now on; without an answer the device never knows."""
    _change(server, device, conv, "edit", target, is_answered)


def delete(server: PerfectServer, device: Device, conv: int, target: Event, *, is_answered: bool) -> None:
    """The message and all its versions are blank from now on."""
    _change(server, device, conv, "delete", target, is_answered)


def _change(
    server: PerfectServer, device: Device, conv: int, kind: str, target: Event, is_answered: bool
) -> None:
    """Append the change, and push it to everybody: as with a join, the own device gets it by the stream."""
    row = server.operation(device, kind, conv, ref_seq=target.seq)
    if kind == "edit":
        row["body_hash"] = row["op"] * 7919
    server.now += MS
    event = server.append(conv, Event(0, kind, row["op"], device.user, ref=target.seq))
    target.body, target.version, target.deleted = row.get("body_hash"), event.seq, kind == "delete"
    if is_answered:
        server.finish(device, row, "ok", ack_epoch=1, ack_seq=event.seq)
    else:
        server.finish(device, row, "unknown", "none")


def count_unread(server: PerfectServer, device: Device, conv: int) -> None:
    """The server derives the count from the log and the marker."""
    marker = server.markers[conv, device.user]
    unread = sum(
        event.kind == "message" and event.by != device.user and not event.deleted and event.seq > marker
        and server.visible(conv, device.user, event.seq)
        for event in server.log[conv]
    )
    read = server.book.add(
        "reads", device.user, read=server.book.id(), walk=server.book.id(), dev=device.dev, session=device.session,
        kind="unread", purpose="app", conv=conv, invoke_ns=server.now, rec_invoke=server.book.rec(device.user),
        outcome="ok",
    )
    server.now += MS
    read |= {"done_ns": server.now, "rec_done": server.book.rec(device.user)}
    server.book.add(
        "unread", device.user, read=read["read"], dev=device.dev, conv=conv, unread=unread, read_seq=marker,
        head_seq=len(server.log[conv]),
    )
