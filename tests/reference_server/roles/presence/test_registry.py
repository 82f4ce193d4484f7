"""Presence in virtual time: every change is everywhere within two seconds, and nobody is declared offline in doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.reference_server.roles.presence.messages import Changed
from tests.reference_server.roles.presence.nodes import MS, Nodes

BOUND_NS = 2_000 * MS


def everywhere(state: str, *names: str) -> dict[str, str]:
    """The same state on all of these nodes."""
    return dict.fromkeys(names, state)


@pytest.fixture
def nodes() -> Nodes:
    """Two nodes that know each other, ann connected to the first."""
    nodes = Nodes("a", "b")
    nodes.show("a", "ann", "s1")
    nodes.pass_time(BOUND_NS)
    return nodes


def test_connect_is_seen_everywhere(nodes: Nodes) -> None:
    """Online on the own node at once, on the other within the bound."""
    assert everywhere("online", "a", "b") == nodes.state("ann")
    assert ["ann"] == nodes.told["b"]


def test_a_clean_close_is_seen_everywhere(nodes: Nodes) -> None:
    """The end of the last session is offline."""
    nodes.end("a", "s1")
    nodes.pass_time(BOUND_NS)
    assert everywhere("offline", "a", "b") == nodes.state("ann")


def test_a_hidden_session_is_offline(nodes: Nodes) -> None:
    """Invisible is offline to everybody; showing again is online."""
    for visible, state in ((False, "offline"), (True, "online")):
        nodes.show("a", "ann", "s1", visible=visible)
        nodes.pass_time(BOUND_NS)
        assert everywhere(state, "a", "b") == nodes.state("ann")


def test_any_visible_session_of_any_device_is_online(nodes: Nodes) -> None:
    """Two devices on two nodes: one may go, the other keeps the user online."""
    nodes.show("b", "ann", "s2")
    nodes.end("a", "s1")
    nodes.pass_time(BOUND_NS)
    assert everywhere("online", "a", "b") == nodes.state("ann")


def test_ending_a_session_twice_changes_nothing(nodes: Nodes) -> None:
    """The second end is no event."""
    nodes.end("a", "s1")
    told = len(nodes.told["a"])
    nodes.end("a", "s1")
    assert told == len(nodes.told["a"])


def test_a_killed_node_takes_its_users_with_it(nodes: Nodes) -> None:
    """Nobody said goodbye: the lease runs out within the bound."""
    nodes.kill("a")
    nodes.pass_time(BOUND_NS)
    assert {"b": "offline"} == nodes.state("ann")
    assert "ann" == nodes.told["b"][-1]


def test_a_restarted_node_does_not_inherit_its_ghosts(nodes: Nodes) -> None:
    """A new life of the node knows only its own sessions, and the others drop the old ones."""
    nodes.kill("a")
    nodes.start("a")
    nodes.show("a", "cleo", "s9")
    nodes.pass_time(BOUND_NS)
    assert everywhere("offline", "a", "b") == nodes.state("ann")
    assert everywhere("online", "a", "b") == nodes.state("cleo")


def test_a_joining_node_learns_everything(nodes: Nodes) -> None:
    """It asks once and gets the full state."""
    nodes.start("c")
    nodes.pass_time(BOUND_NS)
    assert everywhere("online", "a", "b", "c") == nodes.state("ann")


def test_a_lost_message_is_noticed(nodes: Nodes) -> None:
    """The next beat names the last change: who missed one asks for the state."""
    nodes.lose = lambda message: isinstance(message, Changed)
    nodes.show("a", "bob", "s2")
    nodes.end("a", "s1")
    nodes.pass_time(BOUND_NS)
    assert everywhere("online", "a", "b") == nodes.state("bob")
    assert everywhere("offline", "a", "b") == nodes.state("ann")


def test_a_node_that_is_cut_off_freezes(nodes: Nodes) -> None:
    """It no longer hears itself, so it is the one that is gone: others' users are unknown, its own are not."""
    nodes.show("b", "bob", "s2")
    nodes.pass_time(BOUND_NS)
    nodes.cut = {"b"}
    nodes.pass_time(BOUND_NS)
    assert {"a": "online", "b": "unknown"} == nodes.state("ann")
    assert {"a": "offline", "b": "online"} == nodes.state("bob")
    nodes.cut = set()
    nodes.pass_time(BOUND_NS)
    assert everywhere("online", "a", "b") == nodes.state("ann")
    assert everywhere("online", "a", "b") == nodes.state("bob")


def test_a_pause_of_the_own_process_is_nobody_elses_silence(nodes: Nodes) -> None:
    """After a stop of the process it hears the others again before it judges them."""
    nodes.paused = {"b"}
    nodes.pass_time(10 * BOUND_NS)
    told = len(nodes.told["b"])
    nodes.paused = set()
    nodes.pass_time(BOUND_NS)
    assert everywhere("online", "a", "b") == nodes.state("ann")
    assert told == len(nodes.told["b"])


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["show", "hide", "end", "kill", "start", "cut", "heal", "wait"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["ann", "bob"]),
    ),
    max_size=30,
)


@given(CHANGES)
def test_all_nodes_agree_with_the_truth_in_the_end(changes: list[tuple[str, str, str]]) -> None:
    """Whatever happened, two leases after the last fault every node says what is true."""
    nodes = Nodes("a", "b", "c")
    truth: dict[str, dict[str, bool]] = {"a": {}, "b": {}, "c": {}}
    for change, name, user in changes:
        alive = name in nodes.running
        if change in {"show", "hide"} and alive:
            nodes.show(name, user, f"{name}-{user}", visible=change == "show")
            truth[name][user] = change == "show"
        elif change == "end" and alive:
            nodes.end(name, f"{name}-{user}")
            truth[name].pop(user, None)
        elif change == "kill" and alive:
            nodes.kill(name)
            truth[name] = {}
        elif change == "start" and not alive:
            nodes.start(name)
        elif change == "cut":
            nodes.cut.add(name)
        elif change == "heal":
            nodes.cut.discard(name)
        else:
            nodes.pass_time(700 * MS)
    nodes.cut = set()
    nodes.pass_time(2 * BOUND_NS)
    for user in ("ann", "bob"):
        online = any(sessions.get(user) for sessions in truth.values())
        assert everywhere("online" if online else "offline", *nodes.running) == nodes.state(user)
