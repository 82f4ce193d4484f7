"""A small chat server, as somebody might have one: rooms over WebSocket, one SQLite file, ids from one counter.

    python server.py --port 8765 --data chat.db

It logs in by name and password, stores what is posted, tells everybody in the room, and answers who posted. It has no
resume, no receipts and no presence: who was away asks for `/rooms/ROOM?after=ID` or `/rooms/ROOM?before=ID`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS members (room TEXT, name TEXT, PRIMARY KEY (room, name));
    CREATE TABLE IF NOT EXISTS posts (id INTEGER PRIMARY KEY, room TEXT, author TEXT, text TEXT);
    CREATE INDEX IF NOT EXISTS by_room ON posts (room, id);
"""
MAX_PAGE = 200
MAX_TEXT = 20_000


class Refusal(Exception):
    """What the asker gets told."""


class Chat:
    """Everything the server knows: the file, and who is connected to which room."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(SCHEMA)
        self.here: dict[str, set[ServerConnection]] = {}

    # --- what a connection asks -------------------------------------------------------------------------------------

    def register(self, _: str, ask: dict[str, Any]) -> dict[str, Any]:
        """A new user; the same name and password again is no error."""
        self.db.execute("INSERT OR IGNORE INTO users VALUES (?, ?)", (ask["name"], ask["password"]))
        return {"kind": "registered"}

    def room(self, _: str, ask: dict[str, Any]) -> dict[str, Any]:
        """A room with its members."""
        members = [(ask["room"], name) for name in ask["members"]]
        self.db.executemany("INSERT OR IGNORE INTO members VALUES (?, ?)", members)
        return {"kind": "room", "room": ask["room"]}

    def post(self, name: str, ask: dict[str, Any]) -> dict[str, Any]:
        """Store a text, tell the room, answer with its id."""
        room, text = ask["room"], ask["text"]
        if not self.db.execute("SELECT 1 FROM members WHERE room = ? AND name = ?", (room, name)).fetchone():
            raise Refusal("you are not in this room")
        if len(text) > MAX_TEXT:
            raise Refusal("too long")
        stored = self.db.execute("INSERT INTO posts (room, author, text) VALUES (?, ?, ?)", (room, name, text))
        number = stored.lastrowid
        self.tell(room, {"kind": "posted", "room": room, "no": number, "who": name, "text": text})
        return {"kind": "stored", "no": number}

    def tell(self, room: str, news: dict[str, Any]) -> None:
        """Everybody who is in the room now, the author too."""
        broadcast(self.here.get(room, ()), json.dumps(news))

    # --- connections ------------------------------------------------------------------------------------------------

    def enter(self, link: ServerConnection, ask: dict[str, Any]) -> str:
        """Log in: from now on the link hears what is posted in the user's rooms."""
        found = self.db.execute("SELECT password FROM users WHERE name = ?", (ask["name"],)).fetchone()
        if found is None or found[0] != ask["password"]:
            raise Refusal("wrong name or password")
        for (room,) in self.db.execute("SELECT room FROM members WHERE name = ?", (ask["name"],)):
            self.here.setdefault(room, set()).add(link)
        return str(ask["name"])

    def leave(self, link: ServerConnection) -> None:
        """The link is gone."""
        for links in self.here.values():
            links.discard(link)

    async def talk(self, link: ServerConnection) -> None:
        """One connection, from the first frame to the last."""
        name = ""
        actions = {"register": self.register, "room": self.room, "post": self.post}
        try:
            async for frame in link:
                ask = json.loads(frame)
                try:
                    if ask["do"] == "login":
                        name = self.enter(link, ask)
                        answer = {"kind": "hello", "name": name}
                    else:
                        answer = actions[ask["do"]](name, ask)
                except Refusal as refusal:
                    answer = {"kind": "refused", "why": str(refusal)}
                await link.send(json.dumps({**answer, "tag": ask.get("tag")}))
        except ConnectionClosed:
            return
        finally:
            self.leave(link)

    # --- reading back -----------------------------------------------------------------------------------------------

    def page(self, path: str) -> dict[str, Any]:
        """Posts of a room, oldest first: those after a number, or the last ones before it."""
        parts = urlsplit(path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        limit = min(int(asked.get("limit", "50")), MAX_PAGE)
        back = "before" in asked
        edge = int(asked["before"]) or 1 << 62 if back else int(asked.get("after", "0"))
        rows = self.db.execute(
            f"SELECT id, author, text FROM posts WHERE room = ? AND id {'<' if back else '>'} ?"
            f" ORDER BY id {'DESC' if back else 'ASC'} LIMIT ?",
            (unquote(parts.path.rpartition("/")[2]), edge, limit + 1),
        ).fetchall()
        posts = [{"no": number, "who": who, "text": text} for number, who, text in rows[:limit]]
        return {"posts": posts[::-1] if back else posts, "more": len(rows) > limit}

    def serve_http(self, link: ServerConnection, request: Request) -> Response | None:
        """Plain HTTP beside the WebSocket: `/health` and `/rooms/ROOM`."""
        if request.path == "/health":
            return link.respond(HTTPStatus.OK, "well\n")
        if request.path.startswith("/rooms/"):
            return link.respond(HTTPStatus.OK, json.dumps(self.page(request.path)))
        return None


async def run(port: int, data: str) -> None:
    """Serve until killed."""
    chat = Chat(data)
    async with serve(chat.talk, "127.0.0.1", port, process_request=chat.serve_http, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--data", default="chat.db")
    options = parser.parse_args()
    asyncio.run(run(options.port, options.data))
