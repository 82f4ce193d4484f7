"""A server may say anything: the client never raises, never writes without a link, never shows an item twice."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol.facts import LinkUnusable, Seen
from chatproof.protocol.frames import PUSHES
from tests.protocol.peer import MS, Peer

numbers = st.one_of(st.integers(0, 12), st.integers(-(2**63), 2**63 - 1))
streams = st.sampled_from(["c1", "c2", "me", "", "c9"])
cursor = st.fixed_dictionaries({"epoch": st.one_of(st.just(1), numbers), "seq": numbers})
event = st.fixed_dictionaries(
    {
        "stream": streams, "epoch": st.one_of(st.just(1), numbers), "seq": numbers, "ts": numbers,
        "kind": st.sampled_from(["message", "join", "left", "joined", "create"]), "by": st.text(max_size=3),
    },
    optional={"u": st.text(max_size=3), "msg_id": numbers, "body": st.text(max_size=8), "conv": streams},
)  # fmt: skip
head = st.fixed_dictionaries({"stream": streams, "epoch": numbers, "seq": numbers})
gap = st.fixed_dictionaries(
    {"stream": streams, "from_seq": numbers, "to_seq": numbers, "reason": st.sampled_from(["hidden", "slow_consumer"])}
)
marker = st.fixed_dictionaries({"user": st.text(max_size=3), "delivered": numbers, "read": numbers})
likely = st.one_of(
    event.map(lambda value: {"ev": value}),
    gap.map(lambda value: {"gap": value}),
    st.fixed_dictionaries({"heads": st.fixed_dictionaries({"heads": st.lists(head, max_size=3)})}),
    st.fixed_dictionaries({"live": st.fixed_dictionaries({"stream": streams, "cursor": cursor})}),
    st.fixed_dictionaries({"receipt": st.fixed_dictionaries({"conv": streams, "markers": st.lists(marker)})}),
)
page = st.fixed_dictionaries(
    {"conv": streams, "events": st.lists(event), "next": cursor, "head": cursor, "complete": st.booleans()}
)
oks: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"conv": streams, "epoch": numbers, "seq": numbers, "msg_id": numbers, "ts": numbers}),
    st.fixed_dictionaries({"stream": streams, "recovered": st.booleans(), "head": cursor}),
    page,
    st.fixed_dictionaries({"heads": st.lists(head, max_size=3), "as_of": numbers}),
    st.fixed_dictionaries({"users": st.just([])}),
)
errors = st.fixed_dictionaries(
    {"code": st.sampled_from(["overloaded", "not_member", "internal", "unauthorized", "?"]), "reason": st.just("r"),
     "retry": st.just("no")},
    optional={"retry_after_ms": numbers},
)  # fmt: skip
replies = st.one_of(
    st.fixed_dictionaries({"id": st.integers(0, 12), "ok": oks}),
    st.fixed_dictionaries({"id": st.integers(0, 12), "error": errors}),
)
names = st.sampled_from([*PUSHES, "id", "ok", "error"])
anything = st.dictionaries(names, st.one_of(numbers, st.none(), event), max_size=2)
frames = st.lists(st.lists(st.one_of(likely, replies, anything), max_size=4), max_size=12)


@given(frames, st.booleans())
def test_whatever_a_server_says_the_client_keeps_its_head(said: list[list[dict[str, Any]]], is_live: bool) -> None:
    """Frames of any content, while greeting or live, with operations, reads and marks under way."""
    peer = Peer("c1", "c2", watched=["u2"])
    if is_live:
        peer.go_live()
    else:
        peer.up()
    for number, objects in enumerate(said):
        peer.send(number)
        peer.client.mark("c1", number, number)
        peer.take()
        peer.say(b"\n".join(msgspec.json.encode(each) for each in objects))
        peer.wait(250 * MS)
    if any(isinstance(fact, LinkUnusable) for fact in peer.facts):
        assert [] == peer.take()
    shown = Counter(
        (fact.event.stream, fact.view, fact.event.seq) for fact in peer.facts if isinstance(fact, Seen) and fact.shown
    )
    assert {1} >= set(shown.values())
    peer.down()
    assert [] == peer.take()
