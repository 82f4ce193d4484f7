"""Free ports of the loopback interface."""

import socket

from chatproof.backends import ports


def test_free_ports_are_different_and_free() -> None:
    """As many different ports as were asked for, each of which can be listened on."""
    found = ports.free_ports(5)
    assert 5 == len(set(found))
    assert [True] * 5 == [ports.is_free(port) for port in found]


def test_a_port_with_a_listener_is_taken() -> None:
    """A port that somebody listens on is not free."""
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        assert not ports.is_free(listener.getsockname()[1])
