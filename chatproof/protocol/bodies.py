"""Message bodies of the load and their hash: a body is a pure function of (seed, op) and carries `op` in its head.

Both sides of a comparison use `body_hash`, a signed 64-bit xxh64 of the UTF-8 text.
"""

from __future__ import annotations

from functools import lru_cache

import xxhash

REMEMBERED_BODIES = 4_096
"""Who sends a body meets it again, in the ack at once and in the echo soon after."""

_WORDS = (
    "ack", "bell", "chat", "dove", "echo", "fern", "gate", "hush", "iris", "jade",
    "kite", "lime", "mint", "nova", "oak", "pine", "quay", "rain", "salt", "tide",
    "über", "vox", "wren", "xyst", "yarn", "zinc", "雪", "данные", "café", "☂",
)


@lru_cache(REMEMBERED_BODIES)
def body_of(seed: int, op: int) -> str:
    """The body of operation `op`: 16 hex digits of op, then words; 17 to about 300 characters, some outside ASCII."""
    state = xxhash.xxh64_intdigest(op.to_bytes(8, "big"), seed=seed & 0xFFFFFFFF)
    words = []
    for _ in range(1 + (state & 31)):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        words.append(_WORDS[(state >> 33) % len(_WORDS)])
    return f"{op:016x} " + " ".join(words)


def op_of(body: str) -> int | None:
    """The operation that a body names, or None where it names none."""
    head = body[:16]
    try:
        return int(head, 16) if len(head) == 16 and body[16:17] == " " else None
    except ValueError:
        return None


def body_hash(body: str) -> int:
    """Signed 64-bit hash of a body."""
    digest = xxhash.xxh64_intdigest(body.encode("utf-8", "surrogatepass"))
    return digest - (1 << 64) if digest >> 63 else digest
