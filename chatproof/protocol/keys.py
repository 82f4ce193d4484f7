"""UUIDv7 keys as a pure function of their parts (RFC 9562, section 5.7)."""

from __future__ import annotations

from functools import lru_cache

REMEMBERED_KEYS = 8_192
"""A server looks at a key when it comes in and again when it decides: those on their way, with room to spare."""


def uuid7(time_ms: int, entropy: int) -> str:
    """The UUIDv7 of a Unix time in ms (48 bits) and 74 bits of entropy, in canonical text form."""
    high = entropy >> 62 & 0xFFF
    low = entropy & 0x3FFFFFFFFFFFFFFF
    value = (time_ms & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@lru_cache(REMEMBERED_KEYS)
def uuid7_time_ms(key: str) -> int | None:
    """The Unix time in ms of a UUIDv7 in canonical form, or None where the text is none."""
    if len(key) != 36 or key[8] != "-" or key[13] != "-" or key[18] != "-" or key[23] != "-":
        return None
    digits = key.replace("-", "")
    if len(digits) != 32 or digits[12] != "7" or digits[16] not in "89abAB":
        return None
    try:
        return int(digits, 16) >> 80 if "_" not in digits and digits.isalnum() else None
    except ValueError:
        return None
