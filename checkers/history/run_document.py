"""run.json: what a judge must know of a run beside its tables."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Worker(Struct, frozen=True):
    """A recording process, and how far its clock may be from the run's (`err_ns`, one-sided) after `offset_ns` is applied."""

    worker: int
    host: str
    offset_ns: int = 0
    err_ns: int = 0


class Segment(Struct, frozen=True):
    """A segment that was merged: its committed rows and the hash of their bytes. `closed`: its writer finished it."""

    table: str
    worker: int
    rows: int
    sha256: str
    watermark_ns: int
    closed: bool


class RunDocument(Struct, frozen=True, kw_only=True):
    """One run. `required` are the guarantees that must be *held* for a pass; `slos_required` whether the SLOs must."""

    run_id: str
    seed: int
    scenario: str
    replay: str
    target: str
    driver: str
    engine: str
    claims: dict[str, Any]
    bounds: dict[str, int]
    required: tuple[str, ...]
    slos_required: bool
    slos: tuple[dict[str, Any], ...] = ()
    """OpenSLO documents, as loaded: the only thresholds."""
    minimums: dict[str, int] = {}
    """Guarantee → the least number of opportunities, where the scenario asks for another than the guarantee's own."""
    schedule_sha256: str = ""
    versions: dict[str, str] = {}
    host: dict[str, Any] = {}
    workers: tuple[Worker, ...] = ()
    segments: tuple[Segment, ...] = ()
    problems: tuple[str, ...] = ()
    """What went wrong with the run itself (a plane lost, a phase never over), a sentence each; any makes it invalid."""
    started_at: str = ""
    history_version: int = 1
