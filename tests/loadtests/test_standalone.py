"""Runs without a gate: what they default to."""

from chatproof.loadtests.presets import default_profile
from chatproof.loadtests.standalone import http_beside, profile_for


def test_a_run_without_a_gate_has_no_kills() -> None:
    """Nobody would start the target again."""
    assert () == profile_for(None, None).kill_bursts


def test_users_and_length_are_those_asked_for() -> None:
    """Where nothing is asked, the default's."""
    assert (60, 5.0) == (profile_for(60, 5.0).users, profile_for(60, 5.0).main_s)
    assert default_profile().users == profile_for(None, None).users


def test_the_http_port_is_the_one_above_the_websocket_port() -> None:
    """As `chatproof serve` has them by default."""
    assert "http://chat.example:7311" == http_beside("ws://chat.example:7310/v1/ws")
    assert "https://chat.example:444" == http_beside("wss://chat.example:443/v1/ws")
