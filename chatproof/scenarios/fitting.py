"""Fits a scenario to a target: nothing is asked for, broken or required that the target does not claim to bear.

What is *required* of a target of one's own is what it claims: of the scenario's required guarantees those whose claims
it makes and whose load is left. Everything else is judged too where it can be, and shown as *not claimed* where not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chatproof.chaos.faults import FaultSpec, LinkFaultSpec
from chatproof.loadtests.profiles import LoadProfile
from chatproof.scenarios.scenario import Scenario


def fitted(
    scenario: Scenario, claims: Mapping[str, Any], needs: Mapping[str, tuple[str, ...]], *, is_started_here: bool
) -> Scenario:
    """The scenario for a target with these claims; `needs`: guarantee → the claims that it rests on."""
    kept: list[FaultSpec] = []
    unavailable: list[str] = []
    for spec in scenario.schedule.faults:
        reason = _why_not(spec, claims, is_started_here=is_started_here)
        if reason:
            unavailable.append(f"{_named(spec)}: {reason}")
        else:
            kept.append(spec)
    profile = _load(scenario.profile, claims, has_kills=any(not isinstance(spec, LinkFaultSpec) for spec in kept))
    required = tuple(
        name
        for name in scenario.required
        if name in needs and all(claims.get(claim) for claim in needs[name]) and not _is_idle(name, profile, kept)
    )
    schedule = replace(scenario.schedule, faults=tuple(kept))
    return replace(
        scenario, profile=profile, required=required, schedule=schedule, unavailable=tuple(unavailable)
    )


def _why_not(spec: FaultSpec, claims: Mapping[str, Any], *, is_started_here: bool) -> str:
    """Why a fault cannot be given to this target; empty where it can."""
    if isinstance(spec, LinkFaultSpec):
        returns = claims.get("resume") or claims.get("history") or spec.kind in ("stall", "latency")
        return "" if returns else "the target claims neither resume nor history, by which a device could come back"
    if not is_started_here:
        return "the process of a target that is given by URL is not ours"
    if spec.kind == "unsynced_lost":
        return "the storage of this target cannot be made to lose what it has not synced"
    if spec.kind == "kill" and not claims.get("survives_process_crash"):
        return "the target does not claim survives_process_crash"
    return ""


def _named(spec: FaultSpec) -> str:
    """A fault in a phrase."""
    return f"{spec.kind} of {', '.join(spec.links) if isinstance(spec, LinkFaultSpec) else spec.node}"


def _load(profile: LoadProfile, claims: Mapping[str, Any], *, has_kills: bool) -> LoadProfile:
    """The load without what this target has no word for."""
    has = {name: bool(value) for name, value in claims.items()}
    echoes = claims.get("echo", "none")
    retries = has.get("idempotent_window_s", False)
    returns = has.get("resume", False) or has.get("history", False)
    return replace(
        profile,
        # A second device of the sender must get the message, too: where nothing is echoed it has no way to.
        second_device_share=profile.second_device_share if echoes != "none" else 0.0,
        presence_sets_per_s=profile.presence_sets_per_s if has.get("presence") else 0.0,
        presence_cycles_per_s=profile.presence_cycles_per_s if returns else 0.0,
        watched_per_device=profile.watched_per_device if has.get("presence") else 0,
        # What a target refuses is its own business; only membership says who must be refused.
        refused_not_member_total=profile.refused_not_member_total if has.get("membership") else 0,
        refused_oversize_total=0,
        refused_other_body_total=profile.refused_other_body_total if retries else 0,
        retries_total=profile.retries_total if retries else 0,
        backward_receipts_total=profile.backward_receipts_total if has.get("receipts") else 0,
        kicks_total=profile.kicks_total if has.get("membership") else 0,
        history_reads_per_s=profile.history_reads_per_s if has.get("history") else 0.0,
        kill_bursts=profile.kill_bursts if has_kills else (),
    )


def _is_idle(guarantee: str, profile: LoadProfile, faults: list[FaultSpec]) -> bool:
    """Whether a fitted load gives a guarantee no chance to be broken, so that it cannot be required."""
    match guarantee:
        case "no-aborted-delivery":
            return profile.refused_not_member_total == 0
        case "durable-ack":
            return not any(spec.kind == "kill" for spec in faults)
        case "durable-ack-power":
            return not any(spec.kind == "unsynced_lost" for spec in faults)
        case "whole-resume":
            return not faults and profile.presence_cycles_per_s == 0
    return False
