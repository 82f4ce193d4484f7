"""Histories of features that the perfect server lacks: search, attachments, retention, one-time keys, device queues.

    decorate(recorded, features)   what a server that keeps its promises would have answered, laid over a played script

Everything is derived from the script's own events and memberships; times are picks within the run.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from tests.checkers.book import DEVICES, MS, USERS
from tests.checkers.model import Recorded
from tests.checkers.oracles.facts import first_seen, may_spans, places, rows
from tests.checkers.oracles.keeping import LINK_DEAD_NS
from tests.checkers.oracles.visibility import REMOVAL_NS, SEARCH_NS

Row = dict[str, Any]
FeatureKind = Literal["search", "download", "old_link", "probe", "early_probe", "claim", "retry_claim", "queue"]

KEEP_NS, SWEEP_NS, LINK_LIVES_NS = 300 * MS, 20 * MS, 100 * MS
BOUNDS = {"search_visible_ns": SEARCH_NS, "link_dead_ns": LINK_DEAD_NS}
RULES: dict[str, tuple[str, ...]] = {
    "none": (), "kept": ("retention",), "held": ("retention", "hold"), "released": ("retention", "hold", "release"),
    "erased": ("erase",), "erased but held": ("hold", "erase"),
}
"""Policies of the one workspace, one after the other, 100 ms apart."""


class Feature(NamedTuple):
    """One use of a feature by a device; `pick` chooses the message, `permille` the time within the run."""

    kind: FeatureKind
    dev: int
    pick: int
    permille: int


class _Message(NamedTuple):
    """A message of the script that somebody saw."""

    op: int
    conv: int
    seq: int
    body: int
    seen_ns: int


def decorate(recorded: Recorded, features: list[Feature], rules: str = "none") -> Recorded:
    """The same history and what else a server with these features and rules would have done."""
    decorator = _Decorator(recorded, rules)
    for feature in sorted(features, key=lambda feature: feature.permille):
        decorator.use(feature)
    return Recorded(replace(recorded.run, bounds=BOUNDS), decorator.tables)


class _Decorator:
    """The tables so far; `_ACTS` says how each kind of feature is used."""

    def __init__(self, recorded: Recorded, rules: str) -> None:
        self.tables = {name: list(table) for name, table in recorded.tables.items()}
        for name in ("attachments", "attachment_reads", "policies", "surface_probes", "keys", "device_queue"):
            self.tables[name] = []
        self._spans = may_spans(recorded.tables, REMOVAL_NS)
        self._messages = list(_messages(recorded))
        self._end_ns = max(row["end_ns"] for row in rows(recorded.tables, "phases"))
        self._recs = count(1 + max(row["rec"] for table in self.tables.values() for row in table if "rec" in row))
        self._ids = count(1_000_000)
        self._policies(rules)
        self._expire_pages()

    def use(self, feature: Feature) -> None:
        """One use, if there is a message to use it on."""
        t_ns = self._end_ns * feature.permille // 1000
        if self._messages:
            _ACTS[feature.kind](self, feature, self._messages[feature.pick % len(self._messages)], t_ns)

    def add(self, table: str, **values: Any) -> Row:
        row = {"worker": 0, "rec": next(self._recs), **values}
        self.tables[table].append(row)
        return row

    def _policies(self, rules: str) -> None:
        for at, kind in enumerate(RULES[rules]):
            self.tables["policies"].append({
                "scope": "workspace", "scope_id": 0, "kind": kind, "keep_ns": KEEP_NS if kind == "retention" else None,
                "effective_server_ns": 1_000 * MS + 100 * MS * at, "sweep_bound_ns": SWEEP_NS,
            })

    def _expire_pages(self) -> None:
        """A page that was read after a message's end holds its tombstone."""
        reads = {row["read"]: row for row in self.tables.get("reads", [])}
        messages = {message.op: message for message in self._messages}
        self.tables["read_items"] = [
            {**row, "deleted": row["op"] in messages
             and self._gone_ns(messages[row["op"]]) <= reads[row["read"]]["invoke_ns"]}
            for row in self.tables.get("read_items", [])
        ]

    def _may_see(self, user: int, message: _Message, t_ns: int) -> bool:
        """Whether the server shows it to this user: it exists by then and lies in one of the user's times."""
        held = self._spans.get((message.conv, user), [])
        is_there = message.seen_ns < t_ns < self._gone_ns(message)
        return is_there and any(span.first <= message.seq <= span.last for span in held)

    def search(self, feature: Feature, message: _Message, t_ns: int) -> None:
        """A search for the message's text."""
        hits = [message] if self._may_see(feature.dev % USERS, message, t_ns) else []
        read = next(self._ids)
        self.add(
            "reads", read=read, walk=read, dev=feature.dev, kind="search", purpose="app", query_hash=message.body,
            invoke_ns=t_ns, rec_invoke=next(self._recs), done_ns=t_ns + MS, outcome="ok", complete=True,
            total=len(hits),
        )
        for pos, hit in enumerate(hits):
            self.add(
                "read_items", read=read, pos=pos, conv=hit.conv, epoch=1, seq=hit.seq, event="message", op=hit.op,
                msg_id=hit.seq, body_hash=hit.body, deleted=False, server_ts_ns=hit.seen_ns,
            )

    def download(self, feature: Feature, message: _Message, t_ns: int, age_ns: int = 0) -> None:
        """A download of the message's blob by a link of that age; the sender uploaded it before it was seen."""
        blob = self._blob(message)
        is_given = self._may_see(feature.dev % USERS, message, t_ns) and age_ns < LINK_LIVES_NS
        self.add(
            "attachment_reads", blob=blob["blob"], dev=feature.dev, t_ns=t_ns, issued_ns=t_ns - age_ns,
            expires_ns=t_ns - age_ns + LINK_LIVES_NS, status=200 if is_given else 403,
            hash=blob["hash"] if is_given else None,
        )

    def old_link(self, feature: Feature, message: _Message, t_ns: int) -> None:
        """A download by a link that has expired."""
        self.download(feature, message, t_ns, LINK_LIVES_NS + LINK_DEAD_NS + 10 * MS)

    def _blob(self, message: _Message) -> Row:
        known = [row for row in self.tables["attachments"] if row["op"] == message.op]
        return known[0] if known else self.add(
            "attachments", blob=next(self._ids), dev=message.op >> 32, conv=message.conv, op=message.op,
            hash=message.body + 1, size=9,
        )

    def probe(self, feature: Feature, message: _Message, t_ns: int) -> None:
        """A look at a surface: it has the message from when it was seen until its end, sweeps being instant."""
        surface = ("store", "api", "index", "log")[feature.dev % 4]
        present = message.seen_ns < t_ns < self._gone_ns(message)
        self.add(
            "surface_probes", surface=surface, conv=message.conv, seq=message.seq, t_ns=t_ns, present=present,
            hash=message.body if present else None,
        )

    def early_probe(self, feature: Feature, message: _Message, _t_ns: int) -> None:
        """A look soon after the message was seen."""
        self.probe(feature, message, message.seen_ns + (5 + feature.pick % 200) * MS)

    def _gone_ns(self, message: _Message) -> int:
        """When the message goes, by the server's time: that of its first sighting."""
        at = {row["kind"]: row["effective_server_ns"] for row in self.tables["policies"]}
        ends = [max(message.seen_ns + KEEP_NS, at["retention"])] if "retention" in at else []
        ends += [at["erase"]] if message.seen_ns <= at.get("erase", 0) else []
        if not ends or ("hold" in at and at["hold"] < min(ends) and "release" not in at):
            return 2**62
        return max(min(ends), at.get("release", 0) if at.get("hold", 2**62) < min(ends) else 0)

    def claim(self, feature: Feature, _message: _Message, t_ns: int) -> None:
        """A new key is published and claimed."""
        key, owner = next(self._ids), feature.pick % len(DEVICES)
        for action, by in (("publish", owner), ("claim", feature.dev)):
            self.add(
                "keys", key_id=key, owner_dev=owner, action=action, by_dev=by, op=by << 32 | next(self._ids),
                invoke_ns=t_ns, done_ns=t_ns + MS, outcome="ok",
            )

    def retry_claim(self, feature: Feature, _message: _Message, t_ns: int) -> None:
        """An earlier claim is asked again and gets the same key."""
        claims = [row for row in self.tables["keys"] if row["action"] == "claim"]
        if claims:
            first = claims[feature.pick % len(claims)]
            self.add("keys", **{**first, "rec": next(self._recs), "invoke_ns": t_ns, "done_ns": t_ns + MS})

    def queue(self, feature: Feature, message: _Message, t_ns: int) -> None:
        """An item is queued for a device and delivered."""
        qseq = 1 + sum(row["dev"] == feature.dev for row in self.tables["device_queue"]) // 2
        for action in ("enqueued", "delivered"):
            self.add("device_queue", dev=feature.dev, t_ns=t_ns, qseq=qseq, item=message.op, action=action)


_ACTS: dict[FeatureKind, Callable[[_Decorator, Feature, _Message, int], None]] = {
    "search": _Decorator.search, "download": _Decorator.download, "old_link": _Decorator.old_link,
    "probe": _Decorator.probe, "early_probe": _Decorator.early_probe, "claim": _Decorator.claim,
    "retry_claim": _Decorator.retry_claim, "queue": _Decorator.queue,
}


def _messages(recorded: Recorded) -> list[_Message]:
    """The messages that somebody saw, in the order of their operations."""
    sends = {row["op"]: row for row in rows(recorded.tables, "operations") if row["kind"] == "send"}
    seen = first_seen(recorded.tables)
    return [
        _Message(op, sends[op]["conv"], seq, sends[op]["body_hash"], seen[sends[op]["conv"], seq])
        for op, seq in sorted(places(recorded.tables).items())
    ]
