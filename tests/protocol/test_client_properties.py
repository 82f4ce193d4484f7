"""Whatever the way between them does, the client and a perfect log end in agreement."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatproof.protocol import client_limits
from chatproof.protocol.client import Client, State
from chatproof.protocol.facts import Concluded, Fact, LinkUnusable, Replied, Seen
from chatproof.protocol.frames import Cursor, Send
from tests.protocol.peer import MS, NEVER, S, key
from tests.protocol.tiny_server import CONV, TinyServer


class World:
    """A client, a server, and the link between them."""

    def __init__(self, seed: int) -> None:
        self.client = Client(token="token", seed=seed)
        self.client.follow([CONV], [])
        self.server = TinyServer()
        self.now = S
        self.ops = 0
        self.others = 0
        self.is_up = False
        self.facts: list[Fact] = []
        self.attempts: list[tuple[int, int]] = []
        self.inbound: list[bytes] = []

    def do(self, action: str) -> None:
        """One thing happens."""
        actions: dict[str, Callable[[], None]] = {
            "send": self.send, "other": self.other, "write": self.write, "serve": self.serve, "deliver": self.deliver,
            "tick": self.tick, "up": self.up, "down": self.down, "repeat": self.server.repeat,
            "exchange": self.server.exchange, "refuse": self.refuse, "mute": self.mute, "lose": self.lose,
        }  # fmt: skip
        actions[action]()

    def refuse(self) -> None:
        """One more send is to be refused."""
        self.server.refuse_next += 1

    def mute(self) -> None:
        """One more send is to get no answer."""
        self.server.mute_next += 1

    def lose(self) -> None:
        """One more push is to be lost."""
        self.server.lose_next += 1

    def send(self) -> None:
        """The device sends; it is refused exactly where its outbox is full."""
        is_full = self.client.pending == client_limits.OUTBOX_OPERATIONS
        taken = self.client.do(self.ops, Send(CONV, key(self.ops), f"body {self.ops}"), self.now, NEVER)
        assert taken is not is_full
        self.ops += taken

    def other(self) -> None:
        """Somebody else sends."""
        self.others += 1
        self.server.append(key(1_000_000 + self.others), "u2", "hi")

    def write(self) -> None:
        """The client writes what it wants to."""
        for frame, attempts in self.client.outgoing(self.now):
            assert self.is_up
            self.attempts += attempts
            self.inbound.append(frame)

    def serve(self) -> None:
        """The server reads one frame."""
        if self.inbound:
            self.server.receive(self.inbound.pop(0))

    def deliver(self) -> None:
        """The client reads one frame."""
        if self.server.outbound:
            self.note(self.client.receive(self.server.outbound.pop(0), self.now))

    def tick(self) -> None:
        """A second passes."""
        self.now += S
        self.note(self.client.tick(self.now))

    def up(self) -> None:
        """A link comes up."""
        if not self.is_up:
            self.is_up = True
            self.note(self.client.link_up(self.now))

    def down(self) -> None:
        """The link is lost, with all that is under way."""
        if self.is_up:
            self.is_up = False
            self.inbound.clear()
            self.server.link_lost()
            self.note(self.client.link_down(self.now, 1006))

    def heal(self) -> None:
        """No more faults: time passes until everything has settled."""
        self.server.refuse_next = self.server.mute_next = self.server.lose_next = 0
        for _ in range(40):
            self.up()
            while self.step():
                pass
            self.now += 500 * MS
            self.note(self.client.tick(self.now))

    def step(self) -> bool:
        """Move what can move."""
        self.write()
        moved = bool(self.inbound or self.server.outbound)
        self.serve()
        self.deliver()
        return moved

    def note(self, facts: Sequence[Fact]) -> None:
        """Keep the facts; a client that gives its link up loses it."""
        self.facts += facts
        if any(isinstance(fact, LinkUnusable) for fact in facts):
            self.down()


ACTIONS = (
    ["send"] * 2 + ["other"] + ["write"] * 2 + ["serve"] * 2 + ["deliver"] * 3 + ["tick"] + ["up"] * 2 + ["down"]
)
FAULTS = ["repeat", "exchange", "refuse", "mute", "lose"]
STEADY = [action for action in ACTIONS if action not in ("up", "down")] + FAULTS + ["other", "lose", "exchange"]


def play(seed: int, actions: Sequence[str]) -> World:
    """A world in which these things happened, healed afterwards."""
    world = World(seed)
    world.up()
    while world.step():
        pass
    for action in actions:
        world.do(action)
    world.heal()
    return world


def agree(world: World) -> None:
    """Log, outcomes, attempts and timeline tell the same story."""
    assert State.LIVE is world.client.state
    sent = [event.u for event in world.server.log if event.by == "u1"]
    assert sorted(key(op) for op in range(world.ops)) == sorted(sent)
    concluded = [(fact.op, fact.outcome) for fact in world.facts if isinstance(fact, Concluded)]
    assert [(op, "ok") for op in range(world.ops)] == sorted(concluded)
    assert 0 == world.client.pending
    for op, count in Counter(op for op, _ in world.attempts).items():
        assert list(range(1, count + 1)) == [attempt for each, attempt in world.attempts if each == op]
    replied = Counter((fact.op, fact.attempt) for fact in world.facts if isinstance(fact, Replied))
    assert Counter(world.attempts) == replied
    shown = Counter(fact.event.seq for fact in world.facts if isinstance(fact, Seen) and fact.shown)
    assert Counter(range(1, len(world.server.log) + 1)) == shown
    assert Cursor(1, len(world.server.log)) == world.client.position(CONV)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(ACTIONS + FAULTS), max_size=60))
def test_every_operation_ends_ok_once_and_every_event_is_shown_once(seed: int, actions: list[str]) -> None:
    """Links come and go, pushes are lost, repeated and exchanged, replies are errors or stay out."""
    agree(play(seed, actions))


@given(st.integers(0, 2**32), st.lists(st.sampled_from(STEADY), max_size=80))
def test_one_link_repairs_what_its_pushes_leave_out(seed: int, actions: list[str]) -> None:
    """No resume helps: holes and a lost tail are found by later events, acks and pongs, and read by history."""
    agree(play(seed, actions))


@pytest.mark.slow
@settings(max_examples=1_500, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(ACTIONS + FAULTS), min_size=40, max_size=200))
def test_long_histories_end_in_agreement_too(seed: int, actions: list[str]) -> None:
    """The same with more in flight at once."""
    agree(play(seed, actions))


@given(st.lists(st.sampled_from(ACTIONS), max_size=60))
def test_without_faults_the_order_of_sending_is_the_order_of_the_log(actions: list[str]) -> None:
    """Pipelined on one link and queued over a loss: what was sent first comes first."""
    world = play(1, [action for action in actions if action != "tick"])
    sent = [event.body for event in world.server.log if event.by == "u1"]
    assert [f"body {op}" for op in range(world.ops)] == sent
