"""Rows of a history in words: where something happened, when, and what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from chatproof.checkers.guarantee import name_op
from chatproof.checkers.neighbourhood import Neighbourhood, Row

Values = Mapping[str, Any]


class Event(NamedTuple):
    """Something that happened: ns since run start, the lane it is drawn on, words."""

    t_ns: int
    lane: str
    text: str


class Narrator:
    """Tells rows as events; what a session did stands on its device's lane, a page's item at the time of its read."""

    def __init__(self, around: Neighbourhood) -> None:
        self._owners = around.owners
        self._reads = {row.values["read"]: row.values for row in around.rows if row.table == "reads"}

    def tell(self, row: Row) -> tuple[Event, ...]:
        """The events of a row, none for one that has no time; a table without words of its own is told as it stands."""
        tell = _WORDS.get(row.table)
        told = tell(self, row.values) if tell else self._plainly(row)
        return tuple(event for event in told if event.t_ns is not None)

    def _lane(self, row: Values) -> str:
        """The device that did it, where that is known."""
        dev = row["dev"] if row.get("dev") is not None else self._owners.get(row["session"])
        return f"device {dev}" if dev is not None else f"session {row['session']}"

    def _plainly(self, row: Row) -> Iterator[Event]:
        """`table: column value, …` of whatever the row holds."""
        if row.t_ns is not None:
            left_out = {"worker", "rec", "t_ns"}
            held = ", ".join(f"{key} {_value(key, value)}" for key, value in row.values.items()
                             if value is not None and key not in left_out and not key.endswith("_ns"))
            is_on_device = row.values.get("dev") is not None
            yield Event(row.t_ns, self._lane(row.values) if is_on_device else row.table, f"{row.table}: {held}")

    def operation(self, row: Values) -> Iterator[Event]:
        """The invocation and what came of it; single answers are told by attempts."""
        upto = "" if row["ref_seq"] is None else f" up to seq {row['ref_seq']}"
        where = "no conversation" if row["conv"] is None else f"conversation {row['conv']}"
        marker = f" ({row['marker']})" if row["marker"] else ""
        seq = "" if row["ack_seq"] is None else f", seq {row['ack_seq']}"
        end = f" (in the end {row['outcome']}{seq})" if row["outcome"] else ""
        yield Event(
            row["invoke_ns"], self._lane(row),
            f"tries {row['kind']}{marker}{upto} in {where}, operation {name_op(row['op'])}{end}",
        )

    def attempt(self, row: Values) -> Iterator[Event]:
        """The answer to one try, or that none came."""
        name = f"attempt {row['attempt']} of operation {name_op(row['op'])} on session {row['session']}"
        lane = f"device {row['op'] >> 32}"
        if row["done_ns"] is None:
            yield Event(row["invoke_ns"], lane, f"{name}: no answer")
            return
        code = f" ({row['code']})" if row["code"] else ""
        seq = "" if row["ack_seq"] is None else f", seq {row['ack_seq']}"
        yield Event(
            row["done_ns"], lane, f"{name}: {row['outcome']}{code}{seq}{', duplicate' if row['duplicate'] else ''}"
        )

    def delivery(self, row: Values) -> Iterator[Event]:
        """An arrival."""
        what = "" if row["op"] is None else f", operation {name_op(row['op'])}"
        altered = ", content altered" if row["content_ok"] is False else ""
        yield Event(
            row["t_ns"], self._lane(row),
            f"{'shows' if row['shown'] else 'gets'} {row['event']} at seq {row['seq']} of conversation {row['conv']}"
            f"{what}, by {row['via']} on session {row['session']}{altered}",
        )

    def connection(self, row: Values) -> Iterator[Event]:
        """A session's begin and end."""
        if row["hello_ok_ns"] is not None:
            node = f" by {row['node']}" if row["node"] else ""
            yield Event(row["hello_ok_ns"], self._lane(row), f"session {row['session']} is accepted{node}")
        if row["close_ns"] is not None:
            how = f"{row['close_kind'] or 'unknown'} by {row['close_by'] or 'unknown'}"
            yield Event(row["close_ns"], self._lane(row), f"session {row['session']} ends ({how})")

    def resume(self, row: Values) -> Iterator[Event]:
        """A resume, told when it was over."""
        frontier = "" if row["frontier_seq"] is None else f", frontier {row['frontier_seq']}"
        upto = "" if row["upto_seq"] is None else f", live at {row['upto_seq']}"
        yield Event(
            row["live_ns"] or row["invoke_ns"], self._lane(row),
            f"resumes conversation {row['conv']} after seq {row['from_seq']} on session {row['session']}: "
            f"{row['outcome'] or 'no answer'}{frontier}{upto}",
        )

    def subscription(self, row: Values) -> Iterator[Event]:
        """A session begins to follow a conversation."""
        yield Event(row["from_ns"], self._lane(row), f"follows conversation {row['conv']} on session {row['session']}")

    def head(self, row: Values) -> Iterator[Event]:
        """What the server said the head is."""
        yield Event(
            row["t_ns"], self._lane(row),
            f"is told that conversation {row['conv']} is at seq {row['head_seq']}, by {row['source']}",
        )

    def notice(self, row: Values) -> Iterator[Event]:
        """An announcement of the server."""
        span = "" if row["from_seq"] is None else f", seqs {row['from_seq']} to {row['to_seq']}"
        yield Event(row["t_ns"], self._lane(row), f"is told {row['kind']} on session {row['session']}{span}")

    def membership(self, row: Values) -> Iterator[Event]:
        """A change of membership, as far as its answer is known."""
        seq = "" if row["seq"] is None else f" at seq {row['seq']}"
        yield Event(
            row["done_ns"] or row["invoke_ns"], "log",
            f"{row['change']} of user {row['user']} in conversation {row['conv']}: "
            f"{row['outcome'] or 'no answer'}{seq}",
        )

    def read(self, row: Values) -> Iterator[Event]:
        """A read, told when its answer was there."""
        size = "" if row["page_limit"] is None else f", page size {row['page_limit']}"
        where = "" if row["conv"] is None else f" of conversation {row['conv']}"
        end = ", to the end" if row["complete"] else ""
        yield Event(
            row["done_ns"] or row["invoke_ns"], "store",
            f"read {row['read']} (walk {row['walk']}, {row['kind']}{size}){where} by device {row['dev']}: "
            f"{row['outcome'] or 'no answer'}{end}",
        )

    def read_item(self, row: Values) -> Iterator[Event]:
        """An item of a page; it has no time but that of its read."""
        read = self._reads.get(row["read"])
        if read is not None:
            what = "" if row["op"] is None else f", operation {name_op(row['op'])}"
            yield Event(
                read["done_ns"] or read["invoke_ns"], "store",
                f"read {row['read']} (walk {read['walk']}) returns {row['event'] or 'a hit'} at seq {row['seq']} of "
                f"conversation {row['conv']}{what}{', deleted' if row['deleted'] else ''}",
            )

    def receipt(self, row: Values) -> Iterator[Event]:
        """Markers as an observer saw them."""
        yield Event(
            row["t_ns"], self._lane(row),
            f"sees user {row['user']} at delivered {row['delivered_seq']}, read {row['read_seq']} in conversation "
            f"{row['conv']}, by {row['source']} on session {row['session']}",
        )

    def presence_seen(self, row: Values) -> Iterator[Event]:
        """Presence as a watcher saw it."""
        yield Event(
            row["t_ns"], self._lane(row),
            f"sees user {row['subject']} {row['state']} (incarnation {row['incarnation']}, version {row['ver']}), by "
            f"{row['source']} on session {row['session']}",
        )

    def presence_truth(self, row: Values) -> Iterator[Event]:
        """What a device's presence really was."""
        yield Event(row["from_ns"], self._lane(row), f"user {row['user']} is {row['state']} by {row['cause']}")

    def fault(self, row: Values) -> Iterator[Event]:
        """A fault's begin and end."""
        lane = f"{row['target_kind']} {row['target']}"
        yield Event(row["start_confirmed_ns"], lane, f"{row['kind']} begins")
        yield Event(row["stop_confirmed_ns"], lane, f"{row['kind']} is over")

    def process(self, row: Values) -> Iterator[Event]:
        """What happened to a process."""
        yield Event(row["t_ns"], f"process {row['node']}", f"is {row['event']}")


def _value(key: str, value: object) -> str:
    return name_op(value) if key == "op" and isinstance(value, int) else str(value)


_WORDS: dict[str, Callable[[Narrator, Values], Iterator[Event]]] = {
    "operations": Narrator.operation,
    "attempts": Narrator.attempt,
    "deliveries": Narrator.delivery,
    "connections": Narrator.connection,
    "resumes": Narrator.resume,
    "subscriptions": Narrator.subscription,
    "heads": Narrator.head,
    "notices": Narrator.notice,
    "memberships": Narrator.membership,
    "reads": Narrator.read,
    "read_items": Narrator.read_item,
    "receipts": Narrator.receipt,
    "presence_seen": Narrator.presence_seen,
    "presence_truth": Narrator.presence_truth,
    "faults": Narrator.fault,
    "processes": Narrator.process,
}
"""Table → how its rows are told."""
