"""What holds for every log, however strange."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatproof.protocol.frames import Event
from chatproof.reference_server.core.commands import Appended, Refused
from chatproof.reference_server.core.effects import Applied
from chatproof.reference_server.core.fold import apply
from chatproof.reference_server.core.memory import digest_of
from chatproof.reference_server.core.records import CommandRecord, decode, encode
from chatproof.reference_server.core.state import PartitionState, decode_state, encode_state
from tests.reference_server.core.histories import Entry, logs

pytestmark = pytest.mark.slow


def fold(state: PartitionState, log: Sequence[Entry]) -> list[Applied]:
    """Fold entries that follow the state, as they come back from bytes."""
    first = state.offset + 1
    return [
        apply(state, decode(encode(entry.record)), first + n, entry.time_ns) for n, entry in enumerate(log)
    ]


@settings(max_examples=300)
@given(logs(), st.data())
def test_a_snapshot_and_the_tail_equal_one_replay(log: list[Entry], data: st.DataObject) -> None:
    """Wherever a log is cut: same canonical bytes, same effects after the cut."""
    cut = data.draw(st.integers(0, len(log)))
    whole, before = PartitionState(), PartitionState()
    effects = fold(whole, log)
    fold(before, log[:cut])
    after = decode_state(encode_state(before))
    assert effects[cut:] == fold(after, log[cut:])
    assert encode_state(whole) == encode_state(after)


@settings(max_examples=300)
@given(logs())
def test_seqs_are_dense_in_every_stream(log: list[Entry]) -> None:
    """Each stream's events are 1, 2, 3, … in order of the log, `ts` never goes back, and the head is the last."""
    state = PartitionState()
    streams: dict[str, list[Event]] = {}
    for applied in fold(state, log):
        for emitted in applied.emitted:
            streams.setdefault(emitted.key, []).append(emitted.event)
    for key, events in streams.items():
        head = state.own[key[3:]].head if key.startswith("me:") else state.conversations[key].head
        assert list(range(1, head + 1)) == [event.seq for event in events]
        assert sorted(event.ts for event in events) == [event.ts for event in events]


@settings(max_examples=300)
@given(logs())
def test_a_key_takes_effect_at_most_once(log: list[Entry]) -> None:
    """However often, late or changed a key comes: one event, one accepted body, one outcome ever answered for it."""
    effects = fold(PartitionState(), log)
    taken: dict[tuple[str, str, str], tuple[bytes, Appended]] = {}
    for entry, applied in zip(log, effects, strict=True):
        if not isinstance(entry.record, CommandRecord) or not isinstance(applied.answers[0].outcome, Appended):
            continue
        command, answer = entry.record.command, applied.answers[0]
        key = (command.conv, command.user, command.u)
        first = taken.setdefault(key, (digest_of(command), applied.answers[0].outcome))
        assert first == (digest_of(command), answer.outcome)
    keys = [(e.event.stream, e.event.by, e.event.u) for applied in effects for e in applied.emitted if e.event.u]
    assert sorted(set(keys)) == sorted(keys)


@settings(max_examples=300)
@given(logs())
def test_a_definite_refusal_is_never_followed_by_success(log: list[Entry]) -> None:
    """Once a (key, body) was refused, `expired` aside, nothing ever accepts it."""
    refused: set[tuple[str, str, str, bytes]] = set()
    for entry, applied in zip(log, fold(PartitionState(), log), strict=True):
        if isinstance(entry.record, CommandRecord):
            command, outcome = entry.record.command, applied.answers[0].outcome
            key = (command.conv, command.user, command.u, digest_of(command))
            if isinstance(outcome, Refused) and outcome.code != "expired":
                refused.add(key)
            assert not (isinstance(outcome, Appended) and key in refused)


@settings(max_examples=300)
@given(logs())
def test_registers_never_go_back_and_stay_below_the_head(log: list[Entry]) -> None:
    """read <= delivered <= head after every record, and no marker is ever lower than before."""
    state = PartitionState()
    before: dict[tuple[str, str], tuple[int, int]] = {}
    for entry in log:
        fold(state, [entry])
        for conversation in state.conversations.values():
            for user, marker in conversation.markers.items():
                lower = before.get((conversation.id, user), (0, 0))
                assert lower[0] <= marker.delivered <= conversation.head
                assert lower[1] <= marker.read <= marker.delivered
                before[conversation.id, user] = (marker.delivered, marker.read)


@settings(max_examples=300)
@given(logs())
def test_members_and_intervals_agree(log: list[Entry]) -> None:
    """Who is a member has exactly one open interval, the last; the owner is a member wherever there are any."""
    state = PartitionState()
    fold(state, log)
    for conversation in state.conversations.values():
        open_ones = sorted(user for user, spans in conversation.intervals.items() if spans[-1][1] == 0)
        assert sorted(conversation.members) == open_ones
        assert all(last for spans in conversation.intervals.values() for _, last in spans[:-1])
        assert conversation.owner in (conversation.members or ("",))
