"""The role that hosts partitions: append, fold, answer, recover, read. Must never: know a socket or a database."""

from chatproof.reference_server.roles.conversations.host import Conversations

__all__ = ["Conversations"]
