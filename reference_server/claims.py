"""What this server guarantees, in the words of the harness: `GET /v1/capabilities`."""

from __future__ import annotations

from chatproof.protocol import limits

CLAIMS: dict[str, bool | int | str] = {
    "dense_ids": True,
    "idempotent_window_s": limits.MAX_RETRY_HOURS * 3600,
    "resume": True,
    "contiguous_push": True,
    "echo": "all",
    "pipelined_fifo": True,
    "total_order": True,
    "receipts": True,
    "presence": True,
    "survives_process_crash": True,
    "survives_power_loss": True,
    "history": True,
    "membership": True,
}
"""Claim → value, for the embedded engine."""
