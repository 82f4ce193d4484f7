"""The kill matrix as data: which broken server runs in which scenario, and which guarantee must name it."""

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
)

SHORT_SCENARIOS: tuple[str, ...] = tuple(dict.fromkeys(row.scenario for row in MATRIX))
"""The scenarios of the matrix: the healthy server must be clean in each."""
