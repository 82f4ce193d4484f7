"""Runs without a gate: what their load is, and where their target is."""

import pytest

from chatproof.gate.errors import UsageProblem
from chatproof.gate.standalone import http_beside
from chatproof.loadtests.presets import by_hand_profile, default_profile


def test_a_run_without_a_gate_has_no_kills() -> None:
    """Nobody would start the target again."""
    assert () == by_hand_profile().kill_bursts


def test_users_and_length_are_those_asked_for() -> None:
    """Where nothing is asked, the default's."""
    profile = by_hand_profile(60, 5.0)
    assert (60, 5.0) == (profile.users, profile.main_s)
    usual, ours = default_profile(), by_hand_profile()
    assert (usual.users, usual.sends_per_s, usual.main_s) == (ours.users, ours.sends_per_s, ours.main_s)


def test_the_load_per_user_is_the_same_for_any_number_of_users() -> None:
    """One send per user and second."""
    assert [1.0, 1.0, 1.0] == [by_hand_profile(users).sends_per_s / users for users in (20, 200, 1_000)]


@pytest.mark.parametrize(
    ("ws", "http"),
    [
        ("ws://chat.example:7310/v1/ws", "http://chat.example:7311"),
        ("wss://chat.example:8443/v1/ws", "https://chat.example:8444"),
        ("ws://[2001:db8::1]:7310/v1/ws", "http://[2001:db8::1]:7311"),
    ],
)
def test_the_http_port_is_the_one_above_the_websocket_port(ws: str, http: str) -> None:
    """As `chatproof serve` has them by default; an IPv6 address keeps its brackets."""
    assert http == http_beside(ws)


@pytest.mark.parametrize(
    ("ws", "http"),
    [
        ("ws://chat.example/v1/ws", "http://chat.example"),
        ("wss://chat.example/v1/ws", "https://chat.example"),
        ("wss://chat.example:443/v1/ws", "https://chat.example"),
        ("wss://[2001:db8::1]/v1/ws", "https://[2001:db8::1]"),
    ],
)
def test_at_the_usual_port_http_has_the_same_address(ws: str, http: str) -> None:
    """A service behind a proxy has both at one port; whether the URL names that port is no matter."""
    assert http == http_beside(ws)


@pytest.mark.parametrize("ws", ["chat.example", "http://chat.example", "ws:///v1/ws", "ws://a:x/", "ws://[::1/"])
def test_what_is_no_websocket_url_is_a_usage_problem(ws: str) -> None:
    """In one sentence that quotes it."""
    with pytest.raises(UsageProblem, match="is no ws:// or wss:// URL") as caught:
        http_beside(ws)
    assert ws in str(caught.value)
