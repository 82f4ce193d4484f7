"""A relation: a named SELECT over the tables of a history and over relations defined before it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Extent = Literal["bucket", "gathered", "whole"]
"""How a relation is made where a history is judged in buckets of conversations, one after the other.

bucket: of a bucket's rows, and gone with it; gathered: the same, and kept: together its parts are what one judgement
of the whole history would make, with no more rows than there are messages and members; whole: of tables that are not
split, once, the same in every bucket.
"""


class Relation(Struct, frozen=True):
    """What a row of it means, and the SELECT that makes it. Built once per judgement: as a table, or as a view where
    that is little more than some columns of one table."""

    name: str
    sentence: str
    select: str
    extent: Extent = "bucket"
    is_view: bool = False
