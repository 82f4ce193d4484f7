"""What the leader of a run without a gate tells Locust, and hears from it: one line each.

leader → Locust, JSON on its stdout: `prepared`, `going` once a second, `closed`, `written`. Locust → leader, a word on
its stdin: `STOP` ends main early and in good order, `GATHERED` says that no plane writes any more. The end of its stdin
ends the leader.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

STOP, GATHERED = "stop", "gathered"


class Prepared(Struct, frozen=True, tag="prepared"):
    """Planes may join. `guarantees`: those that are judged meanwhile; `slos`: the run's, as OpenSLO documents."""

    run_dir: str
    plan: str
    guarantees: tuple[str, ...]
    slos: tuple[dict[str, Any], ...]


class Violation(Struct, frozen=True):
    """A guarantee that is broken, the sentence that says how it was first, and how often it was so far."""

    guarantee: str
    sentence: str
    count: int

    @property
    def told(self) -> str:
        """The sentence, and how many more there are."""
        return self.sentence + (f" (and {self.count - 1:,} more)" if self.count > 1 else "")


class Going(Struct, frozen=True, tag="going"):
    """Where the run is.

    Attributes:
        live_devices, intended, acked, delivered, unknown: sums over the planes.
        judged_ns: everything that anyone saw up to then was judged, with these violations.
    """

    phase: str
    t_ns: int
    live_devices: int
    intended: int
    acked: int
    delivered: int
    unknown: int
    judged_ns: int
    violations: tuple[Violation, ...]


class Closed(Struct, frozen=True, tag="closed"):
    """The run is over, or given up for these reasons; the planes end now."""

    problems: tuple[str, ...]


class Written(Struct, frozen=True, tag="written"):
    """The run directory is complete and can be judged. `notes`: what phases left."""

    run_dir: str
    schedule_sha256: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]


Announcement = Prepared | Going | Closed | Written
