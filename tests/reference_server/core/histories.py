"""Random logs of one partition, made to collide: few users, few keys, few bodies, clocks that jump."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from chatproof.reference_server.core.commands import ChangeMembership, Create, Mark, SendMessage
from chatproof.reference_server.core.records import (
    FOLD_VERSION,
    CommandRecord,
    Copied,
    EpochBump,
    FoldVersion,
    ForgetBefore,
    MarksRecord,
    OwnCopy,
    Record,
    SetLimits,
    Tick,
)
from tests.reference_server.core.ledger import MS, START_MS, key

USERS = ("a", "b", "c")
CONVERSATIONS = ("g", "h")
SPAN_MS = 40


class Entry(NamedTuple):
    """A record and when it is appended."""

    record: Record
    time_ns: int


_user = st.sampled_from(USERS)
_conv = st.sampled_from(CONVERSATIONS)
_moment_ms = st.integers(START_MS, START_MS + SPAN_MS)
_key = st.builds(key, st.integers(1, 4), st.sampled_from([START_MS, START_MS + SPAN_MS // 2]))
_creates = st.builds(
    lambda conv, members, u, is_open, policy: Create(conv, members[0], u, "group", tuple(members), is_open, policy),
    _conv, st.lists(_user, min_size=1, max_size=3), _key, st.booleans(), st.sampled_from(["all", "since_join"]),
)
_sends = st.builds(SendMessage, _conv, _user, st.just("phone"), _key, st.sampled_from(["x", "y", "longer"]))
_changes = st.builds(ChangeMembership, _conv, _user, _user, _key, st.sampled_from(["join", "leave", "kick"]))
_marks = st.builds(
    Mark, _conv, _user, st.sampled_from(["phone", "desk"]), st.integers(0, 12), st.integers(0, 12), st.integers(0, 2),
    st.integers(0, 12),
)
_records: st.SearchStrategy[Record] = st.one_of(
    st.builds(CommandRecord, st.one_of(_sends, _sends, _changes, _creates), _moment_ms.map(lambda ms: ms * MS)),
    st.builds(CommandRecord, st.one_of(_sends, _changes, _creates), st.just(2**62)),
    st.builds(MarksRecord, st.lists(_marks, min_size=1, max_size=3).map(tuple), _moment_ms.map(lambda ms: ms * MS)),
    st.just(Tick()),
    st.builds(ForgetBefore, _moment_ms),
    st.builds(EpochBump, st.integers(1, 3)),
    st.builds(OwnCopy, _user, _conv, st.integers(1, 6), st.sampled_from(["joined", "left"]), _user),
    st.builds(Copied, _conv, st.integers(1, 6)),
    st.builds(SetLimits, st.integers(1, 3), st.integers(1, 6)),
)
_START: list[Entry] = [
    Entry(FoldVersion(FOLD_VERSION), START_MS * MS),
    Entry(CommandRecord(Create("g", "a", key(99), "group", ("a", "b"), True), 2**62), START_MS * MS),
]


def logs() -> st.SearchStrategy[list[Entry]]:
    """A log: its version, a group to quarrel in, then anything; append times may jump back like a broken clock's."""
    entries = st.builds(Entry, _records, _moment_ms.map(lambda ms: ms * MS))
    return st.lists(entries, max_size=40).map(lambda rest: [*_START, *rest])
