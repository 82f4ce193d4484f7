"""A Locust user that sends and waits for the reply, over any blocking WebSocket: what people write today."""

from __future__ import annotations

from abc import abstractmethod
from itertools import count
from time import monotonic_ns
from typing import Protocol

from locust import User, constant_throughput, task

from benchmarks.generators.messages import SENDS_PER_S, Journal, message

_numbers, _journal = count(), Journal()


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
        sent_ns = monotonic_ns()
        self.socket.send(message(self.number, self.sent))
        reply = self.socket.recv()
        done_ns = monotonic_ns()
        _journal.note(self.number, self.sent, sent_ns, done_ns)
        self.environment.events.request.fire(
            request_type="WS", name="send → ack", response_time=(done_ns - sent_ns) / 1e6,
            response_length=len(reply), exception=None, context={},
        )
