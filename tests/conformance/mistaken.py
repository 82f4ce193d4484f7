"""Drivers of the foreign example server, each with one mistake that people make."""

import importlib.util
import json
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from chatproof.drivers import plain
from chatproof.drivers.plain.driver import PlainDriver

FOREIGN = Path(__file__).resolve().parents[2] / "examples" / "foreign_server"
_described = importlib.util.spec_from_file_location("foreign_driver", FOREIGN / "driver.py")
assert _described is not None
assert _described.loader is not None
_module = importlib.util.module_from_spec(_described)
_described.loader.exec_module(_module)
Right: type[plain.Dialect] = _module.Driver


def claiming(**more: Any) -> dict[str, Any]:
    """The right claims, and more."""
    return {**Right.claims, **more}


class Misspelt(Right):
    """A claim that there is not."""

    claims = claiming(dense_id=True)


class OfAnotherType(Right):
    """A claim with a value that it cannot have."""

    claims = claiming(idempotent_window_s=True)


class Broken(Right):
    """Its provisioning has a bug."""

    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> plain.Provisioned:
        raise KeyError("users")


class ReadsNoWelcome(Right):
    """The login is accepted and it does not notice."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        return (word for word in super().heard(me, frame) if not isinstance(word, plain.Welcome))


class ReadsNoAck(Right):
    """Nothing that it sends is ever acknowledged."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        return (word for word in super().heard(me, frame) if not isinstance(word, plain.Accepted))


class NamesNoQuestion(Right):
    """Its acknowledgements lead to nothing that was asked."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        for word in super().heard(me, frame):
            yield word._replace(ref=word.ref + 1000) if isinstance(word, plain.Accepted) and word.ref else word


class MixesAcksUp(Right):
    """The id of an acknowledgement is another message's."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        for word in super().heard(me, frame):
            yield word._replace(id=word.id + 1) if isinstance(word, plain.Accepted) else word


class ReadsNoMessage(Right):
    """Nothing ever arrives."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        return (word for word in super().heard(me, frame) if not isinstance(word, plain.Message))


class AltersAsItWrites(Right):
    """Somebody wanted it pretty."""

    def send(self, me: plain.Me, post: plain.Post) -> str:
        return str(super().send(me, post._replace(text=post.text.title())))


class AltersAsItReads(Right):
    """The same, on the way back."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        for word in super().heard(me, frame):
            yield word._replace(text=word.text.upper()) if isinstance(word, plain.Message) else word


class ClaimsDenseIds(Right):
    """The server counts all rooms with one counter."""

    claims = claiming(dense_ids=True)


class ClaimsRepeats(Right):
    """The server recognises nothing."""

    claims = claiming(idempotent_window_s=60)


class ClaimsNoEcho(Right):
    """The server tells everybody, the author too."""

    claims = claiming(echo="none")


class ClaimsMoreThanADialectCan(Right):
    """A resume needs cursors, which words do not have."""

    claims = claiming(resume=True)


class ClaimsResume(PlainDriver):
    """A whole driver, so it may; but the server sends nothing again."""

    def __init__(self) -> None:
        super().__init__(Right())

    @property
    def claims(self) -> dict[str, Any]:
        return claiming(resume=True)


class ClaimsReceipts(Right):
    """And has nothing to say them with."""

    claims = claiming(receipts=True)


class ReadsNoPage(Right):
    """It asks for history and does not read it."""

    def answered(self, me: plain.Me, asked: Any, answer: plain.Response) -> Iterable[plain.Word]:
        return ()


class MisreadsPages(Right):
    """The field has another name."""

    def answered(self, me: plain.Me, asked: Any, answer: plain.Response) -> Iterable[plain.Word]:
        yield plain.Page(asked.ref, answer.json()["messages"], False)


class ReadsPagesBackwards(Right):
    """The newest message comes first, and it does not say so."""

    def answered(self, me: plain.Me, asked: Any, answer: plain.Response) -> Iterable[plain.Word]:
        for page in super().answered(me, asked, answer):
            yield page._replace(messages=page.messages[::-1])  # type: ignore[union-attr]


class EndsHistoryEarly(Right):
    """Each page is the last one."""

    def answered(self, me: plain.Me, asked: Any, answer: plain.Response) -> Iterable[plain.Word]:
        for page in super().answered(me, asked, answer):
            yield page._replace(more=False)


class ReadsNoRefusal(Right):
    """A wrong credential meets silence."""

    def heard(self, me: plain.Me, frame: bytes) -> Iterable[plain.Word]:
        return (word for word in super().heard(me, frame) if not isinstance(word, plain.Denied))


class SendsNoCredential(Right):
    """It logs in with what it knows anyway."""

    def open(self, me: plain.Me) -> list[str]:
        return [json.dumps({"do": "login", "name": me.user, "password": f"{me.user}!"})]


class ProvisionsStaleCredentials(Right):
    """As if they had expired before the run."""

    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> Any:
        made: Any = super().provision(endpoint, roster, secret)
        return plain.Provisioned(made.users, dict.fromkeys(made.tokens, "expired"), made.conversations)


class Offline(Right):
    """It needs nothing to provision."""

    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> plain.Provisioned:
        users = {user: f"user{user}" for user in range(roster.users)}
        rooms = {each.conv: f"room{each.conv}" for each in roster.conversations}
        return plain.Provisioned(users, {each.dev: "secret" for each in roster.devices}, rooms)


class Connecting(Offline):
    """It looks at the target first, and trusts whom the configuration names."""

    def provision(self, endpoint: plain.Endpoint, roster: plain.Roster, secret: str) -> plain.Provisioned:
        with connect(endpoint.ws, ssl=ssl.create_default_context(cafile=endpoint.ca or None), proxy=None):
            return super().provision(endpoint, roster, secret)
