"""What happened in a generated run: who was connected when, who sent which message where. All arrays, one seed.

Every device has two gaps: one of its own in the first half, and one that begins with a kill of the node in the middle,
from which a fifth of the devices comes back late. What is sent during a gap is what the resume after it brings.
Instants are int64 ns since the run's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MS = 1_000_000
SECOND = 1_000 * MS
MEMBERS = 50
MESSAGES_PER_CONVERSATION = 400
DELIVERIES_PER_USER = 50_000
MIN_USERS = 100
"""Enough for conversations whose members are different people."""

CONNECTED_NS = 1 * SECOND
KICK_NS = 4 * SECOND
MAIN_NS = 5 * SECOND
LENGTH_NS = 1_800 * SECOND
OWN_GAP_NS = 10 * SECOND
KILL_GAP_NS = 4 * SECOND
LATE_GAP_NS = 20 * SECOND
OUTAGE_NS = 8 * SECOND
"""Nobody sends for so long after the kill."""

READY_NS = 1_500 * MS
BURST = 40
"""Messages that are acknowledged right before the kill: those that a careless server would lose."""

ACK_NS = 4 * MS
HELLO_NS = 1 * MS
RESUME_NS = 2 * MS
PUSH_NS = 5 * MS + 3
RETRY_NS = 1 * SECOND
SURE_NS = 3 * SECOND
"""Who sends or marks stays connected at least this long."""


class Messages(NamedTuple):
    """Each message, in the order of the log: when it was sent, where, by which device, its seq, whether retried."""

    sent_ns: Ints
    conv: Ints
    dev: Ints
    seq: Ints
    retried: Flags

    def part(self, start: int, stop: int) -> Messages:
        """The messages from `start` to before `stop`."""
        return Messages._make(column[start:stop] for column in self)


class Arrivals(NamedTuple):
    """When each of some things reached a device, in which session, and whether by a resume."""

    t_ns: Ints
    session: Ints
    resumed: Flags


@dataclass(frozen=True)
class Timeline:
    """One run. Device and user have the same number; a device's sessions are 4 * dev, + 1 and + 2."""

    users: int
    conversations: int
    messages: Messages
    kill_ns: int
    end_ns: int
    gaps: tuple[tuple[Ints, Ints], tuple[Ints, Ints]]
    """(left, back) of each device, for each of its gaps."""

    def members(self, conv: Ints) -> Ints:
        """The devices of each conversation: shape (conversations, MEMBERS); the last one of each tenth is kicked."""
        return members(conv, self.users)

    def kicks(self) -> Ints:
        """The conversations whose last member is removed before the first message; that takes seq 1."""
        conv = np.arange(self.conversations, dtype=np.int64)
        return conv[has_kick(conv)]

    def is_kicked(self, conv: Ints) -> Flags:
        """Which members of each conversation were removed: shape as of `members`."""
        is_last = np.arange(MEMBERS) == MEMBERS - 1
        kicked: Flags = np.logical_and(has_kick(conv)[:, None], is_last)
        return kicked

    def heads(self, conv: Ints, at_ns: Ints) -> Ints:
        """The last seq of each conversation at an instant."""
        order = np.lexsort((self.messages.sent_ns, self.messages.conv))
        keys = _key(self.messages.conv[order], self.messages.sent_ns[order])
        before = np.searchsorted(keys, _key(conv, at_ns)) - np.searchsorted(keys, _key(conv, np.zeros_like(at_ns)))
        return before + (has_kick(conv) & (at_ns > KICK_NS))

    def arrivals(self, dev: Ints, sent_ns: Ints, delay_ns: int) -> Arrivals:
        """When what was sent at `sent_ns` reaches the devices: `delay_ns` later, or with the resume after a gap."""
        live_ns = sent_ns + delay_ns + dev * 1_000
        t_ns, session = live_ns.copy(), dev * 4
        resumed = np.zeros(dev.size, np.bool_)
        for left, back in self.gaps:
            ready = back[dev] + RESUME_NS
            missed = (live_ns >= left[dev]) & (sent_ns < ready)
            rows = np.flatnonzero(missed)
            place = self._before(sent_ns[rows]) - self._before(left[dev[rows]] - SURE_NS)
            t_ns[rows] = ready[rows] + MS + place * 100 + delay_ns % 100
            session = session + (t_ns >= back[dev])
            resumed |= missed
        return Arrivals(t_ns, session, resumed)

    def _before(self, t_ns: Ints) -> Ints:
        """How many messages were sent before each instant."""
        return np.searchsorted(self.messages.sent_ns, t_ns).astype(np.int64)

    def session_at(self, dev: Ints, t_ns: Ints) -> Ints:
        """The session that each device has, or had last, at an instant."""
        return dev * 4 + sum((t_ns >= back[dev]).astype(np.int64) for _, back in self.gaps)

    def is_connected(self, dev: Ints, t_ns: Ints) -> Flags:
        """Whether each device is connected at an instant, and has been for a while."""
        return is_connected(self.gaps, dev, t_ns)


