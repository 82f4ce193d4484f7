"""Every table and column of a history, as data: the one source for segments, Parquet, validation and docs/HISTORY.md.

Instants are INT64 ns of CLOCK_MONOTONIC since the run's start and end in `_ns`; NULL means unknown or none. Rows
that a worker records carry `worker` and `rec` (strictly increasing per worker, over all tables together). A table
with *halves* is recorded as two segment rows (`<table>.begin`, `<table>.end`) that the merge joins on its key.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

ColumnType = Literal["BOOL", "I16", "I32", "I64", "F32", "TEXT"]


class Column(NamedTuple):
    """One column. `required`: never NULL. `values`: the name of its enumeration, or empty for free text."""

    name: str
    type: ColumnType
    required: bool
    values: str


class Table(NamedTuple):
    """One table: its columns in order, what a row is, and how it is recorded.

    Attributes:
        recorded: rows come from a worker and carry `worker, rec`.
        key: columns that identify a row, checked for uniqueness; also the join of the two halves.
        end: the columns that only the end half carries; empty: the table has no halves.
    """

    name: str
    sentence: str
    columns: tuple[Column, ...]
    recorded: bool
    key: tuple[str, ...]
    end: tuple[str, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(column.name for column in self.columns)


def _column(text: str) -> Column:
    """Parse `name:TYPE`, `name:TYPE!` (required), `name:TEXT=enumeration`."""
    name, _, rest = text.partition(":")
    kind, _, values = rest.partition("=")
    required = kind.endswith("!") or values.endswith("!")
    return Column(name, kind.rstrip("!"), required, values.rstrip("!"))  # type: ignore[arg-type]


def _table(name: str, sentence: str, columns: str, *, recorded: bool = True, key: str = "", end: str = "") -> Table:
    """Build a table from its one-line column list; recorded tables start with `worker, rec`."""
    head = "worker:I16! rec:I64! " if recorded else ""
    return Table(
        name, sentence, tuple(_column(part) for part in (head + columns).split()), recorded,
        tuple(key.split()), tuple(end.split()),
    )


_ALL: tuple[Table, ...] = (
    _table(
        "devices", "Who takes part: one row per device.",
        "dev:I32! user:I32! workspace:I32! worker:I16! link:TEXT! persona:TEXT! plane:TEXT=plane!",
        recorded=False, key="dev",
    ),
    _table(
        "conversations", "The conversations of the run.",
        "conv:I32! target_id:TEXT! workspace:I32! kind:TEXT=conversation_kind! history_policy:TEXT=history_policy! "
        "encrypted:BOOL! canary:I64",
        recorded=False, key="conv",
    ),
    _table(
        "operations", "Each thing a client tried. `done` columns are NULL while it is pending.",
        "op:I64! dev:I32! conv:I32 kind:TEXT=operation_kind! u:TEXT body_hash:I64 body_len:I32 ref_seq:I32 "
        "marker:TEXT=marker expect:TEXT=expect! intended_ns:I64! invoke_ns:I64! phase:TEXT=phase! rec_invoke:I64! "
        "done_ns:I64 outcome:TEXT=outcome resolved_by:TEXT=resolved_by code:TEXT ack_epoch:I64 ack_seq:I32 "
        "ack_msg_id:I64 rec_done:I64",
        key="op", end="done_ns outcome resolved_by code ack_epoch ack_seq ack_msg_id rec_done",
    ),
    _table(
        "attempts", "Each try of an operation.",
        "op:I64! attempt:I16! session:I32! transport:TEXT=attempt_transport! node:TEXT invoke_ns:I64! body_hash:I64 "
        "rec_invoke:I64! done_ns:I64 outcome:TEXT=outcome code:TEXT definite:BOOL ack_epoch:I64 ack_seq:I32 "
        "ack_msg_id:I64 duplicate:BOOL rec_done:I64",
        key="op attempt",
        end="done_ns outcome code definite ack_epoch ack_seq ack_msg_id duplicate rec_done",
    ),
    _table(
        "deliveries", "Raw arrivals, before the client's own dedupe and repair; `shown` says what the timeline did.",
        "t_ns:I64! dev:I32! session:I32! scope:TEXT=scope! view:I32! frame:I32! conv:I32! epoch:I64! seq:I32! "
        "msg_id:I64 event:TEXT=event! op:I64 ref_seq:I32 version:I32 body_hash:I64 content_ok:BOOL canary_conv:I32 "
        "via:TEXT=via! shown:BOOL! server_ts_ns:I64",
    ),
    _table(
        "connections", "Each session of a device.",
        "session:I32! dev:I32! link:TEXT! node:TEXT incarnation:I64 connect_ns:I64! hello_ok_ns:I64 prev_session:I32 "
        "resume_token_dev:I32 queue_level:TEXT close_invoke_ns:I64 close_ns:I64 close_by:TEXT=close_by close_code:I32 "
        "close_kind:TEXT=close_kind",
        key="session",
        end="node incarnation hello_ok_ns queue_level close_invoke_ns close_ns close_by close_code close_kind",
    ),
    _table(
        "resumes", "Each attempt to continue a stream from a cursor.",
        "session:I32! conv:I32! from_seq:I32! epoch:I64! own_contiguous_seq:I32! invoke_ns:I64! frontier_seq:I32 "
        "live_ns:I64 live_rec:I64 upto_seq:I32 outcome:TEXT=resume_outcome reason:TEXT reload_read:I64",
        key="session conv", end="frontier_seq live_ns live_rec upto_seq outcome reason reload_read",
    ),
    _table(
        "subscriptions", "When a session followed a conversation.",
        "dev:I32! session:I32! conv:I32! from_ns:I64! from_rec:I64! level:TEXT=level! to_ns:I64 to_rec:I64",
        key="session conv from_rec", end="to_ns to_rec",
    ),
    _table(
        "heads", "What the server said the head of a conversation is.",
        "t_ns:I64! dev:I32! session:I32! conv:I32! epoch:I64! head_seq:I32! source:TEXT=channel_source!",
    ),
    _table(
        "notices", "What the server announced: gaps, limits, drain, bye.",
        "t_ns:I64! session:I32! conv:I32 kind:TEXT=notice_kind! from_seq:I32 to_seq:I32 level:TEXT",
    ),
    _table(
        "memberships", "Changes of membership that the run made; provisioned members have a row `initial` with op 0.",
        "conv:I32! user:I32! change:TEXT=membership_change! op:I64! role:TEXT=role! invoke_ns:I64! seq:I32 "
        "seq_source:TEXT=seq_source done_ns:I64 outcome:TEXT=outcome",
        key="conv user op", end="seq seq_source done_ns outcome",
    ),
    _table(
        "reads", "A row per read request; pages of one walk share `walk`. A search for a message's whole text has its "
        "body hash as `query_hash`.",
        "read:I64! walk:I64! dev:I32! session:I32 kind:TEXT=read_kind! purpose:TEXT=read_purpose! conv:I32 "
        "query_hash:I64 dir:TEXT=direction page_limit:I32 cursor:TEXT min_seq:I32 invoke_ns:I64! rec_invoke:I64! "
        "done_ns:I64 outcome:TEXT=outcome code:TEXT from_seq:I32 to_seq:I32 complete:BOOL total:I32 rec_done:I64",
        key="read", end="done_ns outcome code from_seq to_seq complete total rec_done",
    ),
    _table(
        "read_items", "What a read returned, in order.",
        "read:I64! pos:I32! conv:I32! epoch:I64! seq:I32! msg_id:I64 event:TEXT=event! op:I64 ref_seq:I32 "
        "version:I32 body_hash:I64 deleted:BOOL! canary_conv:I32 server_ts_ns:I64",
        key="read pos",
    ),
    _table(
        "receipts", "Markers as an observer saw them.",
        "t_ns:I64! dev:I32! session:I32! conv:I32! user:I32! of_dev:I32 delivered_seq:I32! read_seq:I32! "
        "source:TEXT=seen_source! read:I64",
    ),
    _table(
        "unread", "Unread counts as read.",
        "read:I64! dev:I32! conv:I32! unread:I32! read_seq:I32! head_seq:I32!",
    ),
    _table(
        "presence_truth", "What a device's presence really was; `either` while a change is under way.",
        "change:I64! user:I32! dev:I32! state:TEXT=truth_state! from_ns:I64! cause:TEXT=change_cause! fault:I32 "
        "op:I64 to_ns:I64",
        key="change", end="to_ns",
    ),
    _table(
        "presence_seen", "Presence of a subject as a watcher saw it.",
        "t_ns:I64! dev:I32! session:I32! subject:I32! state:TEXT=presence_state! incarnation:I64! ver:I64! "
        "source:TEXT=seen_source!",
    ),
    _table(
        "typing_truth", "Typing episodes as the author made them.",
        "user:I32! dev:I32! conv:I32! episode:I64! start_ns:I64! refresh_ns:I64 stop_ns:I64 cause:TEXT",
        key="episode",
    ),
    _table(
        "typing_seen", "Typing as an observer saw it.",
        "t_ns:I64! dev:I32! session:I32! conv:I32! user:I32! is_on:BOOL! episode:I64 server_sent_ns:I64 ttl_ns:I64 "
        "level:TEXT",
    ),
    _table(
        "attachments", "Uploaded blobs.",
        "blob:I64! dev:I32! conv:I32! op:I64 hash:I64! size:I64! complete_ns:I64 deleted_ns:I64",
        key="blob",
    ),
    _table(
        "attachment_reads", "Downloads of blobs.",
        "blob:I64! dev:I32! t_ns:I64! issued_ns:I64 expires_ns:I64 revoked_ns:I64 status:I32! hash:I64",
    ),
    _table(
        "keys", "One-time keys: published and claimed.",
        "key_id:I64! owner_dev:I32! action:TEXT=key_action! by_dev:I32! op:I64 invoke_ns:I64! done_ns:I64 "
        "outcome:TEXT=outcome",
    ),
    _table(
        "device_queue", "Items of a device's encrypted queue.",
        "dev:I32! session:I32 t_ns:I64! qseq:I64! item:I64! action:TEXT=queue_action!",
    ),
    _table(
        "policies", "Retention, holds, releases, erasures.",
        "scope:TEXT=policy_scope! scope_id:I32! kind:TEXT=policy_kind! keep_ns:I64 op:I64 effective_server_ns:I64 "
        "sweep_bound_ns:I64",
        recorded=False,
    ),
    _table(
        "surface_probes", "What a probe found on a surface.",
        "surface:TEXT=surface! conv:I32 seq:I32 blob:I64 t_ns:I64! present:BOOL! hash:I64",
    ),
    _table(
        "faults", "What the nemesis did, confirmed at both ends, with the effect that a probe saw from outside.",
        "fault:I32! kind:TEXT=fault_kind! target_kind:TEXT=fault_target_kind! target:TEXT! params:TEXT! trigger:TEXT "
        "start_req_ns:I64! start_confirmed_ns:I64 effect_seen_ns:I64 stop_req_ns:I64 stop_confirmed_ns:I64 "
        "evidence:TEXT",
        recorded=False, key="fault",
    ),
    _table(
        "processes", "What happened to the processes of the target.",
        "node:TEXT! pid:I32! incarnation:I64 event:TEXT=process_event! t_ns:I64! code:I32",
        recorded=False,
    ),
    _table(
        "phases", "The phases of the run.",
        "phase:TEXT=phase! start_ns:I64! end_ns:I64",
        recorded=False, key="phase",
    ),
    _table(
        "generator", "Health of a load worker, one row per second. `t_ns` is the start of that second.",
        "t_ns:I64! intended:I32! started:I32! lag_p50_ns:I64! lag_p99_ns:I64! lag_max_ns:I64! stall_max_ns:I64! "
        "cpu_pct:F32! rss_bytes:I64! backlog:I32! recorded_rows:I64!",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Table name → table."""
