"""Locust with `websockets.sync`."""

from __future__ import annotations

from websockets.sync.client import connect

from benchmarks.generators.locust_users import BlockingSocket, SendingUser


class WebsocketsUser(SendingUser):
    """See `SendingUser`."""

    def connect(self, url: str) -> BlockingSocket:
        """See `SendingUser`."""
        return connect(url, compression=None, proxy=None)
