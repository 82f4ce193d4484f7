"""Every bound and interval of the role in one place, each with its reason."""

from __future__ import annotations

from msgspec import Struct


class Bounds(Struct, frozen=True, kw_only=True):
    """How much and how long; the defaults are what a node on two cores and 4 GiB bears."""

    tick_after_ns: int = 1_000_000_000
    """A partition without a record for this long gets a tick: a third of the staleness bound."""

    beat_s: float = 0.25
    """How often the role looks whether a tick, a forget or a repetition is due."""

    mark_window_s: float = 0.05
    """Marks that arrive within this window travel in one record: nobody notices, and receipts are most of the load."""

    max_marks_per_record: int = 500
    """Keeps one record at about 50 KiB."""

    max_in_flight: int = 20_000
    """Commands appended and not folded: about a second at full speed. Above it clients do better to wait."""

    max_unstored: int = 200_000
    """Records that the store is behind the fold. Their events are in memory, about 1 KiB each."""

    max_recent: int = 20_000
    """Events per partition kept in memory although the store has them, so that resumes after a blip need no disk."""

    snapshot_every: int = 20_000
    """Records of a partition between snapshots: replaying them takes a fraction of a second."""

    snapshot_bytes_per_record: int = 64
    """A state of so many bytes waits for one more record before the next snapshot: about 0.3 us of each record's cost,
    however large the state has become."""

    replay_chunk: int = 5_000
    """Records read, folded and stored at a time at the start; bounds the memory of a replay."""

    forget_after_ms: int = 49 * 3_600_000
    """How long keys are remembered: 48 h, as the protocol promises, and an hour for clients whose clocks are slow."""

    forget_every_ms: int = 600_000
    """How far the memory may lag behind before a `forget_before` is appended."""

    snapshot_queue: int = 64
    """Snapshots that wait for the disk; more partitions than that are not hosted by one node."""
