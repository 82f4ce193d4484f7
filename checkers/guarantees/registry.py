"""All guarantees by name, in the order in which they are judged and reported."""

from __future__ import annotations

from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees import (
    attachment_intact,
    dense_ids,
    durable_ack,
    idempotent_send,
    no_aborted_delivery,
    no_gap,
    no_leak,
    no_lost_message,
    no_phantom,
    one_id_per_seq,
    one_time_key_once,
    ordered_stream,
    presence_converges,
    progress,
    real_time_order,
    receipts_converge,
    receipts_forward,
    retention_exact,
    same_order_everywhere,
    search_complete,
    search_sound,
    sender_order,
    shown_once,
    stable_history,
    whole_resume,
)

_ALL: tuple[Guarantee, ...] = (
    no_lost_message.GUARANTEE,
    no_phantom.GUARANTEE,
    no_aborted_delivery.GUARANTEE,
    idempotent_send.GUARANTEE,
    shown_once.GUARANTEE,
    one_id_per_seq.GUARANTEE,
    ordered_stream.GUARANTEE,
    no_gap.GUARANTEE,
    sender_order.GUARANTEE,
    real_time_order.GUARANTEE,
    same_order_everywhere.GUARANTEE,
    whole_resume.GUARANTEE,
    receipts_forward.GUARANTEE,
    receipts_converge.GUARANTEE,
    presence_converges.GUARANTEE,
    no_leak.GUARANTEE,
    search_sound.GUARANTEE,
    search_complete.GUARANTEE,
    attachment_intact.GUARANTEE,
    durable_ack.PROCESS_CRASH,
    durable_ack.POWER_LOSS,
    stable_history.GUARANTEE,
    dense_ids.GUARANTEE,
    progress.GUARANTEE,
    retention_exact.GUARANTEE,
    one_time_key_once.GUARANTEE,
)

GUARANTEES: dict[str, Guarantee] = {guarantee.name: guarantee for guarantee in _ALL}
"""Name → guarantee."""
