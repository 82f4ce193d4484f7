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
from tests.checkers.model import Recorded, build

MS, SECOND_NS = 1_000_000, 1_000_000_000
USERS, DEVICES, SESSIONS, INSTANTS = 2, 4, 5, 12
NULLS, OFTEN = 0.1, 0.6

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
    "target": ("link-0", "link-1", "node-1", "node-1", "node-2"), "cursor": ("0", "0", "3"),
    "code": (*TRANSIENT_CODES, "not_member", "not_member", "too_large"), "reason": ("r1", "r2"),
}
_OPEN = ("close_invoke_ns", "close_ns", "to_ns", "to_rec")
"""What has often not ended."""

_ENDS = (
    ("invoke_ns", "done_ns"), ("rec_invoke", "rec_done"), ("from_ns", "to_ns"), ("from_seq", "to_seq"),
    ("connect_ns", "hello_ok_ns", "close_invoke_ns", "close_ns"), ("from_seq", "frontier_seq", "upto_seq"),
    ("start_req_ns", "start_confirmed_ns", "effect_seen_ns", "stop_req_ns", "stop_confirmed_ns"),
)
_ROWS = {"memberships": 9, "devices": DEVICES, "conversations": 2, "processes": 5, "connections": SESSIONS}
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


class _Jumble:
    """One history in the making."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.step_ns = self.draw.choice([10 * MS, SECOND_NS])
        self.seqs = self.draw.choice([2, 4, 6])
        self.rows = self.draw.choice([12, 40, 80])
        self.faults = self.draw.choice([0, 1, 3])

    def table(self, table: Table) -> list[dict[str, Any]]:
        """Rows with different keys."""
        count = self.faults if table.name == "faults" else min(_ROWS.get(table.name, self.rows), self.rows)
        made = [{column.name: self.value(column) for column in table.columns} for _ in range(count)]
        for at, row in enumerate(made):
            row |= {"rec": at * 50 + self.draw.randrange(50)} if table.recorded else {}
            row |= _IDENTITIES[table.name](at) if table.name in _IDENTITIES else {}
            self.put_in_order(row)
        return list({tuple(row[name] for name in table.key) or at: row for at, row in enumerate(made)}.values())

    def put_in_order(self, row: dict[str, Any]) -> None:
        """What begins before it ends does so here, mostly."""
        for names in _ENDS:
            times = sorted(row[name] for name in names if row.get(name) is not None)
            row |= zip([name for name in names if row.get(name) is not None], times, strict=True)

    def value(self, column: Column) -> Any:
        """A value that the column may have."""
        if not column.required and self.draw.random() < (OFTEN if column.name in _OPEN else NULLS):
            return None
        if column.values:
            weights = _LIKELY.get(column.values, {})
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
            return self.draw.randrange(INSTANTS + 1) * self.step_ns
        if name == "op":
            return self.draw.randrange(DEVICES) << 32 | self.draw.randrange(3)
        if name.endswith("seq") or name == "msg_id":
            return self.draw.randint(1, self.seqs)
        if name.startswith("rec") or name.endswith("rec"):
            return self.draw.randrange(self.rows * 50)
        return self.draw.choices(range(9), _NUMBERS.get(name, _ANY))[0]


def jumble(seed: int) -> Recorded:
    """A history, a pure function of the seed."""
    made = _Jumble(seed)
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
    bounds |= {"clock_error_ns": made.draw.choice([0, made.step_ns // 2]), "progress_min_ok": made.draw.randint(1, 4)}
    run = RunDocument(
        run_id="jumble", seed=seed, scenario="jumble", replay="", target="none", driver="none", engine="none",
        claims=claims, bounds=bounds, required=(), slos_required=False,
    )
    return Recorded(run, tables)


def scramble(seed: int) -> Recorded:
    """A history of the model in which some cells hold what other rows hold there, or nothing; keys stay."""
    draw = random.Random(seed)
    recorded = build(seed, steps=60)
    places = [
        (column, rows)
        for name, rows in recorded.tables.items() if rows and name != "phases"
        for table in [TABLES[name]] for column in table.columns if column.name not in (*table.key, "worker", "rec")
    ]
    for _ in range(draw.choice([10, 40, 120])):
        column, rows = draw.choice(places)
        row, other = draw.choice(rows), draw.choice(rows)
        row[column.name] = None if not column.required and draw.random() < NULLS else other.get(column.name)
    return recorded


def shuffle(seed: int) -> Recorded:
    """A history of the model; some arrivals of a device come in each other's place, or in another view or epoch.

    What a jumble hardly ever has, it has often: effects before their causes, holes, and streams that go back.
    """
    draw = random.Random(seed)
    recorded = build(seed, steps=60)
    for _ in range(draw.choice([6, 20, 60])):
        row, other = draw.choice(recorded.tables["deliveries"]), draw.choice(recorded.tables["deliveries"])
        if row["dev"] == other["dev"]:
            for name in ("rec", "t_ns", *draw.choice([(), ("session",), ("via",), ("frame",)])):
                row[name], other[name] = other[name], row[name]
        if draw.random() < NULLS:
            name = draw.choice(["view", "epoch"])
            row[name] = 3 - row[name]
    return recorded
