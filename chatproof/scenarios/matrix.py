"""The kill matrix as data: which broken server runs in which scenario, and which guarantee must name it; and the bugs
that no run shows, whose guarantees are judged on generated histories."""

from __future__ import annotations

from msgspec import Struct


class Expectation(Struct, frozen=True):
    """A mutant, the short scenario in which its bug can show, and the guarantee that must catch it.

    Attributes:
        seen_in: the public tracker where the bug was real.
        needs_fault: without faults it does not show: in the calm scenario this server is clean.
    """

    mutant: str
    scenario: str
    guarantee: str
    seen_in: str
    needs_fault: bool = True


MATRIX: tuple[Expectation, ...] = (
    Expectation("position-before-visible", "short-links", "no-lost-message", "matrix-org/synapse#14158"),
    Expectation("send-stored-twice", "short-links", "idempotent-send", "matrix-org/synapse#3365"),
    Expectation("dedupe-lost-on-restart", "short-kill", "idempotent-send", "mattermost/mattermost#10006"),
    Expectation("ack-before-log", "short-kill", "durable-ack", "openimsdk/open-im-server#3080"),
    Expectation("ack-before-fsync", "power-loss", "durable-ack-power", "several brokers by default"),
    Expectation("larger-seq-first", "short-links", "ordered-stream", "openimsdk/open-im-server#320", needs_fault=False),
    Expectation("catchup-before-subscribe", "short-links", "whole-resume", "RocketChat/Rocket.Chat.ReactNative#7547"),
    Expectation(
        "receipt-last-write-wins", "short-links", "receipts-forward", "MongooseIM, smart markers", needs_fault=False
    ),
    Expectation("ghost-presence", "short-kill", "presence-converges", "RocketChat/Rocket.Chat#6610"),
    Expectation("membership-before-dedupe", "short-links", "idempotent-send", "general", needs_fault=False),
    Expectation("seq-goes-back", "short-kill", "one-id-per-seq", "openimsdk/open-im-server#3249"),
    Expectation("other-body-accepted", "calm", "idempotent-send", "general", needs_fault=False),
    Expectation("body-truncated", "calm", "no-phantom", "general", needs_fault=False),
    Expectation("refused-after-append", "calm", "no-aborted-delivery", "general", needs_fault=False),
    Expectation("hole-after-crash", "short-kill", "dense-ids", "general"),
    Expectation("page-border-skips", "calm", "stable-history", "general", needs_fault=False),
    Expectation(
        "history-sorted-by-time", "calm", "same-order-everywhere", "RocketChat/Rocket.Chat#13926", needs_fault=False
    ),
    Expectation("removed-member-served", "calm", "no-leak", "matrix-org/synapse#13968", needs_fault=False),
)

CALM = "calm"
"""The scenario without faults."""

SHORT_SCENARIOS: tuple[str, ...] = tuple(dict.fromkeys(row.scenario for row in MATRIX))
"""The scenarios of the matrix: the healthy server must be clean in each."""


class Generated(Struct, frozen=True):
    """A bug that no run shows: the judge of its guarantee is shown on generated histories instead.

    `why`: why no run shows it.
    """

    bug: str
    seen_in: str
    guarantee: str
    why: str


GENERATED: tuple[Generated, ...] = (
    Generated(
        "resume returns new messages only, no edits or deletes", "RocketChat/Rocket.Chat#41079", "no-resurrection",
        "the server has no edits and deletes",
    ),
    Generated("an edit races a delete and leaves half a row", "Discord's store", "no-resurrection",
              "the server has no edits and deletes"),
    Generated(
        "half-open link: online for ever, messages dropped", "processone/ejabberd#1151", "no-silent-drop",
        "no scenario leaves a link half-open: every cut is mended within seconds, and the device comes back",
    ),
    Generated("unread is incremented instead of derived", "mattermost/mattermost#24587", "exact-unread",
              "the server has no unread counts"),
    Generated("search does not filter by membership", "ShieldBattery/ShieldBattery#1521", "search-sound",
              "the server has no search"),
    Generated("reindex reports success while bulk writes were refused", "Mattermost 11.7", "search-complete",
              "the server has no search"),
    Generated("retention deletes live or held data, or never fires", "RocketChat/Rocket.Chat#19269, #12093",
              "retention-exact", "the server has no retention"),
    Generated("a one-time key is claimed twice", "element-hq/element-web#32965", "one-time-key-once",
              "the server has no key directory"),
    Generated("an attachment link works for anyone", "RocketChat/Rocket.Chat#8003", "attachment-intact",
              "the server has no attachments"),
    Generated("typing never expires", "gomuks#683", "typing-expires", "the server has no typing notices"),
    Generated(
        "a reply overtakes what it answers for one member", "general", "causal-order",
        "a live stream that inverts breaks `ordered-stream` before it breaks anything else",
    ),
    Generated(
        "the timeline shows an item again after a resume", "hermes#842", "shown-once",
        "a bug of a client: what is shown is decided by the harness's own timeline, whatever the server does",
    ),
    Generated("a zombie node acknowledges from a stale state", "general", "one-id-per-seq",
              "the embedded engine has one node, and its log refuses a second"),
    Generated("resume accepts a position of another epoch", "centrifugal/centrifuge-go#160", "whole-resume",
              "no scenario restores a backup, so that no epoch ends"),
    Generated(
        "the archive is asynchronous and loses its batch on a crash", "MongooseIM, asynchronous writer",
        "read-your-writes", "with this engine it is `ack-before-log`: the log is the archive",
    ),
    Generated(
        "a slow consumer blocks its conversation", "tinode/chat#786", "progress",
        "what a device misses while its link is stalled for seconds fits into the socket's buffers",
    ),
    Generated("a clock step back inverts ids", "snowflake schemes", "real-time-order",
              "seqs are counted, not made of a clock"),
)  # fmt: skip
