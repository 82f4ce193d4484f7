"""A relation: a named SELECT over the tables of a history and over relations defined before it."""

from __future__ import annotations

from msgspec import Struct


class Relation(Struct, frozen=True):
    """What a row of it means, and the SELECT that makes it. Built once per judgement, as a table."""

    name: str
    sentence: str
    select: str
