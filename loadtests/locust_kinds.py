"""Chat users as Locust counts them, and how many there are of each kind, by `weight` and `fixed_count`."""

from __future__ import annotations

from collections.abc import Sequence

import gevent
from locust import User, constant, task
from msgspec.structs import replace

from chatproof.loadtests.personas import Persona


class ChatUser(User):
    """Stands for one chat user in Locust's count: the sockets are the plane's, so there is nothing to do here.

    A subclass with a `persona` of its own is a kind of chat user; `weight` and `fixed_count` say how many there are.
    """

    persona: Persona | None = None
    wait_time = constant(1)

    @task
    def stay(self) -> None:
        """Be there."""
        gevent.sleep(1)


def chat_kinds(user_classes: Sequence[type[User]], users: int) -> tuple[int, tuple[Persona, ...]]:
    """How many of `users` are chat users, and the personas among them with their shares.

    Those with a `fixed_count` come first; the rest is spread by weight.
    """
    counts = _counts(user_classes, users)
    chat = [each for each in user_classes if issubclass(each, ChatUser)]
    total = sum(counts[each] for each in chat)
    personas = tuple(
        replace(each.persona, share=counts[each] / total) for each in chat if each.persona is not None and counts[each]
    )
    return round(total), personas


def _counts(user_classes: Sequence[type[User]], users: int) -> dict[type[User], float]:
    """Users of each class."""
    fixed = {each: float(each.fixed_count) for each in user_classes if each.fixed_count}
    weights = {each: each.weight for each in user_classes if not each.fixed_count}
    left = max(0.0, users - sum(fixed.values()))
    total = sum(weights.values()) or 1
    return fixed | {each: left * weight / total for each, weight in weights.items()}
