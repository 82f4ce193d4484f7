"""How chatproof speaks to the server beside it."""

import json
from collections.abc import Iterable
from typing import Any

from websockets.sync.client import connect

from chatproof.drivers import plain


class Driver(plain.Dialect):
    """Logs in by name and password, posts over the WebSocket, reads old posts over HTTP."""

    name = "foreign"
    claims = {
        "echo": "all", "total_order": True, "pipelined_fifo": True, "history": True, "survives_process_crash": True,
    }  # fmt: skip

    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> plain.Provisioned:
        users = {user: f"user{user}" for user in range(roster.users)}
        rooms = {each.conv: f"room{each.conv}" for each in roster.conversations}
        asks: list[Any] = [{"do": "register", "name": name, "password": f"{name}!"} for name in users.values()]
        for each in roster.conversations:
            asks.append({"do": "room", "room": rooms[each.conv], "members": [users[user] for user in each.members]})
        with connect(endpoint.ws, compression=None) as link:
            for ask in asks:
                link.send(json.dumps(ask))
                link.recv()
        return plain.Provisioned(users, {each.dev: f"{users[each.user]}!" for each in roster.devices}, rooms)

    def open(self, me: plain.Me) -> list[str]:
        return [json.dumps({"do": "login", "name": me.user, "password": me.token})]

    def send(self, me: plain.Me, post: plain.Post) -> str:
        return json.dumps({"do": "post", "room": post.room, "text": post.text, "tag": post.ref})

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        match json.loads(frame):
            case {"kind": "hello"}:
                yield plain.Welcome()
            case {"kind": "posted", "room": room, "no": number, "who": who, "text": text}:
                yield plain.Message(room, number, text, who)
            case {"kind": "stored", "tag": tag, "no": number}:
                yield plain.Accepted(tag, number)
            case {"kind": "refused", "tag": None, "why": why}:
                yield plain.Denied(why)
            case {"kind": "refused", "tag": tag, "why": why}:
                yield plain.Refused(tag, why)

    def history(self, me: plain.Me, page: plain.PageWanted) -> plain.Request:
        edge = f"before={page.before}" if page.backward else f"after={page.after}"
        return plain.Request("GET", f"/rooms/{page.room}?{edge}&limit={page.limit}")

    def answered(self, me: plain.Me, asked: Any, answer: plain.Response) -> Iterable[plain.Word]:
        page = answer.json()
        posts = [plain.Message(asked.room, each["no"], each["text"], each["who"]) for each in page["posts"]]
        yield plain.Page(asked.ref, posts, page["more"])
