"""The profiles that scenarios use, as values."""

from __future__ import annotations

from msgspec.structs import replace

from chatproof.loadtests.personas import Persona
from chatproof.loadtests.profiles import KillBurst, LoadProfile, SizeClass

DEFAULT_SIZES = (
    SizeClass("hot", 50, 1, 30.0),
    SizeClass("direct", 2, 60, 50.0),
    SizeClass("group", 4, 20, 50.0),
    SizeClass("group", 8, 15, 40.0),
    SizeClass("group", 16, 8, 30.0),
)
"""200 sends/s whose mean fan-out, weighted by rate, is 12 recipients: (30x49 + 50x1 + 50x3 + 40x7 + 30x15) / 200."""

SHORT_SIZES = (
    SizeClass("hot", 24, 1, 15.0),
    SizeClass("direct", 2, 20, 15.0),
    SizeClass("group", 4, 12, 15.0),
    SizeClass("group", 8, 12, 15.0),
)
"""60 sends/s for about 60 users: enough of everything to show a broken server within seconds."""


def default_profile() -> LoadProfile:
    """200 users at 200 sends/s for 60 s, about 144,000 deliveries, with one kill burst at 37 s.

    26 users stay away after it: presence needs 20 whom somebody watched, and a few are off the network just then.
    """
    return LoadProfile(
        name="default", users=200, main_s=60.0, warm_up_s=5.0, second_device_share=0.1, lurker_share=0.4,
        sizes=DEFAULT_SIZES, kill_bursts=(KillBurst(37.0, "kill-0", stay_away=26),),
        presence_sets_per_s=2.5, presence_cycles_per_s=1.2,
    )


def kill_storm_profile() -> LoadProfile:
    """200 users and twenty kill bursts, one every 8 s; half the default's rates, since what counts are the kills."""
    return LoadProfile(
        name="kill-storm", users=200, main_s=172.0, warm_up_s=5.0, second_device_share=0.1, lurker_share=0.4,
        sizes=tuple(SizeClass(s.kind, s.members, s.count, s.sends_per_s / 2) for s in DEFAULT_SIZES),
        kill_bursts=tuple(KillBurst(8.0 * (k + 1), f"kill-{k}") for k in range(20)),
        presence_sets_per_s=1.0, presence_cycles_per_s=0.5, history_reads_per_s=1.0,
    )


def short_profile(
    *, name: str = "short", main_s: float = 16.0, kill_at_s: tuple[float, ...] = (), stay_away: int = 0
) -> LoadProfile:
    """60 users at 60 sends/s for seconds: what a mutant's scenario needs. `stay_away` applies to the first kill."""
    return LoadProfile(
        name=name, users=60, main_s=main_s, warm_up_s=2.0, second_device_share=0.2, lurker_share=0.3,
        sizes=SHORT_SIZES, hot_burst_size=8,
        kill_bursts=tuple(
            KillBurst(at_s, f"kill-{k}", first=24, acks=8, second=24, stay_away=0 if k else stay_away)
            for k, at_s in enumerate(kill_at_s)
        ),
        refused_not_member_total=24, refused_other_body_total=24, refused_oversize_total=5, retries_total=40,
        kicks_total=12, rejoin_after_s=1.5, cycle_away_s=2.5, presence_sets_per_s=1.0, links=3,
    )


def power_loss_profile() -> LoadProfile:
    """The short profile with two bursts, each as large as the default's: most acks of one are exposed."""
    short = short_profile(name="power-loss", main_s=18.0)
    return replace(
        short, kicks_total=0, kill_bursts=(KillBurst(4.0, "kill-0", first=48), KillBurst(10.0, "kill-1", first=48))
    )


def calm_profile() -> LoadProfile:
    """1,000 sends without a kill, and nobody disconnects: what a mutant that needs a fault must pass."""
    return LoadProfile(
        name="calm", users=60, main_s=1000 / 60, warm_up_s=2.0, second_device_share=0.2, lurker_share=0.3,
        sizes=SHORT_SIZES, hot_burst_size=8, retries_total=30, kicks_total=8, rejoin_after_s=1.5,
        presence_cycles_per_s=0.0, presence_sets_per_s=1.0, refused_not_member_total=12, refused_other_body_total=12,
        links=3,
    )


MIN_USERS = 10
"""Fewer have nobody to be a stranger to, and nobody to write to but each other."""


def by_hand_profile(
    users: int | None = None, main_s: float | None = None, personas: tuple[Persona, ...] = ()
) -> LoadProfile:
    """The default profile for another number of users and another length: the same load per user and second.

    Without kills: nobody would start the target again. Raises `ValueError` for numbers that make no load.
    """
    usual = default_profile()
    users, main_s = users or usual.users, main_s or usual.main_s
    if users < MIN_USERS:
        raise ValueError(f"a run needs at least {MIN_USERS} chat users, not {users}")
    if sum(persona.share for persona in personas) > 1:
        raise ValueError("the shares of the personas add up to more than 1")
    size = users / usual.users
    part = size * main_s / usual.main_s
    return replace(
        usual, name="by-hand", users=users, main_s=main_s, warm_up_s=min(usual.warm_up_s, main_s / 4),
        sizes=tuple(_resized(row, size, users // 2) for row in usual.sizes),
        hot_burst_size=max(1, round(usual.hot_burst_size * size)),
        presence_sets_per_s=usual.presence_sets_per_s * size,
        presence_cycles_per_s=usual.presence_cycles_per_s * size,
        refused_not_member_total=_some(usual.refused_not_member_total * part),
        refused_other_body_total=_some(usual.refused_other_body_total * part),
        refused_oversize_total=_some(usual.refused_oversize_total * part),
        backward_receipts_total=_some(usual.backward_receipts_total * part),
        retries_total=_some(usual.retries_total * part), kicks_total=_some(usual.kicks_total * part),
        history_reads_per_s=usual.history_reads_per_s * size, kill_bursts=(), personas=personas,
        links=min(usual.links, users),
    )  # fmt: skip


def _resized(row: SizeClass, size: float, most: int) -> SizeClass:
    """A row of the conversation table for `size` times the users, of whom `most` may be in one conversation."""
    count = 1 if row.kind == "hot" else _some(row.count * size)
    return SizeClass(row.kind, min(row.members, most), count, row.sends_per_s * size)


def _some(number: float) -> int:
    """A whole number, at least 1."""
    return max(1, round(number))
