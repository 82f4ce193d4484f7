"""Every bound and interval of the role in one place, each with its reason."""

from __future__ import annotations

TICK_AFTER_NS = 1_000_000_000
"""A partition without a record for this long gets a tick: a third of the staleness bound."""

BEAT_S = 0.25
"""How often the role looks whether a tick, a forget or a repetition is due."""

MARK_WINDOW_S = 0.05
"""Marks that arrive within this window travel in one record: nobody notices, and receipts are most of the load."""

MAX_MARKS_PER_RECORD = 500
"""Bounds one record to about 50 KiB."""

MAX_IN_FLIGHT = 20_000
"""Commands appended and not folded. About half a second at full speed; above it clients do better to wait."""

MAX_UNSTORED = 200_000
"""Records that the store is behind the fold. Their events are in memory, about 1 KiB each."""

MAX_RECENT = 20_000
"""Events per partition kept in memory after the store has them, so that live resumes need no disk."""

SNAPSHOT_EVERY = 20_000
"""Records of a partition between snapshots: replaying them takes about a second."""

REPLAY_CHUNK = 5_000
"""Records read, folded and stored at a time at the start; bounds the memory of a replay."""

FORGET_AFTER_MS = 49 * 3_600_000
"""How long keys are remembered: the 48 h that the protocol promises, and an hour for clients whose clocks are slow."""

FORGET_EVERY_MS = 600_000
"""How far the memory may lag behind before a `forget_before` is appended."""

SNAPSHOT_QUEUE = 64
"""Snapshots that wait for the disk; more partitions than that are not hosted by one node."""
