"""A world for the server that can be worse than the real one: storage that forgets, a clock that jumps.

May import: `reference_server`. Must never: be imported by it, or change what a server does; only what it runs on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatproof.reference_server.ports.disk import Disk
from chatproof.simulation.lossy_disk import LossyDisk
from chatproof.simulation.moved_clock import with_moved_clock

__all__ = ["STORAGES", "with_moved_clock"]

STORAGES: dict[str, Callable[[Path], Disk]] = {"lossy": LossyDisk}
"""Name → a disk, given the path where it may say how many bytes are unsynced."""
