"""What nodes tell each other beside the log: best effort, ordered per sender, own messages echo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Receive = Callable[[bytes], None]


class Bus(Protocol):
    """Carries presence and typing. A message may be lost; those of one sender arrive in the order they were sent.

    Every subscriber gets every message, the sender's own included: a node that misses its own messages knows that
    it is cut off. `receive` is called on the node's event loop, never from inside `publish`.
    """

    def publish(self, message: bytes) -> None:
        """Hand a message to the bus; dropped without notice where the bus is at its bound."""
        ...

    def subscribe(self, receive: Receive) -> None:
        """Call `receive` with every later message."""
        ...
