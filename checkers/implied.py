"""Which alarms explain which: one bug breaks several guarantees, and a reader wants its root.

An alarm explains another only where the fixed table says so and both are about a common operation, seq or session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatproof.checkers.guarantee import Finding

_GONE = (
    "no-lost-message", "stable-history", "dense-ids", "shown-once", "receipts-forward", "receipts-converge",
    # With reused seqs also these.
    "one-id-per-seq", "real-time-order", "whole-resume",
    # Not in the design's table: an ack whose message is gone leaves its key free for a retry and its seq free for the
    # sender's next message; a join that is gone leaves a client waiting for what it may not see.
    "sender-order", "idempotent-send", "progress",
    # A removal that is gone leaves the removed a member; what is lost is not found either.
    "no-leak", "search-complete",
    "read-your-writes",
)
"""What the loss of something acknowledged may also break, however it was lost."""

IMPLIES: dict[str, tuple[str, ...]] = {
    "durable-ack": _GONE,
    "durable-ack-power": _GONE,
    # Nor this: what was pushed, not acknowledged, and then lost its seq to another message takes effect again when
    # it is retried.
    "one-id-per-seq": ("same-order-everywhere", "no-lost-message", "no-gap", "idempotent-send"),
    "idempotent-send": ("shown-once", "real-time-order", "sender-order", "same-order-everywhere"),
    # A resume without its edits and deletes leaves the device with the old body.
    "whole-resume": ("no-gap", "no-lost-message", "no-resurrection"),
    # Told of nothing, over a link that looks alive, a watcher believes old presence too.
    "no-silent-drop": ("no-gap", "no-lost-message", "presence-converges"),
    "dense-ids": ("no-gap", "no-lost-message"),
    "no-lost-message": ("no-gap", "whole-resume", "no-silent-drop", "progress"),  # who lacks the head has not caught up
    # What a device gets too late, or what stands before an own earlier message, may also be the cause of what it got.
    "ordered-stream": ("no-gap", "same-order-everywhere", "causal-order"),
    "sender-order": ("real-time-order", "causal-order"),
    "real-time-order": ("causal-order",),
    "no-leak": ("search-sound",),
    "receipts-forward": ("receipts-converge", "exact-unread"),
}
"""Guarantee → what a violation of it may also break, before closing transitively. `no-lost-message` and
each of `whole-resume` and `no-silent-drop` imply each other: the root is the one with more violations."""


def closure() -> dict[str, frozenset[str]]:
    """`IMPLIES`, closed transitively; a guarantee does not imply itself."""
    return {name: frozenset(_reach(name, {})) - {name} for name in IMPLIES}


def _reach(name: str, seen: dict[str, None]) -> dict[str, None]:
    """Everything reachable from `name`, in the order met."""
    for target in IMPLIES.get(name, ()):
        if target not in seen:
            seen[target] = None
            _reach(target, seen)
    return seen


def implied_by(findings: Mapping[str, Sequence[Finding]]) -> dict[str, tuple[str, ...]]:
    """For each broken guarantee (with its findings, none empty) those broken ones that explain it; roots have none.

    Where two explain each other, the one with fewer violations is explained by the other; at a tie, the later one in
    the order of `findings`.
    """
    names = list(findings)
    marks = {name: _marks(found) for name, found in findings.items()}
    table = closure()
    explains = {
        (cause, effect)
        for cause in names
        for effect in names
        if effect in table.get(cause, frozenset()) and not marks[cause].isdisjoint(marks[effect])
    }
    explains = _closed(explains, names)
    weight = {name: (len(findings[name]), -names.index(name)) for name in names}
    return {
        effect: tuple(
            cause
            for cause in names
            if (cause, effect) in explains and ((effect, cause) not in explains or weight[cause] > weight[effect])
        )
        for effect in names
    }


def unexplained(implied: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The roots but the first: alarms that neither the first root nor anything else that is broken explains."""
    return roots(implied)[1:]


def roots(implied: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Broken guarantees that nothing explains: the one that explains most first, then in the order given."""
    explained = {name: sum(name in causes for causes in implied.values()) for name in implied}
    return tuple(sorted((name for name, causes in implied.items() if not causes), key=lambda name: -explained[name]))


def _marks(findings: Sequence[Finding]) -> set[tuple[object, ...]]:
    """What the findings are about: operations, (conversation, seq) pairs, sessions."""
    marks: set[tuple[object, ...]] = set()
    for finding in findings:
        marks.update(("op", op) for op in finding.ops)
        marks.update(("seq", finding.conv, seq) for seq in finding.seqs)
        marks.update(("session", session) for session in finding.sessions)
    return marks


def _closed(edges: set[tuple[str, str]], names: Sequence[str]) -> set[tuple[str, str]]:
    """The edges, closed transitively, without loops."""
    closed = set(edges)
    for middle in names:
        closed |= {
            (cause, effect)
            for cause in names
            for effect in names
            if cause != effect and (cause, middle) in closed and (middle, effect) in closed
        }
    return closed
