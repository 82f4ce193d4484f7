"""Histories of the model and of the documentation, spoiled: what belongs together, and then rows that say otherwise.

    scramble    of the model, and cells hold what other rows hold there, or nothing
    shuffle     of the model, and arrivals of a device come in each other's place, or in another view or epoch
    mixture     of the model with features and tight bounds, and the corrupters' anomalies, and all spoilers
    retold      a worked example of the documentation, or a tale, and some spoilers
    brink       the same, and spoilers that look for boundaries and second pages
    twofold     the same twice, at once, in two conversations

All are pure functions of their seed.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Sequence
from typing import Any, get_args

from msgspec.structs import replace

from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.vocabulary import BOUNDS
from tests.checkers import corrupters, feature_corrupters, promise_corrupters, state_corrupters
from tests.checkers.corrupters import Corrupter
from tests.checkers.decorated import RULES, Feature, FeatureKind, decorate
from tests.checkers.model import CLAIMS, DEVICES, Recorded, build
from tests.checkers.stories import tables_of
from tests.mutation.edges import EDGES
from tests.mutation.merged import beside
from tests.mutation.spoilers import NULLS, go_on, lose, meet, mix, move, repeat, stretch, turn
from tests.mutation.tales import TALES

MS = 1_000_000
TIGHT = tuple(ms * MS for ms in (0, 10, 30, 100, 300, 1_000))
"""Bounds that scripts of a few seconds meet and miss, in ns."""
DRAINS = tuple(ms * MS for ms in (5, 5, 5, 29_500, 29_700, 30_000))
"""How long a drain may last in ns: its bound is 30 s, and 99 % of it are enough."""


def scramble(seed: int) -> Recorded:
    """A history of the model in which some cells hold what other rows hold there, or nothing; keys stay."""
    draw = random.Random(seed)
    recorded = build(seed, steps=60)
    mix(draw, recorded.tables, draw.choice([10, 40, 120]))
    return recorded


def shuffle(seed: int) -> Recorded:
    """A history of the model in which some arrivals of a device have changed places."""
    draw = random.Random(seed)
    recorded = build(seed, steps=60)
    for _ in range(draw.choice([6, 20, 60])):
        row, other = draw.choice(recorded.tables["deliveries"]), draw.choice(recorded.tables["deliveries"])
        if row["dev"] == other["dev"]:
            for name in ("rec", "t_ns", *draw.choice([(), ("session",), ("via",), ("frame",)])):
                row[name], other[name] = other[name], row[name]
        if draw.random() < NULLS:
            name = draw.choice(["view", "epoch"])
            row[name] = 3 - row[name]
    return recorded


def mixture(seed: int) -> Recorded:
    """A history of the model with all features, dozens of anomalies and as many cells that are moved or mixed."""
    draw = random.Random(seed)
    used = [
        Feature(draw.choice(get_args(FeatureKind)), draw.randrange(len(DEVICES)), draw.randrange(1_000),
                draw.randrange(1_000))
        for _ in range(25)
    ]
    recorded = decorate(build(seed, steps=draw.choice([30, 60, 90])), used, draw.choice(list(RULES)))
    for item in recorded.tables["read_items"]:
        item.setdefault("version", None)  # the corrupters of changes look at every item
    for corrupt in draw.choices(_corrupters(), k=draw.choice([4, 12, 40])):
        corrupt(recorded, draw.randrange(10_000))
    stretch(recorded.tables, draw.choice([1, 1, 6]))
    bounds = {name: draw.choice(TIGHT) for name in BOUNDS if draw.random() < 0.7}
    bounds |= {"clock_error_ns": draw.choice(TIGHT[:3]), "progress_min_ok": draw.choice([1, 5, 20])}
    lose(draw, recorded.tables, draw.choice([0, 0, 5]))
    repeat(draw, recorded.tables, draw.choice([0, 5, 20]))
    move(draw, recorded.tables, bounds, draw.choice([20, 60, 200]))
    mix(draw, recorded.tables, draw.choice([0, 20, 60]))
    turn(draw, recorded.tables, draw.choice([0, 5, 20]))
    return Recorded(replace(recorded.run, bounds=bounds, claims=_claims(draw)), recorded.tables)


def stories() -> list[str]:
    """The guarantees' worked examples, clean and broken, in the order of the registry, and then the tales."""
    told = [story for guarantee in GUARANTEES.values() for story in (guarantee.story.clean, guarantee.story.broken)]
    return [*told, *TALES]


def retold(seed: int) -> Recorded:
    """The story of that number, counted around, and up to a dozen cells and rows that are others."""
    draw = random.Random(seed)
    tables, bounds = _told(seed, stories()), _bounds(draw)
    lose(draw, tables, draw.choice([0, 0, 1]))
    repeat(draw, tables, draw.randrange(3))
    move(draw, tables, bounds, draw.randrange(5))
    mix(draw, tables, draw.randrange(3))
    turn(draw, tables, draw.randrange(3))
    return Recorded(replace(build(0, steps=1).run, bounds=bounds, claims=_claims(draw)), tables)


def brink(seed: int) -> Recorded:
    """The story of that number, counted around, on the edge of being another."""
    draw = random.Random(seed)
    tables, bounds = _told(seed, (*stories(), *EDGES)), _bounds(draw)
    drain = tables["phases"][-1]
    drain["end_ns"] = drain["start_ns"] + draw.choice(DRAINS)
    for device in tables["devices"]:
        device["persona"] = draw.choice(["chatty", "chatty", "chatty", "probe"])
    go_on(draw, tables, draw.randrange(3))
    lose(draw, tables, draw.choice([0, 0, 0, 1]))
    repeat(draw, tables, draw.randrange(2))
    turn(draw, tables, draw.randrange(5))
    meet(draw, tables, bounds, draw.choice([2, 6, 20]))
    claims = _claims(draw) | {"idempotent_window_s": draw.choice([1, 5, 172_800])}
    return Recorded(replace(build(0, steps=1).run, bounds=bounds, claims=claims), tables)


def twofold(seed: int) -> Recorded:
    """A story twice, of the same people at the same time, in two conversations."""
    return beside(brink(seed), brink(seed + len(stories()) + len(EDGES)))


def _told(seed: int, told: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of one of the stories."""
    return tables_of(told[seed % len(told)])


def _bounds(draw: random.Random) -> dict[str, int]:
    """The usual ones, but for how little progress is too little."""
    return {name: key.default for name, key in BOUNDS.items()} | {"progress_min_ok": draw.choice([1, 2, 20])}


def _claims(draw: random.Random) -> dict[str, Any]:
    """Every claim, but for those that the queries themselves look at."""
    return {
        **CLAIMS, "echo": draw.choice(["all", "none", "other_devices"]), "contiguous_push": draw.random() < 0.5,
        "dense_ids": draw.random() < 0.8, "private_presence": draw.random() < 0.8,
    }


def _corrupters() -> list[Corrupter]:
    """All that the tests have."""
    modules = (corrupters, feature_corrupters, promise_corrupters, state_corrupters)
    functions = [each for module in modules for _, each in inspect.getmembers(module, inspect.isfunction)]
    return [each for each in functions if list(inspect.signature(each).parameters) == ["recorded", "pick"]]
