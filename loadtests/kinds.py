"""How many users there are of each kind, out of Locust's `weight` and `fixed_count`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from chatproof.loadtests.personas import Persona


class Kind(NamedTuple):
    """A class of users of a locustfile. `fixed_count` 0: its number follows from its weight."""

    is_chat: bool
    persona: Persona | None
    weight: float
    fixed_count: int


def chat_users(kinds: Sequence[Kind], users: int) -> tuple[int, tuple[Persona, ...]]:
    """How many of `users` are chat users, and the personas among them with their shares.

    Those with a `fixed_count` come first; the rest is spread by weight.
    """
    left = max(0, users - sum(kind.fixed_count for kind in kinds))
    weights = sum(kind.weight for kind in kinds if not kind.fixed_count) or 1
    chat = [(kind.persona, kind.fixed_count or left * kind.weight / weights) for kind in kinds if kind.is_chat]
    total = sum(count for _, count in chat)
    personas = tuple(replace(persona, share=count / total) for persona, count in chat if persona is not None and count)
    return round(total), personas
