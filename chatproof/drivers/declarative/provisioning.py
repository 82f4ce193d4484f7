"""Makes users and rooms as a file says: names by template, then its steps, over HTTP or one WebSocket."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import anyio.to_thread
import httpx
import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from chatproof.drivers.declarative.asking import Asking
from chatproof.drivers.declarative.declaration import Provision, Step
from chatproof.drivers.declarative.expressions import Expression
from chatproof.drivers.declarative.templates import Template
from chatproof.drivers.errors import DriverError
from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.plain.words import Request
from chatproof.drivers.trust import trusting

TIMEOUT_S = 15.0
"""A step without an answer for this long says that the target is not well."""

OTHER_FRAMES = 20
"""Frames that may come before the answer to a step: greetings, presence."""

QUOTED = 200
"""Characters of an answer that a sentence quotes."""

_RUN = ("run", "secret")
_ALL = ("index", *_RUN)
_USER = (*_ALL, "user")
_ROOM = (*_ALL, "room", "members", "owner", "owner_token")


class _Step:
    """A step, checked when the file is read."""

    def __init__(self, file: str, key: str, step: Step, known: Sequence[str]) -> None:
        self.key = f"In {file}, {key}"
        self.asking = Asking(file, key, step, known)
        self.ok = Expression(file, f"{key}.ok", step.ok)
        self.token = Expression(file, f"{key}.token", step.token)
        self.room = Expression(file, f"{key}.room", step.room)


class Provisioning:
    """See `run`. It blocks, so it runs in a thread."""

    def __init__(self, file: str, declared: Provision, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._user = Template(file, "provision.user", declared.user, _ALL)
        self._token = Template(file, "provision.token", declared.token, (*_USER, "device"))
        self._room = Template(file, "provision.room", declared.room, _ALL)
        self._ws = Template(file, "provision.ws", declared.ws, ("ws", *_RUN))
        self._headers = Template(file, "provision.headers", declared.headers, _RUN)
        self._users = [_Step(file, f"provision.users[{at}]", step, _USER) for at, step in enumerate(declared.users)]
        self._rooms = [_Step(file, f"provision.rooms[{at}]", step, _ROOM) for at, step in enumerate(declared.rooms)]

    async def run(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """Everything of the roster. Raises `DriverError` with the step that failed."""
        return await anyio.to_thread.run_sync(self._run, endpoint, roster, secret)

    def _run(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        given: dict[str, Any] = {"run": secrets.token_hex(4), "secret": secret}
        with ExitStack() as stack:
            ws, headers = self._ws.fill(ws=endpoint.ws, **given), self._headers.fill(**given)
            steps = _Steps(stack, endpoint, ws, headers, self._timeout_s)
            users = {index: str(self._user.fill(index=index, **given)) for index in range(roster.users)}
            found = {index: self._user_token(steps, index, user, given) for index, user in users.items()}
            tokens = {
                each.dev: found[each.user]
                or str(self._token.fill(index=each.user, user=users[each.user], device=each.dev, **given))
                for each in roster.devices
            }
            first = {each.user: tokens[each.dev] for each in reversed(roster.devices)}
            rooms = {}
            for each in roster.conversations:
                name = str(self._room.fill(index=each.conv, **given))
                values = {
                    "index": each.conv, "room": name, "members": [users[user] for user in each.members],
                    "owner": users[each.members[0]], "owner_token": first.get(each.members[0], ""), **given,
                }  # fmt: skip
                rooms[each.conv] = self._room_id(steps, name, values)
        return Provisioned(users, tokens, rooms)

    def _user_token(self, steps: _Steps, index: int, user: str, given: dict[str, Any]) -> str:
        """Run a user's steps; the token that one of them gave, or nothing."""
        token = ""
        for step in self._users:
            answer = steps.run(step, {"index": index, "user": user, **given})
            token = step.token.text(answer) if step.token else token
        return token

    def _room_id(self, steps: _Steps, name: str, values: dict[str, Any]) -> str:
        """Run a room's steps; the id that one of them gave, or its name."""
        for step in self._rooms:
            answer = steps.run(step, values)
            name = step.room.text(answer) if step.room else name
        return name


class _Steps:
    """Runs steps over connections that are made when they are first needed."""

    def __init__(
        self, stack: ExitStack, endpoint: Endpoint, ws: str, headers: dict[str, str], timeout_s: float
    ) -> None:
        self._stack = stack
        self._endpoint = endpoint
        self._tls = trusting(endpoint)
        self._ws = ws
        self._headers = headers
        self._timeout_s = timeout_s
        self._heard: Any = None
        self._http: httpx.Client | None = None
        self._link: ClientConnection | None = None

    def run(self, step: _Step, values: dict[str, Any]) -> Any:
        """Ask, and return the answer's JSON. Raises `DriverError`."""
        said, self._heard = step.asking.said(**values), None
        try:
            value = self._over_http(said) if isinstance(said, Request) else self._over_link(said, step.ok)
        except (httpx.HTTPError, OSError, WebSocketException) as problem:
            why = str(problem) or type(problem).__name__
            last = "" if self._heard is None else f"; the last that came is {_quoted(self._heard)}, which is not ok"
            raise DriverError(f"{step.key} failed: {why}{last}.") from problem
        except msgspec.DecodeError as problem:
            raise DriverError(f"{step.key} was answered with something that is no JSON.") from problem
        if step.ok and not step.ok.holds(value):
            raise DriverError(f"{step.key} was answered with {_quoted(value)}, which is not ok.")
        return value

    def _over_http(self, request: Request) -> Any:
        if self._http is None:
            self._http = self._stack.enter_context(
                httpx.Client(
                    base_url=self._endpoint.http, verify=self._tls or True, timeout=self._timeout_s, trust_env=False,
                    headers=self._headers,
                )
            )  # fmt: skip
        answer = self._http.request(request.method, request.path, json=request.json).raise_for_status().content
        return msgspec.json.decode(answer) if answer else None

    def _over_link(self, frame: str | bytes, ok: Expression) -> Any:
        """The first frame that is ok; where nothing says what that is, the first one. The last one if none is."""
        if self._link is None:
            self._link = self._stack.enter_context(
                connect(
                    self._ws, ssl=self._tls if self._ws.startswith("wss:") else None, proxy=None,
                    additional_headers=self._headers, compression=None, open_timeout=self._timeout_s,
                )
            )  # fmt: skip
        self._link.send(frame)
        for _ in range(OTHER_FRAMES):
            self._heard = msgspec.json.decode(self._link.recv(timeout=self._timeout_s, decode=False))
            if not ok or ok.holds(self._heard):
                break
        return self._heard


def _quoted(value: Any) -> str:
    """What came, shortened."""
    return str(value)[:QUOTED]
