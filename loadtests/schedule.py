"""The schedule of a run: a pure function of profile, roster and seed, the same for any number of workers."""

from __future__ import annotations

import hashlib

import msgspec

from chatproof.drivers.interface import Roster
from chatproof.loadtests.actions import Schedule
from chatproof.loadtests.choreographies import (
    plan_absences,
    plan_cycles,
    plan_kicks,
    plan_kill_bursts,
    plan_presence_sets,
)
from chatproof.loadtests.planner import Planner
from chatproof.loadtests.profiles import LoadProfile
from chatproof.loadtests.traffic import (
    plan_backward_receipts,
    plan_messages,
    plan_personas,
    plan_reads,
    plan_refusals,
    plan_retries,
)

_PARTS = (
    plan_absences, plan_kicks, plan_kill_bursts, plan_cycles, plan_presence_sets,
    plan_messages, plan_refusals, plan_retries, plan_backward_receipts, plan_reads,
    plan_personas,
)
"""In this order: later parts draw around what earlier ones booked. A part's place also names its random numbers."""


def make_schedule(profile: LoadProfile, roster: Roster, seed: int) -> Schedule:
    """Plan everything that is known before the run. The hash covers every action, and so the seed and the roster."""
    planner = Planner(profile, roster, seed)
    for plan_part in _PARTS:
        plan_part(planner)
    actions = tuple(sorted(planner.actions, key=lambda action: (action.at_ns, action.dev)))
    kills = tuple(planner.kills)
    sha256 = hashlib.sha256(msgspec.json.encode([roster, actions, kills])).hexdigest()
    return Schedule(actions, kills, sha256)
