"""docs/PROTOCOL.md, generated from the types that both sides decode with and from the error table.

`python -m chatproof.protocol.document` prints it; a test says that the committed file agrees.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from chatproof.protocol import frames, limits
from chatproof.protocol.errors import ERRORS, CloseCode

_INTRODUCTION = """\
# Protocol `chat.v1+json`

Generated from `chatproof/protocol`; do not edit. `python -m chatproof.protocol.document > docs/PROTOCOL.md`

## The link

One WebSocket at `/v1/ws`, text frames, one or several JSON objects per frame, separated by newlines.

- Request: `{"id":n,"<command>":{…}}` with exactly one command and an id that the client chooses.
- Reply: `{"id":n,"ok":{…}}` or `{"id":n,"error":{…}}`; one per request, in any order.
- Push: `{"<push>":{…}}`, without an id.

`hello` comes first. A stream is a conversation's id, or `me` for the caller's own stream; its events have contiguous
`seq` from 1, and a cursor is `(epoch, seq)`. What a client may not see, or was too slow for, is named by a `gap`, so
that contiguity stays arithmetic. The reply to `sub` comes before the events that it asks for, `live` after them.
Every durable command carries a key `u`, a UUIDv7; asked again with the same key, it returns the first outcome.

The HTTP face has the same outcomes and errors; its OpenAPI document is at `/schema/openapi.json`.
"""

_CODES = {
    "DRAIN": "The node is shutting down, or could not keep a promise to this session.",
    "SLOW_CONSUMER": "The client does not read what it is sent.",
    "HEARTBEAT": "Nothing was heard for the session's heartbeat.",
    "REPLACED": "The same device opened another session.",
    "UNAUTHORIZED": "The token is not good, or no longer.",
    "BAD_FRAME": "A frame was not newline-separated requests.",
    "HELLO_EXPECTED": "The first command was not hello, or did not come in time.",
}


def protocol_document() -> str:
    """The whole text of docs/PROTOCOL.md."""
    sections = [_INTRODUCTION, *_commands(), *_pushes(), *_shared(), *_error_table(), *_close_codes(), *_limits()]
    return "\n".join(sections).rstrip() + "\n"


# --- frames -------------------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for name in frames.COMMANDS:
        command, reply = _member(frames.Request, name), frames.REPLIES[name]
        yield f"### `{name}`\n\n{_sentence(command)}\n"
        yield from _field_table(command)
        yield f"Reply `{reply.__name__}`: {_sentence(reply)}\n"
        yield from _field_table(reply)


def _pushes() -> Iterator[str]:
    yield "## Pushes\n"
    for name in frames.PUSHES:
        push = _member(frames.FromServer, name)
        yield f"### `{name}`\n\n{_sentence(push)}\n"
        yield from _field_table(push)


def _shared() -> Iterator[str]:
    yield "## Parts\n"
    for part in (frames.Cursor, frames.Head, frames.Marker, frames.PresenceItem, frames.ErrorBody):
        yield f"### `{part.__name__}`\n\n{_sentence(part)}\n"
        yield from _field_table(part)


def _member(union: type[Struct], name: str) -> type[Struct]:
    """The type of one member of a union such as `Request`."""
    hint = typing.get_type_hints(union)[name]
    (member,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
    assert issubclass(member, Struct)
    found: type[Struct] = member
    return found


def _field_table(struct: type[Struct]) -> Iterator[str]:
    hints = typing.get_type_hints(struct, include_extras=True)
    fields = msgspec.structs.fields(struct)
    if not fields:
        return
    yield "| field | type | default |\n|---|---|---|"
    for field in fields:
        default = "required" if field.required else f"`{_json(field.default)}`"
        yield f"| `{field.encode_name}` | {type_text(hints[field.name])} | {default} |"
    yield ""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def type_text(hint: Any) -> str:
    """A type as a reader of JSON says it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return type_text(arguments[0]) + _bounds(arguments[1:])
    if origin is Literal:
        return " or ".join(f"`{_json(value)}`" for value in arguments)
    if origin is tuple:
        return f"array of {type_text(arguments[0])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_text(one) for one in arguments)
    names: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", types.NoneType: "null"}
    return names.get(hint) or f"`{hint.__name__}`"


def _bounds(annotations: Iterable[object]) -> str:
    texts = []
    for meta in annotations:
        assert isinstance(meta, Meta)
        texts += [
            f"{word} {value}"
            for word, value in (
                ("≥", meta.ge), ("≤", meta.le), ("at least", meta.min_length), ("at most", meta.max_length),
            )
            if value is not None
        ]  # fmt: skip
    return f" ({', '.join(texts)})" if texts else ""


def _sentence(thing: type) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


# --- tables -------------------------------------------------------------------------------------------------------


def _error_table() -> Iterator[str]:
    yield (
        "## Errors\n\n*Definite*: this attempt certainly had no effect and never will have one. "
        "Everything else is unknown until a retry with the same key, or a sighting, settles it.\n"
    )
    yield "| code | meaning | definite | retry | HTTP |\n|---|---|---|---|---|"
    for code, meaning in ERRORS.items():
        definite = "yes" if meaning.definite else "no"
        yield f"| `{code}` | {meaning.sentence} | {definite} | {meaning.retry.value} | {meaning.http_status} |"
    yield ""


def _close_codes() -> Iterator[str]:
    yield "## Close codes\n\n3000 to 3499: reconnect. 3500 and above: do not.\n"
    yield "| code | when |\n|---|---|"
    for name, sentence in _CODES.items():
        yield f"| {getattr(CloseCode, name)} | {sentence} |"
    yield ""


def _limits() -> Iterator[str]:
    yield "## Limits\n"
    yield "| limit | value | why |\n|---|---|---|"
    source = inspect.getsource(limits)
    for name, reason in re.findall(r'^([A-Z_]+) = [^\n]*\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL):
        yield f"| `{name}` | {getattr(limits, name)} | {' '.join(reason.split())} |"
    yield ""


if __name__ == "__main__":
    print(protocol_document(), end="")
