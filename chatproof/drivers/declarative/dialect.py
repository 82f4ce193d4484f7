"""A declarative file as a dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from chatproof.drivers.declarative.asking import Asking, encoded
from chatproof.drivers.declarative.declaration import Answer, Declaration
from chatproof.drivers.declarative.expressions import Expression
from chatproof.drivers.declarative.provisioning import Provisioning
from chatproof.drivers.declarative.templates import Template
from chatproof.drivers.errors import DriverUnknown
from chatproof.drivers.interface import Endpoint, Provisioned, Roster
from chatproof.drivers.plain.dialect import Dialect, Said
from chatproof.drivers.plain.words import (
    Accepted,
    Denied,
    Mark,
    Marked,
    Me,
    Message,
    Page,
    PageWanted,
    Post,
    Present,
    Refused,
    Response,
    Welcome,
    Word,
)

_ME = ("user", "token", "device")


def read_declaration(path: Path, options: Mapping[str, Any]) -> Dialect:
    """The dialect that a file declares. Raises `DriverUnknown` with the key of what is wrong."""
    if options:
        raise DriverUnknown(f"The driver {path.name} takes no options: write them into the file.")
    try:
        declared = msgspec.toml.decode(path.read_bytes(), type=Declaration)
    except OSError as problem:
        raise DriverUnknown(f"The driver {path} cannot be read: {problem.strerror}.") from problem
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise DriverUnknown(f"In {path.name}: {problem}.") from problem
    return DeclarativeDialect(path.name, declared)


class _Answer:
    """An answer's expressions, compiled."""

    def __init__(self, file: str, key: str, answer: Answer | None) -> None:
        given = answer or Answer(when="")
        self.when, self.ref, self.id, self.duplicate, self.code, self.overloaded = (
            Expression(file, f"{key}.{name}", getattr(given, name))
            for name in ("when", "ref", "id", "duplicate", "code", "overloaded")
        )
        self.definite = given.definite

    def ref_in(self, value: Any) -> int | None:
        """The reference that an answer names."""
        return self.ref.integer(value) if self.ref else None


class _Items:
    """Messages in a frame or page, their expressions compiled."""

    def __init__(self, file: str, key: str, declared: Any) -> None:
        self.each, self.room, self.id, self.text, self.user = (
            Expression(file, f"{key}.{name}", getattr(declared, name, ""))
            for name in ("each", "room", "id", "text", "user")
        )

    def messages(self, value: Any) -> Iterator[Message]:
        """The messages; on a page none names its room."""
        for item in self.each.items(value):
            room = self.room.text(item) if self.room else ""
            user = self.user.text(item) if self.user else ""
            yield Message(room, self.id.integer(item), self.text.text(item), user)


