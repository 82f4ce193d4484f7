"""The tables of a declarative driver, as they stand in its TOML file.

Two kinds of values: *templates* are what is written, any JSON as TOML has it, with `{placeholders}` in its texts; a
text that is one placeholder and nothing else keeps that value's type. *Expressions* are JMESPath over what is read.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template: `frame` to write to the WebSocket, or an HTTP request with `path` and perhaps `json`."""

    frame: Any = None
    method: str = "GET"
    path: str = ""
    json: Any = None


class Step(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of provisioning, with what its answer is needed for.

    Attributes:
        ok: an expression that must be true of the answer, where it is given.
        token: for users, an expression: the credential.
        room: for rooms, an expression: the target's id.
    """

    ok: str = ""
    token: str = ""
    room: str = ""


class Provision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How users and rooms come to be: names from templates, then the steps for each of them, in order.

    Placeholders: `{index}` `{run}` (differs from run to run) `{secret}`; for users `{user}`, for tokens `{device}` too;
    for rooms `{room}` `{members}` (a list) `{owner}` `{owner_token}`.

    Attributes:
        ws: the WebSocket URL that steps with a `frame` use; each is answered by the next frame that is `ok`.
        headers: of that link, and of every step with a `path`. Both know `{run}` and `{secret}`.
    """

    user: str = "user{index}"
    token: str = "{user}"
    room: str = "room{index}-{run}"
    ws: str = "{ws}"
    headers: dict[str, str] = {}
    users: tuple[Step, ...] = ()
    rooms: tuple[Step, ...] = ()


class Connect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a device connects. Placeholders: `{ws}` `{user}` `{token}` `{device}`."""

    url: str = "{ws}"
    headers: dict[str, str] = {}


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a device logs in: `frames` to write, and when it is accepted or not.

    Attributes:
        welcome: an expression: the session is accepted. Without it and without frames it is as soon as it is open.
        denied: an expression: the reason, where the credential is refused.
        follow: frames after the welcome, once for each `{room}`.
    """

    frames: tuple[Any, ...] = ()
    welcome: str = ""
    denied: str = ""
    follow: tuple[Any, ...] = ()


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to what was asked: `when` it is one, the `ref` that it names (without: the oldest open one), and more.

    Attributes:
        id: of an acknowledged message.
        duplicate: the target had this key before.
        code: why something was refused.
        definite: whether a refusal certainly had no effect.
        overloaded: an expression: the refusal asks to try again later.
    """

    when: str
    ref: str = ""
    id: str = ""
    duplicate: str = ""
    code: str = ""
    definite: bool = True
    overloaded: str = ""


class Arrival(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message, in a push or on a page: expressions over it, or over each item of the list `each`."""

    when: str = ""
    each: str = ""
    room: str = ""
    id: str
    text: str
    user: str = ""


class History(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pages are asked for and read.

    Placeholders: `{room}` `{after}` `{before}` `{limit}` `{ref}`. `backward` asks for the newest ones below `{before}`,
    which is 0 for the newest of all.

    Attributes:
        when, ref: for pages that come as frames.
        each: the messages of a page.
        more: an expression: more messages follow.
    """

    forward: Ask
    backward: Ask | None = None
    when: str = ""
    ref: str = ""
    each: str
    id: str
    text: str
    user: str = ""
    more: str
    newest_first: bool = False


class Receipts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Markers: how one is set, and read. Placeholders: `{room}` `{message}` `{what}` (delivered, read) `{ref}`."""

    mark: Ask
    when: str = ""
    room: str = ""
    user: str = ""
    delivered: str = ""
    read: str = ""


class Presence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Presence: how it is set, watched and read. Placeholders: `{state}` `{ref}`; for `watch` `{user}`, once each."""

    show: Ask
    watch: tuple[Any, ...] = ()
    when: str = ""
    user: str = ""
    online: str = ""
    version: str = ""


class Declaration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file. `send` has the placeholders `{room}` `{text}` `{key}` `{ref}` and, as a text, `{ref_text}`."""

    name: str
    claims: dict[str, Any] = {}
    acknowledged: Literal["answer", "echo"] = "answer"
    quiet_s: float = 15.0
    provision: Provision = Provision()
    connect: Connect = Connect()
    login: Login = Login()
    send: Ask
    accepted: Answer | None = None
    refused: Answer | None = None
    message: Arrival
    history: History | None = None
    receipts: Receipts | None = None
    presence: Presence | None = None
    ping: Any = None
