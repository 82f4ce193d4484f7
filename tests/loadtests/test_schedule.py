"""The schedule: pure, complete, and free of actions that get into each other's way."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from msgspec.structs import replace

from chatproof.loadtests.actions import (
    Action,
    BackwardReceipt,
    Cycle,
    Kick,
    Retry,
    Schedule,
    Send,
    SetPresence,
    StayAway,
)
from chatproof.loadtests.planner import SECOND_NS, to_ns
from chatproof.loadtests.presets import calm_profile, default_profile, kill_storm_profile, short_profile
from chatproof.loadtests.profiles import LoadProfile
from chatproof.loadtests.roster import make_roster
from chatproof.loadtests.schedule import make_schedule

PROFILE = default_profile()
ROSTER = make_roster(PROFILE, 1)
SCHEDULE = make_schedule(PROFILE, ROSTER, 1)
USER_OF = {device.dev: device.user for device in ROSTER.devices}


def of(schedule: Schedule, kind: type[Action]) -> list[Action]:
    """The actions of one kind."""
    return [action for action in schedule.actions if isinstance(action, kind)]


SENDS = [action for action in SCHEDULE.actions if isinstance(action, Send)]
ORDINARY = [send for send in SENDS if send.expect == "ok" and not send.wave]


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    """The hash stands for the whole schedule."""
    assert SCHEDULE == make_schedule(PROFILE, ROSTER, 1)
    assert SCHEDULE.sha256 != make_schedule(PROFILE, ROSTER, 2).sha256


def test_workers_share_one_schedule_without_a_remainder() -> None:
    """It knows no workers: however many there are, each takes its users' actions and together they take all."""
    for workers in (1, 2, 3):
        shares = [[a for a in SCHEDULE.actions if USER_OF[a.dev] % workers == k] for k in range(workers)]
        assert len(SCHEDULE.actions) == sum(len(share) for share in shares)
        assert all(shares)


def test_actions_are_in_order_and_inside_main() -> None:
    """The plane walks through them once."""
    times = [action.at_ns for action in SCHEDULE.actions]
    assert times == sorted(times)
    assert 0 <= times[0]
    assert times[-1] <= to_ns(PROFILE.main_s)


def test_operation_ids_are_unique_and_name_their_device() -> None:
    """An operation id is device << 32 | number, over everything planned."""
    ops = [send.op for send in SENDS] + [send.op for kill in SCHEDULE.kills for send in kill.second]
    ops += [a.op for a in SCHEDULE.actions if isinstance(a, Kick | BackwardReceipt | SetPresence)]
    ops += [a.join_op for a in SCHEDULE.actions if isinstance(a, Kick)]
    assert len(ops) == len(set(ops))
    assert all(send.op >> 32 == send.dev for send in SENDS)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_default_promises_its_totals(seed: int) -> None:
    """What guarantees need as opportunities is planned, whatever the seed."""
    schedule = make_schedule(PROFILE, make_roster(PROFILE, seed), seed)
    sends = [action for action in schedule.actions if isinstance(action, Send)]
    ordinary = sum(send.expect == "ok" and not send.wave for send in sends)
    changes = len(of(schedule, SetPresence)) + 2 * len(of(schedule, Cycle))
    assert ordinary >= 11_900
    assert Counter({"refuse": 40, "conflict": 30}) == Counter(s.expect for s in sends if s.expect != "ok")
    assert len(of(schedule, Kick)) == 25
    assert len(of(schedule, Retry)) >= 25 + 55
    assert len(of(schedule, BackwardReceipt)) >= 30
    assert changes >= 4 * PROFILE.main_s
    assert [(60, 20, 60)] == [(kill.first, kill.acks, len(kill.second)) for kill in schedule.kills]
    assert 26 == sum(a.dev < PROFILE.users for a in of(schedule, StayAway)), "first devices, so one per user"


def test_fan_out_is_what_the_roster_promises() -> None:
    """About 144,000 deliveries to others."""
    deliveries = sum(len(ROSTER.conversations[send.conv].members) - 1 for send in ORDINARY)
    assert 140_000 <= deliveries <= 148_000


