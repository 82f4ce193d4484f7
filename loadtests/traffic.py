"""Plans the ordinary traffic of a schedule: messages, simultaneous bursts, refusals, retries, receipts, reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from numpy.random import Generator

from chatproof.drivers.interface import ConversationSpec
from chatproof.loadtests.actions import BackwardReceipt, ReadBack, Retry, Send
from chatproof.loadtests.planner import SECOND_NS, Planner, to_ns
from chatproof.loadtests.roster import persona_of

_PAGE_LIMITS = (20, 50, 100)
_LONGEST_RETRY_S = 15.0


def plan_messages(planner: Planner) -> None:
    """Each size class sends at its rate, evenly with jitter; the hot class sends part of it as simultaneous bursts."""
    random, at = planner.draws(), 0
    for size in planner.profile.sizes:
        conversations = planner.roster.conversations[at : at + size.count]
        at += size.count
        rate = size.sends_per_s
        if size.kind == "hot":
            rate -= _plan_bursts(planner, random, conversations)
        _plan_stream(planner, random, conversations, rate)


def _plan_bursts(planner: Planner, random: Generator, conversations: Sequence[ConversationSpec]) -> float:
    """Different senders at one instant, every `hot_burst_every_s`; returns how many sends per second that is."""
    profile = planner.profile
    for k in range(int(profile.main_s / profile.hot_burst_every_s)):
        at_ns = to_ns((k + 0.5) * profile.hot_burst_every_s)
        conversation = conversations[k % len(conversations)]
        members = conversation.members
        drawn = [members[int(index)] for index in random.permutation(len(members))]
        able = [user for user in drawn if planner.availability.may_send(user, conversation.conv, at_ns)]
        for user in able[: profile.hot_burst_size]:
            _plan_send(planner, random, user, conversation.conv, at_ns)
    return profile.hot_burst_size / profile.hot_burst_every_s


def _plan_stream(
    planner: Planner, random: Generator, conversations: Sequence[ConversationSpec], rate: float
) -> None:
    for k in range(round(planner.profile.main_s * rate)):
        at_ns = to_ns((k + float(random.random())) / rate)
        conversation = conversations[int(random.integers(len(conversations)))]
        user = planner.sender(random, conversation, at_ns)
        if user is not None:
            _plan_send(planner, random, user, conversation.conv, at_ns)


def plan_personas(planner: Planner) -> None:
    """What users of the profile's own personas do beyond the ordinary traffic, each evenly with jitter."""
    random, profile = planner.draws(), planner.profile
    for user in range(planner.roster.users):
        persona = persona_of(profile, planner.seed, user)
        convs = [c for c in planner.conversations[user] if planner.roster.conversations[c].kind in persona.kinds]
        for at_ns, conv in _visits(planner, random, convs, persona.sends_per_s):
            if planner.availability.may_send(user, conv, at_ns):
                _plan_send(planner, random, user, conv, at_ns)
        for at_ns, conv in _visits(planner, random, convs, persona.reads_per_s):
            if planner.availability.may_send(user, conv, at_ns):
                planner.actions.append(ReadBack(at_ns, planner.device(random, user), conv, _PAGE_LIMITS[0], "backward"))


def _visits(planner: Planner, random: Generator, convs: Sequence[int], per_s: float) -> list[tuple[int, int]]:
    """Times at a rate, each with one of these conversations."""
    count = int(planner.profile.main_s * per_s + float(random.random())) if convs and per_s else 0
    return [
        (to_ns((k + float(random.random())) / per_s), convs[int(random.integers(len(convs)))]) for k in range(count)
    ]


def _plan_send(planner: Planner, random: Generator, user: int, conv: int, at_ns: int) -> None:
    dev = planner.device(random, user)
    op = planner.new_op(dev)
    planner.actions.append(Send(at_ns, dev, op, conv, op))


