"""Chat users as Locust counts them."""

from __future__ import annotations

from collections.abc import Sequence

import gevent
from locust import User, constant, task

from chatproof.loadtests.kinds import Kind
from chatproof.loadtests.personas import Persona


class ChatUser(User):
    """Stands for one chat user in Locust's count: the sockets are the plane's, so there is nothing to do here.

    A subclass with a `persona` of its own is a kind of chat user; `weight` and `fixed_count` say how many there are.
    """

    host = "(as configured)"
    """What the form of the web UI shows until somebody writes a ws:// URL there."""

    weight = 10
    """So that a subclass of weight 1 is one user in eleven."""

    persona: Persona | None = None
    wait_time = constant(1)

    @task
    def stay(self) -> None:
        """Be there."""
        gevent.sleep(1)


def kinds_of(user_classes: Sequence[type[User]]) -> list[Kind]:
    """The classes of a locustfile, ours and others."""
    return [
        Kind(issubclass(each, ChatUser), getattr(each, "persona", None), each.weight, each.fixed_count)
        for each in user_classes
    ]
