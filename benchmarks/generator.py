"""Writes a clean history of a given size: what a perfect server under many clients leaves behind, kill included.

Two million messages in five thousand conversations of fifty of two thousand users, at a hundred million deliveries;
smaller ones in proportion. Everything is vectorised and written in parts, so that memory does not grow with the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import audit, operations, sessions, streams
from benchmarks.timeline import MAIN_NS, MS, READY_NS, SECOND, Timeline, timeline
from benchmarks.writing import WORKERS, Columns, Words, constant, write
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.run_document import RunDocument, Worker, write_run

CLAIMS = {
    "dense_ids": True, "idempotent_window_s": 172_800, "resume": True, "contiguous_push": True,
    "echo": "other_devices", "pipelined_fifo": True, "total_order": True, "receipts": True, "presence": True,
    "survives_process_crash": True, "history": True, "membership": True, "private_presence": True,
}
REQUIRED = tuple(name for name, each in GUARANTEES.items() if all(CLAIMS.get(claim) for claim in each.claims))


def generate(run_dir: Path, deliveries: int, seed: int) -> dict[str, int]:
    """Write RUN/run.json and RUN/history; returns the rows of each table. A pure function of its arguments."""
    run = timeline(deliveries, seed)
    rows = {name: write(run_dir, name, table(run)) for name, table in TABLES.items()}
    write_run(run_dir, RunDocument(
        run_id=f"generated-{deliveries}-{seed}", seed=seed, scenario="generated", replay="make bench-judge",
        target="generated", driver="none", engine="none", claims=CLAIMS, bounds={}, required=REQUIRED,
        slos_required=False, expected_faults=1, workers=tuple(Worker(worker, "here") for worker in range(WORKERS)),
    ))
    return rows


def _phases(run: Timeline) -> Iterator[Columns]:
    names = ("setup", "main", "drain", "audit", "close")
    edges = np.array([0, MAIN_NS, run.end_ns, run.end_ns + 10 * SECOND, run.end_ns + 3_600 * SECOND])
    yield {
        "phase": Words(names, np.arange(len(names), dtype=np.int8)), "start_ns": edges,
        "end_ns": np.append(edges[1:], edges[-1] + SECOND),
    }


def _faults(run: Timeline) -> Iterator[Columns]:
    at = np.array([run.kill_ns])
    yield {
        "fault": np.array([1]), "kind": constant("kill", 1), "target_kind": constant("process", 1),
        "target": constant("node-0", 1), "params": constant("{}", 1), "start_req_ns": at,
        "start_confirmed_ns": at + MS, "effect_seen_ns": at + 2 * MS, "stop_req_ns": at + SECOND,
        "stop_confirmed_ns": at + READY_NS, "evidence": constant("generated", 1),
    }


def _processes(run: Timeline) -> Iterator[Columns]:
    t_ns = np.array([0, MS, run.kill_ns + MS, run.kill_ns + SECOND, run.kill_ns + READY_NS])
    events = ("spawn", "ready", "killed")
    yield {
        "node": constant("node-0", t_ns.size), "pid": np.array([1, 1, 1, 2, 2]),
        "event": Words(events, np.array([0, 1, 2, 0, 1], np.int8)), "t_ns": t_ns,
    }


def _generator(run: Timeline) -> Iterator[Columns]:
    """A generator in perfect health."""
    t_ns = np.repeat(np.arange(0, run.end_ns, SECOND, dtype=np.int64), WORKERS)
    worker = np.tile(np.arange(WORKERS), t_ns.size // WORKERS)
    nothing = 0 * t_ns
    yield {
        "worker": worker, "rec": t_ns * 4_096 + worker, "t_ns": t_ns, "intended": nothing + 100,
        "started": nothing + 100, "lag_p50_ns": nothing + MS, "lag_p99_ns": nothing + MS, "lag_max_ns": nothing + MS,
        "stall_max_ns": nothing + MS, "cpu_pct": np.full(t_ns.size, 20.0), "rss_bytes": nothing + (1 << 26),
        "backlog": nothing, "recorded_rows": nothing + 1_000,
    }


TABLES: dict[str, Callable[[Timeline], Iterator[Columns]]] = {
    "devices": sessions.devices, "conversations": sessions.conversations, "memberships": sessions.memberships,
    "connections": sessions.connections, "subscriptions": sessions.subscriptions, "heads": sessions.heads,
    "resumes": sessions.resumes, "presence_truth": sessions.presence_truth, "presence_seen": sessions.presence_seen,
    "operations": operations.operations, "attempts": operations.attempts, "deliveries": streams.deliveries,
    "receipts": streams.receipts, "reads": audit.reads, "read_items": audit.read_items, "phases": _phases,
    "faults": _faults, "processes": _processes, "generator": _generator,
}
"""Table → what makes its parts."""
