"""Another small chat server: everything in memory, everything over one WebSocket, login by a token in the URL.

    python server.py --port 8766

What is said comes to everybody in the room in bundles, the author included; the answer to it names no place.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import defaultdict
from http import HTTPStatus
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

BUNDLE_S = 0.01


class Rooms:
    """Who may be where, what was said, and what is about to be told."""

    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}
        self.lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.links: dict[str, list[ServerConnection]] = defaultdict(list)
        self.bundles: dict[ServerConnection, list[dict[str, Any]]] = defaultdict(list)
        self.numbers = count(1)

    def say(self, user: str, ask: dict[str, Any]) -> dict[str, Any]:
        """Keep a line, and put it into the bundle of everybody who is there."""
        room = ask["room"]
        if user not in self.members.get(room, ()):
            return {"event": "no", "reason": "not in this room"}
        line = {"room": room, "n": next(self.numbers), "by": user, "line": ask["line"]}
        self.lines[room].append(line)
        for member in self.members[room]:
            for link in self.links[member]:
                self.bundles[link].append(line)
        return {"event": "ok"}

    def fetch(self, _: str, ask: dict[str, Any]) -> dict[str, Any]:
        """Lines above a number."""
        found = [line for line in self.lines[ask["room"]] if line["n"] > ask["since"]]
        return {"event": "log", "lines": found[: ask["count"]], "rest": len(found) > ask["count"]}

    def open_room(self, _: str, ask: dict[str, Any]) -> dict[str, Any]:
        """Make a room."""
        self.members[ask["room"]] = ask["members"]
        return {"event": "ok"}

    async def deliver(self) -> None:
        """Tell what was said, in bundles, for ever."""
        while True:
            await asyncio.sleep(BUNDLE_S)
            bundles, self.bundles = self.bundles, defaultdict(list)
            for link, lines in bundles.items():
                try:
                    await link.send(json.dumps({"event": "said", "lines": lines}))
                except ConnectionClosed:
                    continue

    async def talk(self, link: ServerConnection) -> None:
        """One connection."""
        asked = parse_qs(urlsplit(link.request.path if link.request else "").query)
        user = asked.get("token", [""])[0].removeprefix("t-")
        actions = {"say": self.say, "fetch": self.fetch, "room": self.open_room}
        self.links[user].append(link)
        try:
            await link.send(json.dumps({"event": "ready"}))
            async for frame in link:
                ask = json.loads(frame)
                await link.send(json.dumps({**actions[ask["cmd"]](user, ask), "req": ask.get("req")}))
        except ConnectionClosed:
            return
        finally:
            self.links[user].remove(link)


def health(link: ServerConnection, request: Request) -> Response | None:
    """`/health` answers over plain HTTP."""
    return link.respond(HTTPStatus.OK, "well\n") if request.path == "/health" else None


async def run(port: int) -> None:
    """Serve until killed."""
    rooms = Rooms()
    async with serve(rooms.talk, "127.0.0.1", port, process_request=health, compression=None):
        await rooms.deliver()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8766)
    asyncio.run(run(parser.parse_args().port))
