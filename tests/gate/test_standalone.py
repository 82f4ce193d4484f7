"""Runs without a gate: what their load is, and where their target is."""

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


def test_the_http_port_is_the_one_above_the_websocket_port() -> None:
    """As `chatproof serve` has them by default."""
    assert "http://chat.example:7311" == http_beside("ws://chat.example:7310/v1/ws")
    assert "https://chat.example:444" == http_beside("wss://chat.example:443/v1/ws")
