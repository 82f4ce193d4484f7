"""Typing at the perfect server: episodes that begin, go on, and end by a message, a removal, a lost link or in time."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.checkers.book import MS
from tests.checkers.perfect_server import Device, PerfectServer

TTL_NS = 6_000 * MS


class Episode(NamedTuple):
    """Somebody types: the recorded truth, and the session that does."""

    truth: dict[str, Any]
    dev: int
    session: int


class Typists:
    """Who types where; `look` must be called whenever something else may have ended an episode."""

    def __init__(self, server: PerfectServer) -> None:
        self._server = server
        self._typing: dict[tuple[int, int], Episode] = {}
        server.book.tables |= {"typing_truth": [], "typing_seen": []}

    def type(self, device: Device, conv: int) -> None:
        """A key: a new episode, or the device's present one goes on."""
        server, key = self._server, (conv, device.user)
        assert device.session is not None
        if key in self._typing and self._typing[key].dev != device.dev:
            self._end(key)
        if key in self._typing:
            self._typing[key].truth["refresh_ns"] = server.now
        else:
            truth = server.book.add(
                "typing_truth", device.user, user=device.user, dev=device.dev, conv=conv, episode=server.book.id(),
                start_ns=server.now,
            )
            self._typing[key] = Episode(truth, device.dev, device.session)
        self._tell(key, is_on=True)

    def look(self) -> None:
        """End the episodes of who sent, left, was cut off, or did nothing for too long."""
        for key, episode in list(self._typing.items()):
            conv, user = key
            last_ns = episode.truth.get("refresh_ns", episode.truth["start_ns"])
            has_sent = any(
                row["dev"] == episode.dev and row["conv"] == conv and row["kind"] == "send"
                and row["invoke_ns"] >= last_ns
                for row in self._server.book.tables["operations"]
            )
            is_there = self._server.devices[episode.dev].session == episode.session
            is_member = self._server.is_member(conv, user)
            if has_sent or not is_there or not is_member or last_ns + TTL_NS <= self._server.now:
                self._end(key)

    def _end(self, key: tuple[int, int]) -> None:
        self._typing[key].truth["stop_ns"] = self._server.now
        self._tell(key, is_on=False)
        del self._typing[key]

    def _tell(self, key: tuple[int, int], *, is_on: bool) -> None:
        """Every follower whose link works hears it at once."""
        conv, user = key
        for watcher in self._server.devices:
            if conv in watcher.following and watcher.user != user and watcher.user not in self._server.stalled:
                self._server.book.add(
                    "typing_seen", watcher.user, t_ns=self._server.now, dev=watcher.dev, session=watcher.session,
                    conv=conv, user=user, is_on=is_on, episode=self._typing[key].truth["episode"],
                    server_sent_ns=self._server.now, ttl_ns=TTL_NS,
                )
