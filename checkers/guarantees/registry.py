"""All guarantees by name, in the order in which they are judged and reported."""

from __future__ import annotations

from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees import (
    idempotent_send,
    no_aborted_delivery,
    no_gap,
    no_lost_message,
    no_phantom,
    one_id_per_seq,
    ordered_stream,
    shown_once,
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
)

GUARANTEES: dict[str, Guarantee] = {guarantee.name: guarantee for guarantee in _ALL}
"""Name → guarantee."""
