"""Judging a soak again and again: what is known of finished conversations is carried over, and exactly that.

The answer that a monotone guarantee gave for some conversations stays as long as none of their rows has changed, none
has come, and nothing new links them to others; everything else is judged anew. A file keeps the answers, with a
fingerprint of the rows of each conversation and one of the definitions they were judged by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec
from msgspec import Struct

from chatproof.checkers.buckets import ROWS_PER_BUCKET, SPLIT, Group, linked, pack, weigh
from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees.relations.catalogue import RELATIONS, clock_error_ns
from chatproof.checkers.history.history import History
from chatproof.checkers.questions import Answer, merged, question_of


class Remembered(Struct, frozen=True):
    """Conversations that were judged together: the fingerprint of each, and the answers of monotone guarantees."""

    convs: dict[int, int]
    answers: dict[str, Answer]


class Memory(Struct, frozen=True):
    """Everything that was judged before, by one set of definitions."""

    definitions: str
    groups: tuple[Remembered, ...] = ()


class Plan(NamedTuple):
    """How to judge a history now: the groups, and what is needed to remember it afterwards."""

    groups: Sequence[Group]
    prints: Mapping[int, int]
    definitions: str
    kept: frozenset[str]
    """The guarantees whose answers are remembered."""


def recall(path: Path) -> Memory:
    """What a file remembers; nothing where there is none, or one that cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except (OSError, msgspec.MsgspecError):
        return Memory("")


def plan(history: History, guarantees: Sequence[Guarantee], memory: Memory) -> Plan:
    """Groups that are as they were come first, with their answers; then what is finished; then what goes on."""
    kept = [each for each in guarantees if each.class_ == "monotone" and each.is_split]
    definitions = _definitions(history, kept)
    known = memory.groups if memory.definitions == definitions else ()
    prints = _fingerprints(history)
    weights = weigh(history)
    together = linked(history, weights)
    unchanged = _unchanged(known, prints, together)
    done = {conv for group in unchanged for conv in group.convs}
    before = {conv: mark for group in known for conv, mark in group.convs.items()}
    open_ = [convs for convs in together if done.isdisjoint(convs)]
    finished = [convs for convs in open_ if all(before.get(conv) == prints[conv] for conv in convs)]
    going_on = [convs for convs in open_ if convs not in finished]
    fresh = [*_packed(weights, finished), *_packed(weights, going_on)]
    groups = [*_joined(unchanged, weights), *(fresh or [Group(())])]
    return Plan(groups, prints, definitions, frozenset(each.name for each in kept))


def remember(path: Path, plan: Plan, answers: Sequence[Mapping[str, Answer]]) -> None:
    """Write down the answers of each group, whole or not at all."""
    groups = tuple(
        Remembered(
            {conv: plan.prints[conv] for conv in group.convs},
            {name: answer for name, answer in known.items() if name in plan.kept},
        )
        for group, known in zip(plan.groups, answers, strict=True)
        if group.convs
    )
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(Memory(plan.definitions, groups)))
    part.replace(path)


def _unchanged(
    known: Iterable[Remembered], prints: Mapping[int, int], together: Iterable[Sequence[int]]
) -> list[Remembered]:
    """Groups with the very same rows, of which nothing links a conversation to one outside."""
    others = {conv: convs for convs in together for conv in convs}
    return [
        group
        for group in known
        if group.answers
        and all(prints.get(conv) == mark and group.convs.keys() >= set(others[conv])
                for conv, mark in group.convs.items())
    ]


def _joined(unchanged: Iterable[Remembered], weights: Mapping[int, int]) -> list[Group]:
    """The same in few groups: each as many as one bucket holds."""
    groups: list[Group] = []
    load = ROWS_PER_BUCKET
    for group in unchanged:
        weight = sum(weights[conv] for conv in group.convs)
        if load + weight > ROWS_PER_BUCKET:
            groups.append(Group(tuple(group.convs), group.answers))
            load = weight
            continue
        last = groups.pop()
        answers = {name: merged([answer, group.answers[name]]) for name, answer in last.carried.items()}
        groups.append(Group((*last.convs, *group.convs), answers))
        load += weight
    return groups


def _packed(weights: Mapping[int, int], together: Sequence[Sequence[int]]) -> list[Group]:
    rows = sum(weights[conv] for convs in together for conv in convs)
    return pack(weights, together, -(-rows // ROWS_PER_BUCKET)) if together else []


def _definitions(history: History, guarantees: Sequence[Guarantee]) -> str:
    """A fingerprint of everything beside the rows of conversations that answers depend on."""
    devices = history.rows("SELECT sum(hash(t)::HUGEINT) FROM devices t") if history.has("devices") else None
    material = (
        duckdb.__version__, [question_of(each) for each in guarantees], [each.select for each in RELATIONS],
        history.run.claims, history.run.bounds, clock_error_ns(history.run), str(devices), history.absent,
    )
    return hashlib.sha256(msgspec.json.encode(material)).hexdigest()


def _fingerprints(history: History) -> dict[int, int]:
    """Conversation → a number that depends on all its rows, and hardly on anything else."""
    prints: dict[int, int] = {}
    for at, name in enumerate(SPLIT):
        if history.has(name, *(["operations"] if name == "attempts" else [])):
            for conv, total in history.rows(_fingerprint(name)):
                prints[conv] = (prints.get(conv, 0) + (at + 1) * int(total)) % (1 << 61)
    return prints


def _fingerprint(name: str) -> str:
    joined, conv = (" JOIN operations o ON o.op = t.op", "o.conv") if name == "attempts" else ("", "t.conv")
    return f"SELECT {conv}, sum(hash(t)::HUGEINT) FROM {name} t{joined} WHERE {conv} IS NOT NULL GROUP BY {conv}"
