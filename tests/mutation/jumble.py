"""Histories that no server could leave: rows at random from a few values, so that every comparison meets its boundary.

Nothing says whether such a history is clean. What it says is whether two queries are the same: with two conversations,
eight seqs and twenty instants, ties, holes, repeats, NULLs and strangers are all there. Keys stay unique, as the
evidence demands of every history that is judged.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from chatproof.checkers.guarantees.idempotent_send import TRANSIENT_CODES
from chatproof.checkers.history.run_document import RunDocument
from chatproof.checkers.history.tables import TABLES, Column, Table
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS, ENUMERATIONS
from tests.checkers.model import Recorded

MS, SECOND_NS = 1_000_000, 1_000_000_000
USERS, DEVICES, SESSIONS, INSTANTS = 2, 4, 5, 12
NULLS, OFTEN = 0.1, 0.6
DENSE = 4
"""A row's `rec` lies so far from the next one's at most, so that what names a `rec` often names one that is there."""

_LIKELY: dict[str, dict[str, int]] = {
    "operation_kind": {"send": 12, "receipt": 5, "join": 2, "leave": 2, "kick": 2},
    "event": {"message": 12, "join": 2, "leave": 2, "kick": 2}, "membership_change": {"initial": 5, "join": 4},
    "outcome": {"ok": 5, "fail": 2}, "read_kind": {"history": 9}, "read_purpose": {"audit": 6}, "plane": {"load": 6},
    "expect": {"ok": 5}, "scope": {"conv": 4}, "resume_outcome": {"recovered": 5},
    "fault_kind": {"kill": 8}, "process_event": {"ready": 4, "killed": 4}, "notice_kind": {"gap": 4},
    "fault_target_kind": {"link": 3, "process": 3},
}
"""Enumeration → how likely some of its values are; the others weigh 1."""

_TEXTS: dict[str, tuple[str, ...]] = {
    "link": ("link-0", "link-1", "link-2"), "node": ("node-1", "node-1", "node-2"), "u": ("k1", "k2", "k3"),
    "target": ("link-0", "link-1", "node-1", "node-1", "node-2"), "cursor": ("0", "1", "2", "3", "x"),
    "code": (*TRANSIENT_CODES, "not_member", "not_member", "too_large"), "reason": ("r1", "r2"),
}
_OPEN = ("close_invoke_ns", "close_ns", "to_ns", "to_rec")
"""What has often not ended."""

_ENDS = (
    ("invoke_ns", "done_ns"), ("rec_invoke", "rec_done"), ("from_ns", "to_ns"), ("from_seq", "to_seq"),
    ("connect_ns", "hello_ok_ns", "close_invoke_ns", "close_ns"), ("from_seq", "frontier_seq", "upto_seq"),
    ("start_req_ns", "start_confirmed_ns", "effect_seen_ns", "stop_req_ns", "stop_confirmed_ns"),
)
_ROWS = {"memberships": 9, "devices": DEVICES, "processes": 5, "connections": SESSIONS}
_EXCUSES = {"policies": (0, 0, 1), "notices": (0, 1, 4), "faults": (0, 1, 1), "memberships": (4, 4, 6)}
_PLAIN: dict[str, dict[str, int]] = {
    "operation_kind": {"send": 40, "receipt": 5, "edit": 2, "delete": 2}, "read_kind": {"history": 6, "search": 6},
    "outcome": {"ok": 12}, "expect": {"ok": 20}, "membership_change": {"initial": 5, "join": 4},
}
"""Lean jumbles: tables whose rows excuse what others accuse have so many rows, and these values are more likely."""

_IDENTITIES: dict[str, Callable[[int], dict[str, Any]]] = {
    "devices": lambda at: {"dev": at, "user": at % USERS},
    "conversations": lambda at: {"conv": at},
    "connections": lambda at: {"session": at + 1},
    "memberships": lambda at: {} if at >= 2 * USERS else {
        "conv": at // USERS, "user": at % USERS, "change": "initial", "op": 0, "seq": None,
    },
}
"""Table → what the row of a number is, where it must be there: everybody is provisioned in both conversations."""

_ANY = (3, 3, 3, 2, 0, 0, 0, 0, 0)
_NUMBERS: dict[str, tuple[int, ...]] = {
    "conv": (3, 8, 0, 0, 0, 0, 0, 0, 0), "epoch": (0, 8, 2, 0, 0, 0, 0, 0, 0), "view": (6, 1, 0, 0, 0, 0, 0, 0, 0),
    "user": (1, 1, 0, 0, 0, 0, 0, 0, 0), "subject": (1, 1, 0, 0, 0, 0, 0, 0, 0), "dev": (4, 4, 4, 4, 1, 0, 0, 0, 0),
    "session": (0, 4, 4, 4, 4, 4, 1, 0, 0), "read": (0, 2, 2, 2, 2, 2, 2, 2, 2), "walk": (0, 2, 2, 1, 0, 0, 0, 0, 0),
    "worker": (1, 1, 0, 0, 0, 0, 0, 0, 0), "attempt": (0, 3, 2, 1, 0, 0, 0, 0, 0),
}
"""Column → how likely 0, 1, 2 and so on are."""

_STATUSES = (200, 200, 206, 299, 300, 403, 404, 410, 411)
_FEW = {
    "conv": ((0, 1, 0, 0, 0, 0, 0, 0, 0), (1, 9, 1, 0, 0, 0, 0, 0, 0), _NUMBERS["conv"]),
    "dev": ((1, 1, 0, 0, 0, 0, 0, 0, 0), _NUMBERS["dev"]),
    "session": ((0, 1, 1, 0, 0, 0, 0, 0, 0), _NUMBERS["session"]),
    "body_hash": ((1, 1, 0, 0, 0, 0, 0, 0, 0), _ANY), "query_hash": ((1, 1, 0, 0, 0, 0, 0, 0, 0), _ANY),
}
"""The same of lean jumbles, which have one or the other."""


class _Jumble:
    """One history in the making."""

    def __init__(self, seed: int, *, is_lean: bool = False) -> None:
        self.draw = random.Random(seed)
        self.is_lean = is_lean
        self.likely = {**_LIKELY, **_PLAIN} if is_lean else _LIKELY
        self.step_ns = self.draw.choice([10 * MS, SECOND_NS])
        self.seqs = self.draw.choice([2, 4, 6])
        self.rows = self.draw.choice([12, 40, 80])
        self.faults = self.draw.choice([0, 1, 3])
        self.nulls = self.draw.choice([0, NULLS]) if is_lean else NULLS
        self.instants = self.draw.choice([3, 6, INSTANTS]) if is_lean else INSTANTS
        self.numbers = _NUMBERS | ({name: self.draw.choice(few) for name, few in _FEW.items()} if is_lean else {})

    def table(self, table: Table) -> list[dict[str, Any]]:
        """Rows with different keys."""
        count = self.count(table.name)
        made = [{column.name: self.value(column) for column in table.columns} for _ in range(count)]
        for at, row in enumerate(made):
            row |= {"rec": at * DENSE + self.draw.randrange(DENSE)} if table.recorded else {}
            row |= _IDENTITIES[table.name](at) if table.name in _IDENTITIES else {}
            self.put_in_order(row)
        return list({tuple(row[name] for name in table.key) or at: row for at, row in enumerate(made)}.values())

    def count(self, table: str) -> int:
        """How many rows it has, before those of one key become one."""
        if self.is_lean and table in _EXCUSES:
            return self.draw.choice(_EXCUSES[table])
        if table == "conversations":
            return self.draw.choice([1, 2, 2])  # not every conversation is described
        return self.faults if table == "faults" else min(_ROWS.get(table, self.rows), self.rows)

    def put_in_order(self, row: dict[str, Any]) -> None:
        """What begins before it ends does so here, mostly."""
        for names in _ENDS:
            times = sorted(row[name] for name in names if row.get(name) is not None)
            row |= zip([name for name in names if row.get(name) is not None], times, strict=True)

    def value(self, column: Column) -> Any:
        """A value that the column may have."""
        if not column.required and self.draw.random() < (OFTEN if column.name in _OPEN else self.nulls):
            return None
        if column.values:
            weights = self.likely.get(column.values, {})
            words = ENUMERATIONS[column.values]
            return self.draw.choices(words, [weights.get(word, 1) for word in words])[0]
        if column.type == "TEXT":
            return self.draw.choice(_TEXTS.get(column.name, ("t1", "t2")))
        if column.type == "BOOL":
            return self.draw.random() < 0.6
        return self.number(column.name)

    def number(self, name: str) -> int:
        """Small, and like others that it is compared with."""
        if name.endswith("_ns"):
            return self.draw.randrange(self.instants + 1) * self.step_ns
        if name == "op":
            return self.draw.randrange(DEVICES) << 32 | self.draw.randrange(3)
        if name.endswith("seq") or name == "msg_id":
            return self.draw.randint(1, self.seqs)
        if name.startswith("rec") or name.endswith("rec"):
            return self.draw.randrange(self.rows * DENSE)
        if name == "status":
            return self.draw.choice(_STATUSES)
        return self.draw.choices(range(9), self.numbers.get(name, _ANY))[0]


def jumble(seed: int) -> Recorded:
    """A history, a pure function of the seed."""
    return _recorded(_Jumble(seed))


def lean_jumble(seed: int) -> Recorded:
    """One that is smaller in all directions, and has little that excuses what is wrong in it."""
    return _recorded(_Jumble(seed, is_lean=True))


def _recorded(made: _Jumble) -> Recorded:
    """Its tables, with phases, claims and bounds."""
    tables = {name: made.table(table) for name, table in TABLES.items()}
    ends = sorted(made.draw.sample(range(1, INSTANTS + 3), 3))
    tables["phases"] = [
        {"phase": phase, "start_ns": start * made.step_ns, "end_ns": end * made.step_ns}
        for phase, start, end in (("warm_up", 0, ends[0]), ("main", ends[0], ends[1]), ("drain", ends[1], ends[2]))
    ][: made.draw.choice([2, 3, 3, 3])]
    claims = {
        name: made.draw.choice(["all", "none", "other_devices"]) if key.type is str
        else made.draw.choice([0, 5, 172_800]) if key.type is int else made.draw.random() < 0.5
        for name, key in CLAIMS.items()
    }
    bounds = {name: made.draw.randrange(5) * made.step_ns for name in BOUNDS}
    bounds["clock_error_ns"] = made.draw.choice([0, made.step_ns // 2, made.step_ns])
    bounds["progress_min_ok"] = made.draw.randint(1, 4)
    run = RunDocument(
        run_id="jumble", seed=0, scenario="jumble", replay="", target="none", driver="none", engine="none",
        claims=claims, bounds=bounds, required=(), slos_required=False,
    )
    return Recorded(run, tables)
