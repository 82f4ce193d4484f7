"""Our indexes and the target's ids, both ways, for one provisioned roster."""

from __future__ import annotations

from chatproof.drivers.interface import Provisioned

UNKNOWN = -1
"""The index of a user or conversation that the roster does not have."""


class Names:
    """Users and conversations of one roster; shared by all its sessions, never changed."""

    __slots__ = ("conversation_ids", "conversations", "user_ids", "users")

    def __init__(self, provisioned: Provisioned) -> None:
        self.user_ids = provisioned.users
        self.conversation_ids = provisioned.conversations
        self.users = {target: user for user, target in provisioned.users.items()}
        self.conversations = {target: conv for conv, target in provisioned.conversations.items()}

    def user(self, target: str) -> int:
        """Our index of a user."""
        return self.users.get(target, UNKNOWN)

    def conversation(self, target: str) -> int:
        """Our index of a conversation."""
        return self.conversations.get(target, UNKNOWN)
