"""The metrics of a node of the reference server. A part's statistic `n` is the metric `chatproof_<part>_<n>`."""

from __future__ import annotations

from chatproof.metrics.metric import Metric, by_name

SEND_ACK = Metric(
    name="chatproof_send_ack_seconds",
    kind="histogram",
    help="From the arrival of a send to its acknowledgement, as the node sees it.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)


def _gauge(name: str, text: str) -> Metric:
    return Metric(name=f"chatproof_{name}", kind="gauge", help=text)


def _counter(name: str, text: str) -> Metric:
    return Metric(name=f"chatproof_{name}", kind="counter", help=text)


SERVER: tuple[Metric, ...] = (
    SEND_ACK,
    _gauge("gateway_sessions", "Open sessions."),
    _gauge("gateway_paused_sessions", "Sessions whose client reads too slowly, so that nothing more is written."),
    _gauge("gateway_pending_requests", "Requests of clients that are not answered yet."),
    _gauge("gateway_streams", "Conversations that a session of this node follows."),
    _counter("gateway_sessions_opened_total", "Sessions that were accepted since the start."),
    _counter("gateway_pushed_events_total", "Events that were written to sessions."),
    _counter("gateway_resumes_recovered_total", "Streams that were caught up from a client's cursor."),
    _counter("gateway_resumes_refused_total", "Streams whose cursor could not be served: the client reloads."),
    _gauge("host_partitions", "Partitions of the log that this node reads."),
    _gauge("host_partitions_stopped", "Partitions that stopped because of a record that cannot be folded."),
    _gauge("host_conversations", "Conversations in the folded state."),
    _gauge("host_folded_records", "Records of the log that were folded, those of earlier lives included."),
    _gauge("host_in_flight", "Commands that are appended and not folded yet."),
    _gauge("host_marks_waiting", "Markers that wait to be written in one record."),
    _gauge("host_copies_on_the_way", "Facts on their way to another partition."),
    _gauge("host_unstored_records", "Folded records that the message store does not have yet."),
    _gauge("host_recent_events", "Events that are kept in memory for those who are nearly caught up."),
    _gauge("host_snapshots_kept", "Snapshots of the folded state that were written since the start."),
    _gauge("host_snapshots_failed", "Snapshots that could not be written since the start."),
    _gauge("reads_queued", "History pages that wait to be read."),
    _gauge("presence_registers", "Presence registers: one per user, device and session."),
    _gauge("presence_other_nodes", "Other nodes that are heard."),
    _gauge("presence_frozen", "1 while this node does not hear its own beats, so that what it knows is unknown."),
)
BY_NAME = by_name(SERVER)
