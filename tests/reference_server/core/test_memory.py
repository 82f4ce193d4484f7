"""The dedupe memory."""

from __future__ import annotations

from chatproof.reference_server.core.commands import Appended, SendMessage
from chatproof.reference_server.core.memory import Memory, Remembered, digest_of
from chatproof.reference_server.core.records import KeyedCommand
from tests.reference_server.core.ledger import START_MS, join, key, leave, message

OUTCOME = Remembered(b"d", Appended("g", 1, 1, 0))


def test_a_key_is_remembered_where_it_was_used() -> None:
    """Not in another conversation, and not for another user."""
    memory = Memory()
    memory.remember("g", "a", "k", OUTCOME)
    asked = [("g", "a", "k"), ("h", "a", "k"), ("g", "b", "k"), ("g", "a", "l")]
    assert [OUTCOME, None, None, None] == [memory.recall(*scope) for scope in asked]


def test_forgetting_leaves_nothing_empty_behind() -> None:
    """Conversations and users without keys go too: memory follows traffic, not history."""
    memory = Memory()
    memory.remember("g", "a", key(1, START_MS), OUTCOME)
    memory.remember("h", "a", key(1, START_MS + 5), OUTCOME)
    memory.forget_before(START_MS + 1)
    assert {"h": {"a": {key(1, START_MS + 5): OUTCOME}}} == memory.keys
    assert 1 == len(memory)


def test_the_device_is_no_part_of_the_body() -> None:
    """A user may retry from another device."""
    assert digest_of(message(1, "a")) == digest_of(SendMessage("g", "a", "desk", key(2), "hello"))


def test_different_commands_have_different_digests() -> None:
    """Body, kind of change and target all count."""
    commands: list[KeyedCommand] = [message(1, "a"), message(1, "a", "other"), leave(1, "a")]
    commands += [join(1, "a"), join(1, "a", "b")]
    assert len(commands) == len({digest_of(command) for command in commands})
