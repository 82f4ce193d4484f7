"""Plans what users do together or over some time: kill bursts, kicks, disconnects, invisibility."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from chatproof.drivers.interface import ConversationSpec
from chatproof.loadtests.actions import Cycle, Kick, KillPlan, Retry, Send, SetPresence, StayAway
from chatproof.loadtests.planner import SECOND_NS, Planner, to_ns
from chatproof.loadtests.profiles import KillBurst

_QUIET_NS = 2_500_000_000
"""Between two presence changes of one user: a change that lasts less than 2 s is no sample of the presence SLO."""
_LEAVE_NS, _BACK_NS = 500_000_000, 1_000_000_000
"""Nothing is sent this long before a planned disconnect and this long after the planned return."""
_KICK_AFTER_NS = 1_000_000_000
_RETRY_AFTER_NS = 300_000_000


def plan_absences(planner: Planner) -> None:
    """Users who leave at a kill and stay away; first of all, so that everything else is drawn for others."""
    random = planner.draws()
    for burst in _bursts(planner):
        at_ns = to_ns(burst.at_s)
        for user in _shuffled_present(planner, random, at_ns)[: burst.stay_away]:
            planner.availability.send_away(user, at_ns - SECOND_NS, planner.main_ns)
            planner.actions += [StayAway(at_ns, dev, burst.trigger) for dev in planner.devices[user]]


def plan_kill_bursts(planner: Planner) -> None:
    """Two waves of different users around each kill."""
    random = planner.draws()
    for burst in _bursts(planner):
        at_ns = to_ns(burst.at_s)
        sends = _wave(planner, random, _shuffled_present(planner, random, at_ns), burst)
        first, second = sends[: burst.first], sends[burst.first : burst.first + burst.second]
        planner.actions += first
        planner.kills.append(KillPlan(burst.trigger, at_ns, len(first), min(burst.acks, len(first)), tuple(second)))


def _bursts(planner: Planner) -> list[KillBurst]:
    """The bursts inside main: a run that was shortened leaves the others out."""
    return [burst for burst in planner.profile.kill_bursts if to_ns(burst.at_s) < planner.main_ns]


def _shuffled_present(planner: Planner, random: Generator, at_ns: int) -> list[int]:
    """All users who are meant to have a link then, in random order."""
    order = [int(user) for user in random.permutation(planner.roster.users)]
    return [user for user in order if planner.availability.is_here(user, at_ns, at_ns)]


def _wave(planner: Planner, random: Generator, users: Sequence[int], burst: KillBurst) -> list[Send]:
    """One send per user, into any conversation of theirs, until both waves are full."""
    sends: list[Send] = []
    at_ns = to_ns(burst.at_s)
    for user in users:
        able = [c for c in planner.conversations[user] if planner.availability.may_send(user, c, at_ns)]
        if able and len(sends) < burst.first + burst.second:
            planner.availability.need(user, at_ns)
            dev = planner.device(random, user)
            op = planner.new_op(dev)
            sends.append(Send(at_ns, dev, op, able[int(random.integers(len(able)))], op, wave=burst.trigger))
    return sends


def plan_kicks(planner: Planner) -> None:
    """In some groups, once each: a member sends, is kicked, retries that send, and is added again."""
    random, profile = planner.draws(), planner.profile
    groups = [c for c in planner.roster.conversations if c.kind == "group" and len(c.members) > 2]
    unused = [groups[int(at)] for at in random.permutation(len(groups))]
    lasts_ns = to_ns(profile.rejoin_after_s) + 3 * SECOND_NS
    for at_ns in planner.spread(profile.kicks_total, margin_ns=lasts_ns):
        for conversation in unused:
            if _plan_kick(planner, random, conversation, at_ns, at_ns + lasts_ns):
                unused.remove(conversation)
                break


def _plan_kick(planner: Planner, random: Generator, conversation: ConversationSpec, at_ns: int, end_ns: int) -> bool:
    """Whether the group's owner and a member are free for it."""
    owner, conv = conversation.members[0], conversation.conv
    member = planner.free_user(random, conversation.members[1:], at_ns - SECOND_NS, end_ns)
    if member is None or not planner.availability.is_free(owner, at_ns - SECOND_NS, end_ns):
        return False
    for user in (owner, member):
        planner.availability.engage(user, at_ns - SECOND_NS, end_ns)
    planner.availability.mute(member, conv, at_ns)
    dev, owner_dev = planner.device(random, member), planner.device(random, owner)
    op, kick_ns = planner.new_op(dev), at_ns + _KICK_AFTER_NS
    kick_op, join_op = planner.new_op(owner_dev), planner.new_op(owner_dev)
    rejoin_after_ns = to_ns(planner.profile.rejoin_after_s)
    planner.actions += (
        Send(at_ns, dev, op, conv, op),
        Kick(kick_ns, owner_dev, kick_op, conv, member, op, join_op, rejoin_after_ns),
        Retry(kick_ns + _RETRY_AFTER_NS, dev, op, kicked_from=conv),
    )
    return True


def plan_cycles(planner: Planner) -> None:
    """All devices of a user disconnect cleanly and return."""
    random, away_ns, users = planner.draws(), to_ns(planner.profile.cycle_away_s), range(planner.roster.users)
    for at_ns in _paced(planner, random, planner.profile.presence_cycles_per_s, away_ns + SECOND_NS):
        end_ns = at_ns + away_ns + _QUIET_NS
        from_ns, until_ns = at_ns - _LEAVE_NS, at_ns + away_ns + _BACK_NS
        able = [user for user in users if planner.availability.may_leave(user, from_ns, until_ns)]
        user = planner.free_user(random, able, at_ns - _QUIET_NS, end_ns)
        if user is not None:
            planner.availability.engage(user, at_ns - _QUIET_NS, end_ns)
            planner.availability.send_away(user, from_ns, until_ns)
            planner.actions += [Cycle(at_ns, dev, away_ns) for dev in planner.devices[user]]


def plan_presence_sets(planner: Planner) -> None:
    """Users with a single device turn invisible and visible again, so that each set changes what others see."""
    random = planner.draws()
    single = [user for user, devices in planner.devices.items() if len(devices) == 1]
    for at_ns in _paced(planner, random, planner.profile.presence_sets_per_s / 2, 5 * SECOND_NS):
        back_ns = at_ns + _QUIET_NS + int(random.integers(SECOND_NS))
        user = planner.free_user(random, single, at_ns - _QUIET_NS, back_ns + _QUIET_NS)
        if user is not None:
            planner.availability.engage(user, at_ns - _QUIET_NS, back_ns + _QUIET_NS)
            dev = planner.devices[user][0]
            planner.actions += (
                SetPresence(at_ns, dev, planner.new_op(dev), "offline"),
                SetPresence(back_ns, dev, planner.new_op(dev), "online"),
            )


def _paced(planner: Planner, random: Generator, per_s: float, margin_ns: int) -> list[int]:
    """Times at a rate with even spacing and jitter, from the start of main until `margin_ns` before its end."""
    until_s = (planner.main_ns - margin_ns) / SECOND_NS
    return [to_ns((k + float(random.random())) / per_s) for k in range(int(until_s * per_s))] if per_s else []
