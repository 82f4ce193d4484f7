"""Membership and policy: what a fresh key's command does to its conversation. Part of the fold.

A decision returns the outcome that is remembered for the key, with the events and facts it made.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from chatproof.protocol.frames import Event
from chatproof.reference_server.core.commands import Appended, ChangeMembership, Create, Refused, SendMessage
from chatproof.reference_server.core.effects import Emitted
from chatproof.reference_server.core.identity import direct_conversation_id, is_reserved
from chatproof.reference_server.core.memory import digest_of
from chatproof.reference_server.core.records import OwnCopy
from chatproof.reference_server.core.state import Conversation, PartitionState


class Decision(NamedTuple):
    """An outcome, and what it made. `repeated`: it had been decided before, under another key."""

    outcome: Appended | Refused
    emitted: tuple[Emitted, ...] = ()
    facts: tuple[OwnCopy, ...] = ()
    repeated: bool = False


def _refuse(code: str, reason: str = "") -> Decision:
    return Decision(Refused(code, reason))


# --- send -------------------------------------------------------------------------------------------------------


def send(state: PartitionState, command: SendMessage) -> Decision:
    """A member's message takes the next seq."""
    conversation = state.conversations.get(command.conv)
    if conversation is None:
        return _refuse("not_found")
    if not conversation.is_member(command.user):
        return _refuse("not_member")
    if _is_larger(command.body, state.limits.max_body_bytes):
        return _refuse("too_large")
    seq, ts = _next(state, conversation)
    event = Event(
        command.conv, state.epoch, seq, ts, "message", command.user, u=command.u, msg_id=seq, body=command.body
    )
    emitted = Emitted(command.conv, event, conversation.members)
    return Decision(Appended(command.conv, state.epoch, seq, ts), (emitted,))


def _is_larger(body: str, max_bytes: int) -> bool:
    """A character has at most four bytes: a short body need not be encoded to know that it fits."""
    return len(body) * 4 > max_bytes and len(body.encode()) > max_bytes