def plan_refusals(planner: Planner) -> None:
    """Sends by users who are no members, and bodies that are too large."""
    random, profile = planner.draws(), planner.profile
    groups = [c for c in planner.roster.conversations if c.kind != "direct"]
    for at_ns in planner.spread(profile.refused_not_member_total):
        conversation = groups[int(random.integers(len(groups)))]
        strangers = [user for user in range(planner.roster.users) if user not in conversation.members]
        _plan_refused(planner, random, strangers, conversation.conv, at_ns, oversize=False)
    for at_ns in planner.spread(profile.refused_oversize_total):
        conversation = groups[int(random.integers(len(groups)))]
        _plan_refused(planner, random, conversation.members, conversation.conv, at_ns, oversize=True)


def _plan_refused(
    planner: Planner, random: Generator, users: Sequence[int], conv: int, at_ns: int, *, oversize: bool
) -> None:
    able = [user for user in users if planner.availability.may_send(user, conv, at_ns)]
    if able:
        dev = planner.device(random, able[int(random.integers(len(able)))])
        op = planner.new_op(dev)
        planner.actions.append(Send(at_ns, dev, op, conv, op, expect="refuse", oversize=oversize))


def plan_retries(planner: Planner) -> None:
    """Sends tried again some seconds later, and other bodies under the key of an earlier send."""
    random, profile = planner.draws(), planner.profile
    messages = sorted(
        (action for action in planner.actions if isinstance(action, Send) and _is_plain(planner, action)),
        key=lambda send: (send.at_ns, send.op),
    )
    times = [send.at_ns for send in messages]
    for at_ns in planner.spread(profile.retries_total):
        earlier = _earlier(planner, random, messages, times, at_ns)
        if earlier is not None:
            planner.actions.append(Retry(at_ns, earlier.dev, earlier.op))
    for at_ns in planner.spread(profile.refused_other_body_total):
        earlier = _earlier(planner, random, messages, times, at_ns)
        if earlier is not None:
            op = planner.new_op(earlier.dev)
            planner.actions.append(Send(at_ns, earlier.dev, op, earlier.conv, earlier.op, expect="conflict"))


def _is_plain(planner: Planner, send: Send) -> bool:
    """An ordinary message of somebody who stays a member."""
    user = planner.roster.devices[send.dev].user
    return send.expect == "ok" and not send.wave and not planner.availability.is_ever_muted(user, send.conv)


def _earlier(
    planner: Planner, random: Generator, messages: Sequence[Send], times: Sequence[int], at_ns: int
) -> Send | None:
    """A message between half a second and some seconds before, whose user has a link at `at_ns`."""
    longest_s = min(_LONGEST_RETRY_S, planner.profile.main_s / 2)
    for _ in range(50):
        delay_ns = to_ns(0.5 + float(random.random()) * longest_s)
        index = bisect_left(times, at_ns - delay_ns)
        if index < len(times) and times[index] <= at_ns - SECOND_NS // 2:
            user = planner.roster.devices[messages[index].dev].user
            if planner.availability.is_here(user, at_ns, at_ns):
                return messages[index]
    return None


def plan_backward_receipts(planner: Planner) -> None:
    """Receipts below what the user already said, in the user's largest conversation."""
    random = planner.draws()
    for at_ns in planner.spread(planner.profile.backward_receipts_total):
        user = int(random.integers(planner.roster.users))
        conv = max(planner.conversations[user], key=lambda conv: len(planner.roster.conversations[conv].members))
        if planner.availability.may_send(user, conv, at_ns):
            dev = planner.device(random, user)
            planner.actions.append(BackwardReceipt(at_ns, dev, planner.new_op(dev), conv))


def plan_reads(planner: Planner) -> None:
    """People scroll: single history pages of their conversations."""
    random, per_s = planner.draws(), planner.profile.history_reads_per_s
    for k in range(int(planner.profile.main_s * per_s)):
        at_ns = to_ns((k + float(random.random())) / per_s)
        user = int(random.integers(planner.roster.users))
        convs = planner.conversations[user]
        conv, limit = convs[int(random.integers(len(convs)))], _PAGE_LIMITS[int(random.integers(len(_PAGE_LIMITS)))]
        if planner.availability.may_send(user, conv, at_ns):
            dev = planner.device(random, user)
            planner.actions.append(
                ReadBack(at_ns, dev, conv, limit, "backward" if random.random() < 0.5 else "forward")
            )