class DeclarativeDialect(Dialect):
    """See `plain.Dialect`. Everything is checked and compiled when the file is read."""

    def __init__(self, file: str, declared: Declaration) -> None:
        self.name = declared.name
        self.claims = declared.claims
        self.ack_by_echo = declared.acknowledged == "echo"
        self.quiet_s = declared.quiet_s
        self.reads_backward = declared.history is not None and declared.history.backward is not None
        self._file = file
        self._provisioning = Provisioning(file, declared.provision)
        self._url = Template(file, "connect.url", declared.connect.url, ("ws", *_ME))
        self._headers = Template(file, "connect.headers", declared.connect.headers, _ME)
        self.greets = bool(declared.login.welcome)
        self._login = [Template(file, "login.frames", frame, _ME) for frame in declared.login.frames]
        self._follow = [Template(file, "login.follow", frame, (*_ME, "room")) for frame in declared.login.follow]
        self._welcome = Expression(file, "login.welcome", declared.login.welcome)
        self._denied = Expression(file, "login.denied", declared.login.denied)
        self._send = Asking(file, "send", declared.send, (*_ME, "room", "text", "key", "ref", "ref_text"))
        self._accepted = _Answer(file, "accepted", declared.accepted)
        self._refused = _Answer(file, "refused", declared.refused)
        self._pushed = Expression(file, "message.when", declared.message.when)
        self._message = _Items(file, "message", declared.message)
        self._ping = None if declared.ping is None else Template(file, "ping", declared.ping, (*_ME, "ref"))
        for table in ("history", "receipts", "presence"):
            if declared.claims.get(table) and getattr(declared, table) is None:
                raise DriverUnknown(f"In {file}: claims.{table} is true and there is no table [{table}].")
        self._declare_history(file, declared)
        self._declare_state(file, declared)
        if not declared.message.when or not declared.message.room:
            raise DriverUnknown(f"In {file}: message needs when and room: which frames are messages, and where.")
        if declared.accepted is None and not self.ack_by_echo and declared.send.frame is not None:
            raise DriverUnknown(f"In {file}: [accepted] is missing: what an answer to a message looks like.")

    def _declare_history(self, file: str, declared: Declaration) -> None:
        """Pages, where there are any."""
        if declared.history is None:
            return
        known = (*_ME, "room", "after", "before", "limit", "ref", "ref_text")
        history = declared.history
        self._forward = Asking(file, "history.forward", history.forward, known)
        self._backward = None if history.backward is None else Asking(file, "history.backward", history.backward, known)
        self._paged = Expression(file, "history.when", history.when)
        self._page_ref = Expression(file, "history.ref", history.ref)
        self._more = Expression(file, "history.more", history.more)
        self._items = _Items(file, "history", history)
        self._newest_first = history.newest_first

    def _declare_state(self, file: str, declared: Declaration) -> None:
        """Receipts and presence, where there are any."""
        receipts, presence = declared.receipts, declared.presence
        self._watch: list[Template] = []
        if receipts is not None:
            known = (*_ME, "room", "message", "what", "ref", "ref_text")
            self._mark = Asking(file, "receipts.mark", receipts.mark, known)
        if presence is not None:
            self._show = Asking(file, "presence.show", presence.show, (*_ME, "state", "ref", "ref_text"))
            self._watch = [Template(file, "presence.watch", frame, ("user",)) for frame in presence.watch]
        self._markers = {
            name: Expression(file, f"receipts.{name}", getattr(receipts, name, ""))
            for name in ("when", "room", "user", "delivered", "read")
        }
        self._presence = {
            name: Expression(file, f"presence.{name}", getattr(presence, name, ""))
            for name in ("when", "user", "online", "version")
        }

    # --- writing ------------------------------------------------------------------------------------------------------

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """See the interface."""
        return await self._provisioning.run(endpoint, roster, secret)

    def url(self, ws: str, me: Me) -> str:
        """See `Dialect`."""
        return str(self._url.fill(ws=ws, **_me(me)))

    def headers(self, me: Me) -> Mapping[str, str]:
        """See `Dialect`."""
        return {name: str(value) for name, value in self._headers.fill(**_me(me)).items()}

    def open(self, me: Me) -> Sequence[str | bytes]:
        """See `Dialect`."""
        return [encoded(frame.fill(**_me(me))) for frame in self._login]

    def follow(self, me: Me, rooms: Sequence[str], watched: Sequence[str]) -> Sequence[str | bytes]:
        """See `Dialect`."""
        follows = [encoded(frame.fill(room=room, **_me(me))) for room in rooms for frame in self._follow]
        return [*follows, *(encoded(frame.fill(user=user)) for user in watched for frame in self._watch)]

    def send(self, me: Me, post: Post) -> Said:
        """See `Dialect`."""
        return self._send.said(
            room=post.room, text=post.text, key=post.key, ref=post.ref, ref_text=str(post.ref), **_me(me)
        )

    def mark(self, me: Me, mark: Mark) -> Said:
        """See `Dialect`."""
        return self._mark.said(
            room=mark.room, message=mark.message, what=mark.what, ref=mark.ref, ref_text=str(mark.ref), **_me(me)
        )

    def show(self, me: Me, ref: int, state: Literal["online", "offline"]) -> Said:
        """See `Dialect`."""
        return self._show.said(state=state, ref=ref, ref_text=str(ref), **_me(me))

    def history(self, me: Me, page: PageWanted) -> Said:
        """See `Dialect`."""
        asking = self._backward if page.backward and self._backward is not None else self._forward
        return asking.said(
            room=page.room, after=page.after, before=page.before, limit=page.limit, ref=page.ref,
            ref_text=str(page.ref), **_me(me),
        )  # fmt: skip

    def ping(self, me: Me, ref: int) -> str | bytes | None:
        """See `Dialect`."""
        return None if self._ping is None else encoded(self._ping.fill(ref=ref, **_me(me)))

    # --- reading ------------------------------------------------------------------------------------------------------

    def heard(self, me: Me, frame: bytes) -> Iterable[Word]:  # noqa: ARG002
        """See `Dialect`. A frame that is no JSON is of no interest."""
        try:
            value = msgspec.json.decode(frame)
        except msgspec.DecodeError:
            return ()
        return list(self._words(value))

    def _words(self, value: Any) -> Iterator[Word]:
        if self._denied.holds(value):
            yield Denied(str(self._denied.find(value)))
        if self._welcome.holds(value):
            yield Welcome()
        if self._pushed.holds(value):
            yield from self._message.messages(value)
        yield from self._answers(value)
        if self.claims.get("history") and self._paged.holds(value):
            yield Page(self._page_ref.integer(value), *self._page(value))
        if self._markers["when"].holds(value):
            yield self._marked(value)
        if self._presence["when"].holds(value):
            yield self._present(value)

    def _answers(self, value: Any) -> Iterator[Word]:
        """Whether something was accepted or refused."""
        if self._accepted.when.holds(value):
            number = self._accepted.id.integer(value) if self._accepted.id else 0
            yield Accepted(self._accepted.ref_in(value), number, self._accepted.duplicate.holds(value))
        if self._refused.when.holds(value):
            code = "overloaded" if self._refused.overloaded.holds(value) else "refused"
            if code == "refused" and self._refused.code:
                code = self._refused.code.text(value)
            yield Refused(self._refused.ref_in(value), code, self._refused.definite)

    def answered(self, me: Me, asked: Post | Mark | PageWanted, answer: Response) -> Iterable[Word]:  # noqa: ARG002
        """See `Dialect`."""
        if isinstance(asked, PageWanted):
            return [Page(asked.ref, *self._page(answer.json()))]
        value = answer.json() if answer.body else {}
        number = self._accepted.id.integer(value) if self._accepted.id and isinstance(asked, Post) else 0
        return [Accepted(asked.ref, number, self._accepted.duplicate.holds(value))]

    def _page(self, value: Any) -> tuple[list[Message], bool, bool]:
        """The messages of a page, whether more follow, and whether the newest stands first."""
        return list(self._items.messages(value)), self._more.holds(value), self._newest_first

    def _marked(self, value: Any) -> Marked:
        delivered, read = (
            self._markers[name].integer(value) if self._markers[name] else 0 for name in ("delivered", "read")
        )
        return Marked(self._markers["room"].text(value), self._markers["user"].text(value), delivered, read)

    def _present(self, value: Any) -> Present:
        version = self._presence["version"].integer(value) if self._presence["version"] else 0
        state: Literal["online", "offline"] = "online" if self._presence["online"].holds(value) else "offline"
        return Present(self._presence["user"].text(value), state, version)


def _me(me: Me) -> dict[str, Any]:
    return {"user": me.user, "token": me.token, "device": me.dev}
