"""Computed names."""

from __future__ import annotations

from chatproof.reference_server.core.identity import direct_conversation_id, is_reserved, partition_of


def test_a_pair_has_one_id() -> None:
    """From either side, and no other pair has it, however the names are cut."""
    assert direct_conversation_id("ann", "bob") == direct_conversation_id("bob", "ann")
    assert direct_conversation_id("a", "bc") != direct_conversation_id("ab", "c")


def test_the_id_fits_and_is_reserved() -> None:
    """Two names of 64 characters still give an id of the protocol, which no group may take."""
    conv = direct_conversation_id("x" * 64, "y" * 64)
    assert len(conv) <= 64
    assert is_reserved(conv)


def test_partitions_are_part_of_the_data_format() -> None:
    """These values stand in logs: changing them would look for streams where they are not."""
    assert [5, 6, 1] == [partition_of(key, 8) for key in ("g1", "me:ann", "dm-")]
