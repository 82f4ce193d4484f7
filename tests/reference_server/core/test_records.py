"""Records as bytes."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from chatproof.reference_server.core.commands import Mark
from chatproof.reference_server.core.records import (
    CommandRecord,
    Copied,
    EpochBump,
    FoldVersion,
    ForgetBefore,
    MarksRecord,
    OwnCopy,
    Record,
    SetLimits,
    Tick,
    decode,
    encode,
)
from tests.reference_server.core.ledger import group, kick, message

EVERY: list[Record] = [
    CommandRecord(group(1, "a", "b"), 7), CommandRecord(message(2, "a", "snow ☃"), 7),
    CommandRecord(kick(3, "a", "b"), 7),
    MarksRecord((Mark("g", "a", "phone", 2, 1, 1, 2),), 7), Tick(), ForgetBefore(5), EpochBump(2), FoldVersion(1),
    OwnCopy("a", "g", 1, "joined", "b"), Copied("g", 1), SetLimits(3, 4),
]


@pytest.mark.parametrize("record", EVERY, ids=lambda record: type(record).__name__)
def test_a_record_survives_its_bytes(record: Record) -> None:
    """What is folded live and what is replayed are equal."""
    assert record == decode(encode(record))


def test_every_kind_of_record_is_tried_here() -> None:
    """A new record must join the list above."""
    assert {kind.__name__ for kind in get_args(Record)} == {type(record).__name__ for record in EVERY}


@pytest.mark.parametrize("payload", [b"", b"\x91\xa1z", msgspec.msgpack.encode(["later", 1]), b"\xc1"])
def test_what_this_version_does_not_know_is_an_error(payload: bytes) -> None:
    """Never a default, never skipped."""
    with pytest.raises(msgspec.DecodeError):
        decode(payload)


def test_the_bytes_of_a_record_stay_as_they_are() -> None:
    """Logs on disk hold these bytes; a change needs a new fold version."""
    assert b"\x96\xa1o\xa1a\xa1g\x01\xa6joined\xa1b" == encode(OwnCopy("a", "g", 1, "joined", "b"))
    assert b"\x91\xa1t" == encode(Tick())
