"""How chatproof speaks to my chat server: written for one that says JSON over a WebSocket. See docs/DRIVERS.md.

Go from top to bottom, and let `chatproof doctor --driver` say after each step what is still missing.
"""

import json
from collections.abc import Iterable
from typing import Any

from chatproof.drivers import plain


class Driver(plain.Dialect):
    """My server."""

    name = "mine"

    # 6. What your server promises. What you leave out is never asked of it. For example:
    #    {"echo": "all", "history": True, "total_order": True, "survives_process_crash": True}
    claims: dict[str, Any] = {}

    # 1. Make users and rooms, new ones for each run, in whatever way your server has for that: by its HTTP API at
    #    endpoint.http (`secret` is that of chatproof.toml), by its WebSocket at endpoint.ws, or in its database. It may
    #    block. Return what your server calls them: our number of a user, device or room -> your id or credential.
    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> plain.Provisioned:
        users = {user: f"user{user}" for user in range(roster.users)}
        tokens = {each.dev: f"token-of-{users[each.user]}" for each in roster.devices}
        rooms = {each.conv: f"room{each.conv}" for each in roster.conversations}
        # members of a room: [users[user] for user in each.members]
        return plain.Provisioned(users, tokens, rooms)

    # 2. Log in by frames, as here; or by the URL or a header: then take this away, and write instead
    #    def url(self, ws, me): return f"{ws}?token={me.token}"
    #    def headers(self, me): return {"Authorization": f"Bearer {me.token}"}
    def open(self, me: plain.Me) -> list[str]:
        return [json.dumps({"type": "login", "user": me.user, "token": me.token})]

    # 3. Send post.text as it is. post.ref is a number that the answer must lead back to; post.key is the same each time
    #    one message is sent, for servers that recognise repeats.
    def send(self, me: plain.Me, post: plain.Post) -> str:
        return json.dumps({"type": "send", "room": post.room, "text": post.text, "ref": post.ref})

    # 4. What a frame of your server says. Ids of messages are integers that grow in the order of the room.
    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        match json.loads(frame):
            case {"type": "welcome"}:
                yield plain.Welcome()
            case {"type": "denied", "reason": reason}:
                yield plain.Denied(reason)
            case {"type": "sent", "ref": ref, "id": number}:
                yield plain.Accepted(ref, number)
            case {"type": "error", "ref": ref, "reason": reason}:
                yield plain.Refused(ref, reason)
            case {"type": "message", "room": room, "id": number, "from": user, "text": text}:
                yield plain.Message(room, number, text, user)

    # 5. If your server keeps a history, say how a page of it is asked for, and claim `history`. Over HTTP:
    #    def history(self, me, page):
    #        edge = f"before={page.before}" if page.backward else f"after={page.after}"
    #        return plain.Request("GET", f"/rooms/{page.room}/messages?{edge}&limit={page.limit}")
    #
    #    def answered(self, me, asked, answer):
    #        page = answer.json()
    #        messages = [plain.Message(asked.room, each["id"], each["text"], each["from"]) for each in page["messages"]]
    #        yield plain.Page(asked.ref, messages, page["more"])
