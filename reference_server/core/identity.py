"""Names that are computed, not chosen: the id of a 1:1 conversation, the partition of a stream, reserved ids."""

from __future__ import annotations

import zlib
from functools import lru_cache
from hashlib import blake2b

DIRECT_PREFIX = "dm-"
"""What ids of 1:1 conversations begin with; no group may."""

OWN_PREFIX = "me:"
"""What stream keys of users' own streams begin with; no conversation may."""

REMEMBERED_KEYS = 16_384
"""Streams whose partition is remembered: those that are busy. Each command asks for it twice."""


def direct_conversation_id(a: str, b: str) -> str:
    """The id of the 1:1 conversation of two users, the same from either side: both creators meet in one fold."""
    low, high = sorted((a, b))
    digest = blake2b(f"{len(low)}:{low}{high}".encode(), digest_size=16)
    return DIRECT_PREFIX + digest.hexdigest()


def is_reserved(conv: str) -> bool:
    """Whether a group may not have this id, because another kind of stream could mean it."""
    return conv == "me" or conv.startswith((OWN_PREFIX, DIRECT_PREFIX))


@lru_cache(REMEMBERED_KEYS)
def partition_of(key: str, partitions: int) -> int:
    """The partition that a stream lives in. Part of the data format: CRC-32 is the same on every node and version."""
    return zlib.crc32(key.encode()) % partitions
