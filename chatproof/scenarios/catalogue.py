"""The scenarios by name. Each is a pure function of the seed."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from chatproof.chaos.faults import At, FaultSchedule, LinkFaultSpec
from chatproof.chaos.schedules import default_schedule, kill_storm_schedule, kills_only, power_loss_schedule
from chatproof.loadtests.presets import (
    calm_profile,
    default_profile,
    kill_storm_profile,
    power_loss_profile,
    short_profile,
)
from chatproof.loadtests.profiles import KillBurst, LoadProfile
from chatproof.scenarios.scenario import Scenario

NODE = "node-0"
"""The one process of an embedded target."""

EVERY_GUARANTEE: tuple[str, ...] = (
    "no-lost-message", "no-phantom", "no-aborted-delivery", "idempotent-send", "shown-once", "one-id-per-seq",
    "ordered-stream", "no-gap", "sender-order", "real-time-order", "same-order-everywhere", "whole-resume",
    "receipts-forward", "receipts-converge", "presence-converges", "no-leak", "durable-ack", "stable-history",
    "dense-ids", "progress",
)  # fmt: skip
"""What the main job requires."""

KILLS_IN_STORM = 20
STORM_EVERY_S = 8.0


def link_names(profile: LoadProfile) -> tuple[str, ...]:
    """The names of a profile's network links."""
    return tuple(f"link-{number}" for number in range(profile.links))


def default(seed: int) -> Scenario:
    """The main job."""
    profile = default_profile()
    return Scenario(
        name="default",
        sentence="200 users and 200 sends/s through a partition, a stall, resets and kill -9; everything is required",
        profile=profile,
        schedule=default_schedule(seed, link_names(profile), (NODE,)),
        required=EVERY_GUARANTEE,
        slos_required=True,
    )


def kill_storm(seed: int) -> Scenario:
    """Twenty kills."""
    return Scenario(
        name="kill-storm",
        sentence="200 users while the server is killed twenty times, once every 8 s, in the middle of a burst",
        profile=kill_storm_profile(),
        schedule=kill_storm_schedule(seed, (NODE,), kills=KILLS_IN_STORM, every_s=STORM_EVERY_S),
        required=("durable-ack", "no-lost-message", "idempotent-send", "one-id-per-seq"),
        slos_required=False,
        minimums={"durable-ack": 20 * KILLS_IN_STORM},
    )


def short_links(seed: int) -> Scenario:
    """Every link broken once within seconds."""
    profile = short_profile(name="short-links", main_s=16.0)
    links = link_names(profile)
    turn = links[seed % len(links) :] + links[: seed % len(links)]
    faults = (
        LinkFaultSpec("partition", turn[:1], At(3.0), 2.5),
        *(LinkFaultSpec("reset", (link,), At(6.5 + 1.5 * k), 0.4) for k, link in enumerate(turn)),
    )
    return Scenario(
        name="short-links",
        sentence="60 users for 16 s; one link is partitioned, then each is reset: for bugs that reconnects show",
        profile=profile,
        schedule=FaultSchedule(faults=faults, heal_s=12.0),
        required=("no-lost-message", "idempotent-send", "ordered-stream", "whole-resume", "receipts-forward"),
        slos_required=False,
    )


def short_kill(seed: int) -> Scenario:
    """One kill, and users who stay away after it. Nobody is kicked: where a broken server loses the acknowledged return
    of a member, that member misses everything later, and no two alarms of it share a message."""
    profile = short_profile(name="short-kill", main_s=18.0, kill_at_s=(5.0,), stay_away=12)
    return Scenario(
        name="short-kill",
        sentence="60 users for 18 s; the server is killed in a burst, some users stay away: for bugs that crashes show",
        profile=replace(profile, kicks_total=0),
        schedule=kills_only(seed, (NODE,), (5.0,)),
        required=("idempotent-send", "durable-ack", "presence-converges"),
        slos_required=False,
        minimums={"durable-ack": 8, "presence-converges": 10},
    )


def power_loss(seed: int) -> Scenario:
    """Two power losses: the second finds what was written since the first. Nobody is kicked, as in `short_kill`."""
    profile = power_loss_profile()
    return Scenario(
        name="power-loss",
        sentence="60 users for 18 s; twice in a burst the server loses power, and with it all writes not yet synced",
        profile=profile,
        schedule=power_loss_schedule(seed, (NODE,), at_s=[burst.at_s for burst in profile.kill_bursts]),
        required=("durable-ack-power", "no-lost-message", "idempotent-send", "one-id-per-seq"),
        slos_required=False,
        storage="lossy",
    )


def calm(_seed: int) -> Scenario:
    """No fault at all."""
    return Scenario(
        name="calm",
        sentence="60 users and 1,000 sends without any fault, and nobody disconnects",
        profile=calm_profile(),
        schedule=FaultSchedule(faults=(), heal_s=0.0),
        required=("no-phantom", "shown-once", "one-id-per-seq", "ordered-stream"),
        slos_required=False,
    )


def claims(seed: int) -> Scenario:
    """What a target claims, and nothing else: for targets of one's own. Faults that a target cannot be given are left
    out by `fitting`, and so is everything required that it does not claim."""
    burst = KillBurst(10.0, "kill-0", first=48, acks=16, second=24)
    profile = replace(short_profile(name="claims", main_s=16.0), kill_bursts=(burst,))
    links = link_names(profile)
    turn = links[seed % len(links) :] + links[: seed % len(links)]
    faults = (
        LinkFaultSpec("partition", turn[:1], At(3.0), 2.0),
        LinkFaultSpec("reset", turn[1:2], At(6.0), 0.4),
        *kills_only(seed, (NODE,), (10.0,)).faults,
    )
    return Scenario(
        name="claims",
        sentence="60 users for 16 s; links are broken and, where it claims to bear it, the target is killed once: "
        "for servers of one's own; what is claimed is required",
        profile=profile,
        schedule=FaultSchedule(faults=faults, heal_s=15.0),
        required=EVERY_GUARANTEE,
        slos_required=False,
        minimums={"durable-ack": 8, "one-id-per-seq": 300, "presence-converges": 10, "no-leak": 10, "dense-ids": 200},
    )


def by_hand(profile: LoadProfile) -> Scenario:
    """A load that somebody started with Locust: nothing is broken, and whatever is claimed is judged."""
    return Scenario(
        name="locust",
        sentence="any number of users for any time, started with Locust, without any fault",
        profile=profile,
        schedule=FaultSchedule(faults=(), heal_s=0.0),
        required=("no-lost-message", "no-phantom", "shown-once"),
        slos_required=False,
    )


SCENARIOS: dict[str, Callable[[int], Scenario]] = {
    "default": default,
    "kill-storm": kill_storm,
    "short-links": short_links,
    "short-kill": short_kill,
    "power-loss": power_loss,
    "calm": calm,
    "claims": claims,
}
"""Name → scenario of a seed."""
