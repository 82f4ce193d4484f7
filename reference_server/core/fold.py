"""The fold: what each record of a partition means.

`apply` is total and deterministic: the same records give the same states and outcomes on every node. It mutates the
state in place (its caller is the only owner) and touches nothing else of the world.

Order of decisions for a keyed command: `not_after`, dedupe, age and form of the key, then membership and policy.

    Exception
    └── FoldError            this log cannot be folded here: the partition stops, nothing is skipped
        ├── UnknownVersion   the log asks for another fold, or names none
        └── OutOfOrder       an offset is missing or repeated
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from chatproof.protocol.keys import uuid7_time_ms
from chatproof.reference_server.core import decisions, own_streams, registers
from chatproof.reference_server.core.commands import Answer, ChangeMembership, Create, Refused, SendMessage
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.memory import Remembered, digest_of
from chatproof.reference_server.core.records import (
    FOLD_VERSION,
    CommandRecord,
    Copied,
    EpochBump,
    FoldVersion,
    ForgetBefore,
    KeyedCommand,
    MarksRecord,
    OwnCopy,
    Record,
    SetLimits,
    Tick,
)
from chatproof.reference_server.core.state import PartitionState


class FoldError(Exception):
    """This log cannot be folded by this code."""


class UnknownVersion(FoldError):
    """The log asks for a fold behaviour that this code does not have."""


class OutOfOrder(FoldError):
    """The record does not follow the last one folded."""


class Fold(Protocol):
    """The type of `apply`: what a host folds with."""

    def __call__(self, state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
        """Fold one record into the state. Raises `FoldError`."""
        ...


def apply(state: PartitionState, record: Record, offset: int, append_time_ns: int) -> Applied:
    """Fold the record at `offset`, appended at Unix `append_time_ns`, into `state`. Raises `FoldError`."""
    if offset != state.offset + 1:
        raise OutOfOrder(f"offset {offset} after {state.offset}")
    if state.version != FOLD_VERSION and not isinstance(record, FoldVersion):
        raise UnknownVersion(f"the log names version {state.version}, this fold is {FOLD_VERSION}")
    state.offset = offset
    state.time_ns = max(state.time_ns, append_time_ns)
    return _APPLY[type(record)](state, record)


# --- keyed commands ---------------------------------------------------------------------------------------------

_EXPIRED = Answer(Refused("expired"))
_DIFFERENT_BODY = Applied((Answer(Refused("different_body")),))
_BAD_KEY = Applied((Answer(Refused("bad_key")),))
_STALE_KEY = Applied((Answer(Refused("stale_key")),))


def _command(state: PartitionState, record: CommandRecord) -> Applied:
    if state.time_ns > record.not_after_ns:
        return Applied((_EXPIRED,))
    command = record.command
    digest = digest_of(command)
    remembered = state.memory.recall(command.conv, command.user, command.u)
    if remembered is None:
        return _first(state, command, digest)
    if remembered.digest != digest:
        return _DIFFERENT_BODY
    return Applied((Answer(remembered.outcome, duplicate=True),))


def _first(state: PartitionState, command: KeyedCommand, digest: bytes) -> Applied:
    """Decide a key that nothing is remembered of. A bad or stale key needs no memory: it stays bad or stale."""
    key_time_ms = uuid7_time_ms(command.u)
    if key_time_ms is None:
        return _BAD_KEY
    if key_time_ms < state.forget_before_ms:
        return _STALE_KEY
    decision = _DECIDE[type(command)](state, command)
    state.memory.remember(command.conv, command.user, command.u, Remembered(digest, decision.outcome))
    answer = Answer(decision.outcome, decision.repeated)
    return Applied((answer,), decision.emitted, facts=decision.facts)


_DECIDE: dict[type, Callable[[PartitionState, Any], decisions.Decision]] = {
    SendMessage: decisions.send,
    Create: decisions.create,
    ChangeMembership: decisions.change_membership,
}


# --- everything else --------------------------------------------------------------------------------------------


def _marks(state: PartitionState, record: MarksRecord) -> Applied:
    if state.time_ns > record.not_after_ns:
        return Applied((_EXPIRED,) * len(record.marks))
    results = [registers.mark(state, mark) for mark in record.marks]
    raised = tuple(mark for _, mark in results if mark is not None)
    return Applied(tuple(answer for answer, _ in results), marks=raised)


def _tick(_state: PartitionState, _record: Tick) -> Applied:
    return Applied()


def _forget_before(state: PartitionState, record: ForgetBefore) -> Applied:
    if record.time_ms > state.forget_before_ms:
        state.forget_before_ms = record.time_ms
        state.memory.forget_before(record.time_ms)
    return Applied()


def _epoch_bump(state: PartitionState, record: EpochBump) -> Applied:
    state.epoch = max(state.epoch, record.epoch)
    return Applied()


def _fold_version(state: PartitionState, record: FoldVersion) -> Applied:
    if record.version != FOLD_VERSION:
        raise UnknownVersion(f"the log asks for version {record.version}, this fold is {FOLD_VERSION}")
    state.version = record.version
    return Applied()


def _set_limits(state: PartitionState, record: SetLimits) -> Applied:
    state.limits = record
    return Applied()


_APPLY: dict[type, Callable[[PartitionState, Any], Applied]] = {
    CommandRecord: _command,
    MarksRecord: _marks,
    Tick: _tick,
    ForgetBefore: _forget_before,
    EpochBump: _epoch_bump,
    FoldVersion: _fold_version,
    OwnCopy: own_streams.receive,
    Copied: own_streams.prune,
    SetLimits: _set_limits,
}
