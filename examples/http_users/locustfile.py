"""Plain HTTP users of Locust beside the chat users: two of those that `-u` asks for look at a status page."""

import os

from locust import HttpUser, constant, task

from chatproof.loadtests.locustfile import ChatUser

__all__ = ["ChatUser", "StatusReader"]


class StatusReader(HttpUser):
    """Has a host of its own: the chat target is that of chatproof.toml, or of --chat-ws."""

    fixed_count = 2
    host = os.environ.get("STATUS_URL", "http://127.0.0.1:8080")
    wait_time = constant(0.5)

    @task
    def look(self) -> None:
        """Anything that Locust's HTTP users can do."""
        self.client.get("/", name="status page")
