"""What a log holds: the tagged union of records, and their one encoding (msgpack arrays).

A field may be added at the end of a record with a default; everything else needs a new fold version.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from chatproof.protocol import limits
from chatproof.reference_server.core.commands import ChangeMembership, Create, Mark, SendMessage

KeyedCommand = Create | SendMessage | ChangeMembership
"""Commands whose first outcome is remembered by (conversation, user, key)."""

FOLD_VERSION = 1
"""The behaviour that this code implements; a log that asks for another one stops the partition."""


class CommandRecord(Struct, frozen=True, array_like=True, gc=False, tag="c"):
    """A keyed command. Appended later than `not_after_ns` (log time) it is void."""

    command: KeyedCommand
    not_after_ns: int


class MarksRecord(Struct, frozen=True, array_like=True, tag="m"):
    """Register raises of many users, merged by the node within one window; void after `not_after_ns`."""

    marks: tuple[Mark, ...]
    not_after_ns: int


class Tick(Struct, frozen=True, array_like=True, gc=False, tag="t"):
    """Nothing but the time: shows that the log moves, so that a node knows how old its knowledge is."""


class ForgetBefore(Struct, frozen=True, array_like=True, gc=False, tag="f"):
    """Evicts remembered keys whose UUIDv7 time (Unix ms) is before `time_ms`; such keys are refused from now on."""

    time_ms: int


class EpochBump(Struct, frozen=True, array_like=True, gc=False, tag="e"):
    """History was lost or restored: cursors of an earlier epoch never recover."""

    epoch: int


class FoldVersion(Struct, frozen=True, array_like=True, gc=False, tag="v"):
    """From here on the fold behaves as this version says. The first record of every partition."""

    version: int


class OwnCopy(Struct, frozen=True, array_like=True, gc=False, tag="o"):
    """A membership fact of (conv, seq), copied into the affected user's own stream; idempotent by (conv, seq)."""

    user: str
    conv: str
    seq: int
    kind: Literal["joined", "left"]
    by: str


class Copied(Struct, frozen=True, array_like=True, gc=False, tag="d"):
    """All own streams have folded the copies of (conv, seq): its outbox entries can go."""

    conv: str
    seq: int


class SetLimits(Struct, frozen=True, array_like=True, gc=False, tag="l"):
    """The limits that the fold decides with: records, not configuration, so that every node decides alike."""

    max_members: int = limits.MAX_MEMBERS
    max_body_bytes: int = limits.MAX_BODY_BYTES


Record = CommandRecord | MarksRecord | Tick | ForgetBefore | EpochBump | FoldVersion | OwnCopy | Copied | SetLimits

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """The bytes of a record, as the log holds them."""
    return _encoder.encode(record)


def decode(payload: bytes) -> Record:
    """The record of these bytes. Raises `msgspec.DecodeError` for what this version does not know."""
    return _decoder.decode(payload)
