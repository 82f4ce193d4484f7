"""A Locust user that sends and waits for the reply, over any blocking WebSocket: what people write today."""

from __future__ import annotations

from abc import abstractmethod
from itertools import count
from time import perf_counter
from typing import Protocol

from locust import User, constant_throughput, task

from benchmarks.generators.messages import SENDS_PER_S, message

_numbers = count()


class BlockingSocket(Protocol):
    """What both libraries have."""

    def send(self, message: str, /) -> object:
        """Write one text frame."""
        ...

    def recv(self) -> str | bytes:
        """The next message; blocks."""
        ...


class SendingUser(User):
    """Sends at a constant rate; Locust records each latency, measured from the actual send."""

    abstract = True
    wait_time = constant_throughput(SENDS_PER_S)
    socket: BlockingSocket

    @abstractmethod
    def connect(self, url: str) -> BlockingSocket:
        """A connection without compression."""

    def on_start(self) -> None:
        """Connect."""
        self.number, self.sent = next(_numbers), 0
        self.socket = self.connect(self.host or "")

    @task
    def say(self) -> None:
        """One message and its reply."""
        self.sent += 1
        begun = perf_counter()
        self.socket.send(message(self.number, self.sent))
        reply = self.socket.recv()
        self.environment.events.request.fire(
            request_type="WS", name="send → ack", response_time=(perf_counter() - begun) * 1e3,
            response_length=len(reply), exception=None, context={},
        )
