"""Locust with websocket-client, which knows no compression."""

from __future__ import annotations

from websocket import create_connection

from benchmarks.generators.locust_users import BlockingSocket, SendingUser


class WebsocketClientUser(SendingUser):
    """See `SendingUser`."""

    def connect(self, url: str) -> BlockingSocket:
        """See `SendingUser`."""
        return create_connection(url)