def timeline(deliveries: int, seed: int) -> Timeline:
    """A run of about so many deliveries, a pure function of its arguments."""
    draw = np.random.default_rng(seed)
    count = deliveries // MEMBERS
    users = max(MIN_USERS, deliveries // DELIVERIES_PER_USER // MEMBERS * MEMBERS)
    conversations = max(1, count // MESSAGES_PER_CONVERSATION)
    sent_ns = _instants(count)
    kill_ns = int(sent_ns[count // 2 - 1]) + 20 * MS
    gaps = _gaps(users, kill_ns)
    conv = draw.integers(0, conversations, count)
    place = draw.integers(0, MEMBERS - 1, count)
    block = members(conv, users)
    rows = np.arange(count)
    dev = block[rows, place]
    dev = np.where(is_connected(gaps, dev, sent_ns), dev, block[rows, (place + 24) % (MEMBERS - 1)])
    retried = (draw.integers(0, 100, count) == 0) & is_connected(gaps, dev, sent_ns + SURE_NS)
    retried[count // 2 - BURST : count // 2] = False
    messages = Messages(sent_ns, conv, dev, _ranks(conv) + 1 + has_kick(conv), retried)
    return Timeline(users, conversations, messages, kill_ns, int(sent_ns[-1]) + 5 * SECOND, gaps)


def members(conv: Ints, users: int) -> Ints:
    """Fifty neighbours each, another fifty for each conversation."""
    return (conv[:, None] * 37 + np.arange(MEMBERS)) % users


def has_kick(conv: Ints) -> Flags:
    """Every tenth conversation removes somebody."""
    return np.equal(conv % 10, 0)


def is_connected(gaps: tuple[tuple[Ints, Ints], ...], dev: Ints, t_ns: Ints) -> Flags:
    """Outside of every gap, and of a while after it."""
    connected = np.ones(dev.size, np.bool_)
    for left, back in gaps:
        connected &= (t_ns < left[dev]) | (t_ns >= back[dev] + SURE_NS)
    return connected


def _instants(count: int) -> Ints:
    """Evenly spread, but for a burst before the kill in the middle and the silence after it."""
    half, spacing = count // 2, LENGTH_NS // count
    sent_ns = MAIN_NS + np.arange(count, dtype=np.int64) * spacing
    sent_ns[half - BURST : half] = sent_ns[half - BURST] + np.arange(BURST) * (MS // 2)
    sent_ns[half:] += OUTAGE_NS
    return sent_ns


def _gaps(users: int, kill_ns: int) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    dev = np.arange(users, dtype=np.int64)
    step = (kill_ns - MAIN_NS - 60 * SECOND) // MEMBERS
    left = MAIN_NS + 10 * SECOND + dev % MEMBERS * step
    own = (left, left + OWN_GAP_NS)
    late = dev % MEMBERS < 10
    back = kill_ns + np.where(late, LATE_GAP_NS, KILL_GAP_NS) + dev * 1_000
    return own, (np.full(users, kill_ns, np.int64), back)


def _ranks(groups: Ints) -> Ints:
    """How many equal ones stand before each item."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.searchsorted(ordered, ordered)
    ranks = np.empty(groups.size, np.int64)
    ranks[order] = np.arange(groups.size) - starts
    return ranks


def _key(conv: Ints, t_ns: Ints) -> Ints:
    """One number that is ordered as (conversation, instant)."""
    return conv * (1 << 44) + t_ns
