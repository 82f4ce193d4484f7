"""All values of the TEXT enumerations, and all keys of `claims` and `bounds`. An unknown one is an error."""

from __future__ import annotations

from typing import Any, NamedTuple

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "attempt_transport": ("ws", "http"),
    "change_cause": ("hello", "set", "clean_close", "abort", "half_open", "kill"),
    "channel_source": ("push", "pong", "resume", "read"),
    "close_by": ("client", "server", "link"),
    "close_kind": ("clean", "abort", "half_open", "kill"),
    "conversation_kind": ("direct", "group", "hot"),
    "direction": ("forward", "backward"),
    "event": ("create", "message", "edit", "delete", "react", "join", "leave", "kick", "joined", "left", "policy"),
    "expect": ("ok", "refuse", "conflict"),
    "fault_kind": (
        "partition", "stall", "reset", "latency", "kill", "pause", "disk_full", "unsynced_lost", "clock_offset",
    ),
    "fault_target_kind": ("link", "process", "disk", "clock"),
    "history_policy": ("all", "since_join"),
    "key_action": ("publish", "claim"),
    "level": ("live", "heads"),
    "marker": ("delivered", "read"),
    "membership_change": ("initial", "join", "leave", "kick", "invite"),
    "notice_kind": ("gap", "limits", "drain", "bye"),
    "operation_kind": (
        "send", "edit", "delete", "react", "receipt", "join", "leave", "kick", "create", "presence", "advance",
    ),
    "outcome": ("ok", "fail", "unknown"),
    "phase": ("setup", "warm_up", "main", "heal", "resolve", "drain", "audit", "close"),
    "plane": ("load", "trio", "probe"),
    "policy_kind": ("retention", "hold", "release", "erase"),
    "policy_scope": ("conversation", "workspace"),
    "presence_state": ("online", "offline", "unknown"),
    "process_event": ("spawn", "ready", "killed", "exit", "paused", "continued"),
    "queue_action": ("enqueued", "delivered", "acked"),
    "read_kind": ("history", "search", "unread", "roster", "presence", "keys", "surface"),
    "read_purpose": ("repair", "app", "audit", "probe"),
    "resolved_by": ("ack", "retry", "sighting", "read", "none"),
    "resume_outcome": ("recovered", "refused", "aborted"),
    "role": ("member", "owner"),
    "scope": ("conv", "me"),
    "seen_source": ("push", "snapshot", "read"),
    "seq_source": ("ack", "log"),
    "surface": ("log", "store", "index", "cache", "blob", "api"),
    "truth_state": ("online", "offline", "either"),
    "via": ("live", "resume", "repair", "ack"),
}
"""Enumeration → its values."""


class Key(NamedTuple):
    """One key of `claims` or `bounds`: its type and default, and what it means."""

    type: type
    default: Any
    sentence: str


CLAIMS: dict[str, Key] = {
    "dense_ids": Key(bool, False, "Seqs of a conversation are contiguous from 1 and each is taken by an event."),
    "idempotent_window_s": Key(int, 0, "For so many seconds a retry with the same key gets the first outcome."),
    "resume": Key(bool, False, "A resume delivers every later event in order, or says that it did not recover."),
    "contiguous_push": Key(bool, False, "A live push never jumps over a seq without a gap notice."),
    "echo": Key(str, "none", "Who gets the own message pushed: none, other_devices or all."),
    "pipelined_fifo": Key(bool, False, "Sends pipelined on one connection take effect in the order sent."),
    "total_order": Key(bool, False, "All observers of a conversation see one order, which respects real time."),
    "receipts": Key(bool, False, "Delivered and read markers are kept, never go back and converge."),
    "presence": Key(bool, False, "Presence converges to the truth within the bounds."),
    "survives_process_crash": Key(bool, False, "What was acknowledged survives kill -9."),
    "survives_power_loss": Key(bool, False, "What was acknowledged survives the loss of unsynced writes."),
    "history": Key(bool, False, "Events can be read by pages, and equal ranges read equal."),
    "membership": Key(bool, False, "Joins, leaves and kicks are events of the conversation."),
    "causal_order": Key(bool, False, "Nobody gets a message before what its sender had got in that conversation."),
    "read_your_writes": Key(bool, False, "A read with the position of an ack has it, or waits, or is refused."),
    "edits": Key(bool, False, "Edits and deletes are events; what was replaced or deleted never comes back."),
    "unread": Key(bool, False, "Unread counts are exact at rest."),
    "typing": Key(bool, False, "Typing is shown while it lasts, and always expires."),
    "told_drops": Key(bool, False, "Whoever does not get everything is told: by a gap notice or a close with a code."),
    "private_presence": Key(bool, False, "Presence is shown only to users who share a conversation."),
    "search": Key(bool, False, "Acknowledged messages are found, and nobody finds what they may not see."),
    "attachments": Key(bool, False, "Blobs are kept to the byte, and their links end when they should."),
    "retention": Key(bool, False, "What expired or was erased is gone from every surface, what is held is kept."),
    "one_time_keys": Key(bool, False, "A one-time key is claimed at most once; device queues lose nothing."),
}
"""What a target may claim; run.json carries all keys."""

BOUNDS: dict[str, Key] = {
    "commit_window_ns": Key(int, 50_000_000, "An ack received this long before a confirmed kill is exposed."),
    "clock_error_ns": Key(int, 1_000_000, "Largest error between two workers' clocks; one host has one clock."),
    "calm_after_heal_ns": Key(int, 5_000_000_000, "A link or process counts as impaired this long after its heal."),
    "delivery_threshold_ns": Key(int, 1_000_000_000, "The delivery SLO's threshold, used to decide who was calm."),
    "gap_stuck_ns": Key(int, 5_000_000_000, "A hole in a stream that is open longer is stuck."),
    "drain_ns": Key(int, 30_000_000_000, "A device that has not reached the frontier this long after heal is stuck."),
    "unresolved_ns": Key(int, 60_000_000_000, "An operation that is unresolved longer breaks progress."),
    "recovery_ns": Key(int, 10_000_000_000, "The first round trip after a heal comes within this time."),
    "ready_ns": Key(int, 15_000_000_000, "A restarted target is ready within this time."),
    "presence_ns": Key(int, 2_000_000_000, "Presence converges within this: connect, clean close, set, reset, kill."),
    "presence_half_open_ns": Key(int, 17_000_000_000, "The same for a link gone silent: heartbeat profile + 2 s."),
    "receipts_rest_ns": Key(int, 5_000_000_000, "Markers are at rest this long after the last one."),
    "typing_ns": Key(int, 8_000_000_000, "Typing is shown no longer than this after its author's last key."),
    "slow_told_ns": Key(int, 10_000_000_000, "A slow consumer has everything, or was told, this long after a heal."),
    "removal_ns": Key(
        int, 2_000_000_000, "Without dense ids: a removed member may still be sent events this long after the answer."
    ),
    "search_visible_ns": Key(int, 10_000_000_000, "An acknowledged message is found this long after its ack."),
    "link_dead_ns": Key(int, 5_000_000_000, "A link works no longer than this after its expiry or revocation."),
    "log_window_ns": Key(int, 259_200_000_000_000, "What is gone may remain in raw log files for this long."),
    "progress_min_ok": Key(int, 20, "Fewer successes than this per phase (warm-up and main) and kind break progress."),
}
"""The bounds of a scenario; run.json carries all keys."""
