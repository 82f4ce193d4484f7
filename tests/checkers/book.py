"""What the model records: rows of the history's tables, numbered per worker as a recorder does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

MS = 1_000_000
USERS, CONVERSATIONS, OWNER, NODE = 4, 2, 0, "node-1"
DEVICES = tuple((dev, dev % USERS) for dev in range(USERS + 2))
"""(dev, user): every user has a device, the first two have a second one."""


class Book:
    """The tables so far. A user's rows belong to one of two workers, whose `rec` runs over all tables."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._recs = [0, 0]
        self._ids = 0

    def rec(self, user: int) -> int:
        """The next rec of the worker that has this user."""
        self._recs[user % 2] += 1
        return self._recs[user % 2]

    def id(self) -> int:
        """A number that nothing else has."""
        self._ids += 1
        return self._ids

    def add(self, table: str, user: int, /, **values: Any) -> dict[str, Any]:
        """Record a row of the worker that has this user; its end may be filled in later."""
        row = {"worker": user % 2, "rec": self.rec(user), **values}
        self.tables[table].append(row)
        return row

    def provision(self) -> None:
        """Devices, conversations with everybody in them, and empty tables for what may not happen."""
        for table in ("faults", "notices", "receipts", "reads", "read_items", "heads", "resumes", "unread"):
            self.tables[table] = []
        self.tables["devices"] = [
            {"dev": dev, "user": user, "workspace": 0, "worker": user % 2, "link": f"link-{user}",
             "persona": "chatty", "plane": "load"}
            for dev, user in DEVICES
        ]
        self.tables["conversations"] = [
            {"conv": conv, "target_id": f"c{conv}", "workspace": 0, "kind": "group", "history_policy": "since_join",
             "encrypted": False}
            for conv in range(CONVERSATIONS)
        ]
        for conv, user in ((conv, user) for conv in range(CONVERSATIONS) for user in range(USERS)):
            self.add(
                "memberships", user, conv=conv, user=user, change="initial", op=0, invoke_ns=0, done_ns=0,
                role="owner" if user == OWNER else "member", outcome="ok",
            )
