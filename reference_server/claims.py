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
    "private_presence": True,
    # No scenario has shown these yet, so they are not promised.
    "causal_order": False,
    "read_your_writes": False,
    "edits": False,
    "unread": False,
    "typing": False,
    "told_drops": False,
    "search": False,
    "attachments": False,
    "retention": False,
    "one_time_keys": False,
}
"""Claim → value, for the embedded engine."""