def test_bursts_are_ten_different_senders_at_one_instant_every_second() -> None:
    """Simultaneous sends in one conversation are what order guarantees are tried on."""
    (hot,) = [c.conv for c in ROSTER.conversations if c.kind == "hot"]
    at: dict[int, set[int]] = defaultdict(set)
    for send in ORDINARY:
        if send.conv == hot:
            at[send.at_ns].add(USER_OF[send.dev])
    bursts = [users for users in at.values() if len(users) > 1]
    assert 60 == len(bursts)
    assert all(len(users) == 10 for users in bursts)


def test_only_members_send_except_where_a_refusal_is_meant() -> None:
    """A refusal of anything else would be the target's fault."""
    for send in SENDS:
        is_member = USER_OF[send.dev] in ROSTER.conversations[send.conv].members
        assert is_member or (send.expect == "refuse" and not send.oversize)


def test_a_kicked_user_sends_no_more_into_that_conversation() -> None:
    """From the effective send on that the kick follows, whether or not the rejoin comes in time."""
    kicked = {(kick.user, kick.conv): kick.at_ns for kick in SCHEDULE.actions if isinstance(kick, Kick)}
    for send in SENDS:
        since_ns = kicked.get((USER_OF[send.dev], send.conv))
        assert since_ns is None or send.at_ns < since_ns


def test_nobody_sends_while_away_on_purpose() -> None:
    """Neither who disconnects for a while nor who stays away after the kill."""
    away = [(USER_OF[a.dev], a.at_ns, a.at_ns + a.away_ns) for a in SCHEDULE.actions if isinstance(a, Cycle)]
    away += [(USER_OF[a.dev], a.at_ns, to_ns(PROFILE.main_s)) for a in SCHEDULE.actions if isinstance(a, StayAway)]
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for user, from_ns, until_ns in away:
        spans[user].append((from_ns, until_ns))
    for send in SENDS:
        assert not any(from_ns <= send.at_ns <= until_ns for from_ns, until_ns in spans[USER_OF[send.dev]])


def test_presence_changes_of_a_user_are_two_seconds_apart() -> None:
    """A shorter one would be no sample of the presence objective."""
    changes: dict[int, list[int]] = defaultdict(list)
    for action in SCHEDULE.actions:
        if isinstance(action, SetPresence):
            changes[USER_OF[action.dev]].append(action.at_ns)
        elif isinstance(action, Cycle):
            changes[USER_OF[action.dev]] += [action.at_ns, action.at_ns + action.away_ns]
    for times in changes.values():
        ordered = sorted(set(times))
        assert all(later - earlier >= 2 * SECOND_NS for earlier, later in pairwise(ordered))


def test_waves_are_different_users_who_are_there() -> None:
    """One send per user in both waves together."""
    (kill,) = SCHEDULE.kills
    users = [USER_OF[send.dev] for send in (*[s for s in SENDS if s.wave], *kill.second)]
    assert 120 == len(set(users)) == len(users)


def test_a_retry_comes_after_its_send() -> None:
    """By half a second at least, and by up to fifteen."""
    sent = {send.op: send.at_ns for send in SENDS}
    delays = [a.at_ns - sent[a.op] for a in SCHEDULE.actions if isinstance(a, Retry) and a.kicked_from < 0]
    assert min(delays) >= SECOND_NS // 2
    assert max(delays) > 5 * SECOND_NS


@pytest.mark.parametrize(
    "profile",
    [kill_storm_profile(), short_profile(kill_at_s=(5.0,), main_s=18.0, stay_away=12), calm_profile()],
    ids=lambda profile: profile.name,
)
def test_the_other_presets_can_be_planned(profile: LoadProfile) -> None:
    """Everything that they count in totals is there."""
    schedule = make_schedule(profile, make_roster(profile, 3), 3)
    assert len(of(schedule, Kick)) == profile.kicks_total
    assert len(schedule.kills) == len(profile.kill_bursts)
    assert [burst.second for burst in profile.kill_bursts] == [len(kill.second) for kill in schedule.kills]


def test_the_calm_profile_sends_a_thousand_messages() -> None:
    """What a mutant that needs a fault must pass."""
    profile = calm_profile()
    schedule = make_schedule(profile, make_roster(profile, 1), 1)
    assert 1_000 <= sum(isinstance(a, Send) and a.expect == "ok" for a in schedule.actions)


def test_a_shortened_run_leaves_later_kills_out() -> None:
    """`--duration 30` has no burst at 37 s."""
    profile = replace(PROFILE, main_s=30.0)
    assert () == make_schedule(profile, ROSTER, 1).kills
