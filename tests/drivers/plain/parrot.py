"""A dialect for tests: JSON with one letter per key, and what a session did as a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from chatproof.drivers.interface import DeviceSpec, Operation, Provisioned, Roster
from chatproof.drivers.plain import (
    Accepted,
    Denied,
    Dialect,
    Me,
    Message,
    Page,
    PageWanted,
    Post,
    Refused,
    Request,
    Response,
    Welcome,
    Word,
)
from chatproof.drivers.plain.driver import PlainDriver
from chatproof.drivers.plain.session import PlainSession
from chatproof.protocol.bodies import body_of

SECOND_NS = 1_000_000_000
PROVISIONED = Provisioned({0: "ann", 1: "bob"}, {0: "t0", 1: "t1"}, {0: "tea", 1: "pub"})


class Parrot(Dialect):
    """Says everything back."""

    name = "parrot"

    def __init__(self, *, http: bool = False, **claims: Any) -> None:
        self.claims: Mapping[str, Any] = {"echo": "all", "history": True, **claims}
        self._http = http

    def open(self, me: Me) -> list[str]:
        return [f"login {me.token}"]

    def send(self, me: Me, post: Post) -> str | Request:
        if self._http:
            return Request("POST", "/say", {"text": post.text})
        return f"say {post.ref} {post.text}"

    def history(self, me: Me, page: PageWanted) -> str:
        return f"page {page.ref} {page.room} {page.after} {page.before} {page.limit}"

    def answered(self, me: Me, asked: Any, answer: Response) -> Iterable[Word]:
        yield Accepted(asked.ref, answer.json()["id"])

    def heard(self, me: Me, frame: bytes) -> Iterable[Word]:
        match msgspec.json.decode(frame):
            case "hi":
                yield Welcome()
            case "bye":
                yield Denied("it has expired")
            case ["ok", ref, number]:
                yield Accepted(ref, number)
            case ["no", ref, code, definite]:
                yield Refused(ref, code, definite)
            case ["m", room, number, text]:
                yield Message(room, number, text, "bob")
            case ["page", ref, numbers, more]:
                yield Page(ref, [Message("", number, f"old {number}", "bob") for number in numbers], more)


class Table:
    """A session with its clock: frames go in, observations come out."""

    def __init__(self, dialect: Dialect) -> None:
        driver = PlainDriver(dialect)
        roster = Roster(2, (DeviceSpec(0, 0, "link-0"),), ())
        made = driver.session(device=DeviceSpec(0, 0, "link-0"), roster=roster, provisioned=PROVISIONED, seed=1)
        self.session: PlainSession = made
        self.session.follow([0, 1], [])
        self.now_ns = 0

    def connect(self) -> list[Any]:
        """Bring a link up and have the login accepted."""
        self.session.link_up(self.now_ns)
        self.written()
        return self.hear("hi")

    def hear(self, *values: Any) -> list[Any]:
        """Frames come in."""
        return [
            seen for value in values for seen in self.session.receive(msgspec.json.encode(value), self.now_ns)
        ]

    def written(self) -> list[str]:
        """What is written now."""
        return [outgoing.frame.decode() for outgoing in self.session.outgoing(self.now_ns)]

    def send(self, number: int, give_up_s: float = 60.0) -> Operation:
        """A message is to be sent."""
        operation = Operation(number, "send", 0, f"key-{number}", body_of(1, number))
        assert self.session.do(operation, self.now_ns, self.now_ns + round(give_up_s * SECOND_NS))
        return operation

    def wait(self, seconds: float) -> list[Any]:
        """Time passes."""
        self.now_ns += round(seconds * SECOND_NS)
        return list(self.session.tick(self.now_ns))

    def lose(self) -> list[Any]:
        """The link is lost."""
        return list(self.session.link_down(self.now_ns, 1006, clean=False))