def _next(state: PartitionState, conversation: Conversation) -> tuple[int, int]:
    """Take the next seq and a `ts` that never goes back."""
    conversation.head += 1
    conversation.ts = max(conversation.ts, state.time_ns // 1_000_000)
    return conversation.head, conversation.ts


# --- create -----------------------------------------------------------------------------------------------------


def create(state: PartitionState, command: Create) -> Decision:
    """A conversation begins with its create event at seq 1; the same creation again gets the first outcome."""
    refusal = _refuse_definition(state, command)
    if refusal is not None:
        return refusal
    existing = state.conversations.get(command.conv)
    if existing is not None:
        return _again(existing, command)
    return _begin(state, command)


def _refuse_definition(state: PartitionState, command: Create) -> Decision | None:
    if command.user not in command.members or len(set(command.members)) != len(command.members):
        return _refuse("forbidden", "The creator is a member, and every member is named once.")
    if len(command.members) > state.limits.max_members:
        return _refuse("too_large", "More members than a conversation may have.")
    if command.kind == "direct":
        return _refuse_direct(command)
    if command.user != command.members[0]:
        return _refuse("forbidden", "The creator is the owner: the first member.")
    return _refuse("bad_request", "This id is reserved.") if is_reserved(command.conv) else None


def _refuse_direct(command: Create) -> Decision | None:
    if len(command.members) != 2 or command.conv != direct_conversation_id(*command.members):
        return _refuse("bad_request", "A 1:1 conversation has two members and the id that follows from them.")
    return None


def _again(existing: Conversation, command: Create) -> Decision:
    if existing.definition != _definition(command):
        return _refuse("different_body", "This conversation exists with another definition.")
    return Decision(existing.created, repeated=True)


def _definition(command: Create) -> bytes:
    """A pair defines its 1:1 conversation: whoever creates it, however they ask."""
    if command.kind == "direct":
        command = Create(command.conv, "", "", "direct", tuple(sorted(command.members)))
    return digest_of(command)


def _begin(state: PartitionState, command: Create) -> Decision:
    direct = command.kind == "direct"
    members = tuple(sorted(command.members)) if direct else command.members
    ts = state.time_ns // 1_000_000
    created = Appended(command.conv, state.epoch, 1, ts)
    state.conversations[command.conv] = Conversation(
        id=command.conv,
        kind=command.kind,
        open=command.open and not direct,
        policy="all" if direct else command.history_policy,
        definition=_definition(command),
        created=created,
        head=1,
        ts=ts,
        owner=members[0],
        members=members,
        intervals={member: [(1, 0)] for member in members},
    )
    event = Event(command.conv, state.epoch, 1, ts, "create", command.user, u=command.u)
    facts = tuple(OwnCopy(member, command.conv, 1, "joined", command.user) for member in members)
    state.outbox[command.conv] = list(facts)
    return Decision(created, (Emitted(command.conv, event, members),), facts)


# --- membership -------------------------------------------------------------------------------------------------


def change_membership(state: PartitionState, command: ChangeMembership) -> Decision:
    """A join, leave or kick takes the next seq, and a fact for the affected user's own stream."""
    conversation = state.conversations.get(command.conv)
    if conversation is None:
        return _refuse("not_found")
    refusal = _REFUSE[command.change](state, conversation, command)
    return refusal if refusal is not None else _change(state, conversation, command)


def _refuse_join(state: PartitionState, conversation: Conversation, command: ChangeMembership) -> Decision | None:
    by_self = command.user == command.target
    if not conversation.is_member(command.user) and not (by_self and conversation.open):
        return _refuse("not_member")
    if conversation.kind == "direct":
        return _refuse("forbidden", "Nobody joins a 1:1 conversation.")
    if conversation.is_member(command.target):
        return _refuse("forbidden", "This user is a member already.")
    full = len(conversation.members) >= state.limits.max_members
    return _refuse("too_many", "The conversation is full.") if full else None


def _refuse_leave(_state: PartitionState, conversation: Conversation, command: ChangeMembership) -> Decision | None:
    if not conversation.is_member(command.user):
        return _refuse("not_member")
    if conversation.kind == "direct":
        return _refuse("forbidden", "Nobody leaves a 1:1 conversation.")
    return None if command.user == command.target else _refuse("forbidden", "A user leaves only by themselves.")


def _refuse_kick(_state: PartitionState, conversation: Conversation, command: ChangeMembership) -> Decision | None:
    if not conversation.is_member(command.user):
        return _refuse("not_member")
    if conversation.kind == "direct" or conversation.owner != command.user or command.user == command.target:
        return _refuse("forbidden", "Only the owner of a group removes others.")
    return None if conversation.is_member(command.target) else _refuse("not_found", "This user is no member.")


_REFUSE = {"join": _refuse_join, "leave": _refuse_leave, "kick": _refuse_kick}


def _change(state: PartitionState, conversation: Conversation, command: ChangeMembership) -> Decision:
    seq, ts = _next(state, conversation)
    before = conversation.members
    kind: Literal["joined", "left"] = "joined" if command.change == "join" else "left"
    if kind == "joined":
        _enter(conversation, command.target, seq)
    else:
        _exit(conversation, command.target, seq)
    event = Event(
        command.conv, state.epoch, seq, ts, command.change, command.user, u=command.u, user=command.target
    )
    fact = OwnCopy(command.target, command.conv, seq, kind, command.user)
    state.outbox.setdefault(command.conv, []).append(fact)
    audience = conversation.members if kind == "joined" else before
    outcome = Appended(command.conv, state.epoch, seq, ts, command.target)
    return Decision(outcome, (Emitted(command.conv, event, audience),), (fact,))


def _enter(conversation: Conversation, user: str, seq: int) -> None:
    conversation.members = (*conversation.members, user)
    conversation.intervals.setdefault(user, []).append((seq, 0))
    conversation.owner = conversation.owner or user


def _exit(conversation: Conversation, user: str, seq: int) -> None:
    conversation.members = tuple(member for member in conversation.members if member != user)
    intervals = conversation.intervals[user]
    intervals[-1] = (intervals[-1][0], seq)
    if conversation.owner == user:
        conversation.owner = conversation.members[0] if conversation.members else ""
