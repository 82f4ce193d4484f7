"""The dedupe memory: the first outcome of every key, refusals included, until the log says to forget it."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec import Struct

from chatproof.protocol.keys import uuid7_time_ms
from chatproof.reference_server.core.commands import Appended, ChangeMembership, Refused, SendMessage
from chatproof.reference_server.core.records import KeyedCommand


class Remembered(Struct, frozen=True, array_like=True, gc=False):
    """What a key decided: the digest of its command and the outcome."""

    digest: bytes
    outcome: Appended | Refused


class Memory(Struct):
    """Keys scoped to (conversation, user). Owned and mutated by one partition's fold."""

    keys: dict[str, dict[str, dict[str, Remembered]]] = {}
    """Conversation → user → key → what was decided."""

    def recall(self, conv: str, user: str, key: str) -> Remembered | None:
        """What this key decided, or None."""
        users = self.keys.get(conv)
        if users is None:
            return None
        keys = users.get(user)
        return None if keys is None else keys.get(key)

    def remember(self, conv: str, user: str, key: str, remembered: Remembered) -> None:
        """Keep the first outcome of a key."""
        self.keys.setdefault(conv, {}).setdefault(user, {})[key] = remembered

    def forget_before(self, time_ms: int) -> None:
        """Evict every key whose own time is before this Unix ms."""
        kept = {
            conv: {user: _younger(keys, time_ms) for user, keys in users.items()} for conv, users in self.keys.items()
        }
        without_empty = {conv: {user: keys for user, keys in users.items() if keys} for conv, users in kept.items()}
        self.keys = {conv: users for conv, users in without_empty.items() if users}

    def __len__(self) -> int:
        return sum(len(keys) for users in self.keys.values() for keys in users.values())


def _younger(keys: dict[str, Remembered], time_ms: int) -> dict[str, Remembered]:
    return {key: remembered for key, remembered in keys.items() if (uuid7_time_ms(key) or 0) >= time_ms}


def digest_of(command: KeyedCommand) -> bytes:
    """What "the same body" means: everything the caller chose, but neither the key nor the device that it came by."""
    if isinstance(command, SendMessage):
        content = b"send\0" + command.body.encode()
    elif isinstance(command, ChangeMembership):
        content = f"{command.change}\0{command.target}".encode()
    else:
        content = msgspec.msgpack.encode((command.kind, command.members, command.open, command.history_policy))
    return blake2b(content, digest_size=16).digest()
