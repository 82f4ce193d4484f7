"""Addresses of a coordinator: a Unix socket or a TCP port, both as text."""

import socket
from pathlib import Path

import pytest

from chatproof.backends import ports
from chatproof.loadtests.address import connected, listening, remove, tcp_address, with_host


def addresses(tmp_path: Path) -> list[str]:
    """One of each kind."""
    (port,) = ports.free_ports(1)
    return [str(tmp_path / "control"), tcp_address("127.0.0.1", port)]


@pytest.mark.parametrize("kind", [0, 1], ids=["unix", "tcp"])
def test_who_connects_is_heard(tmp_path: Path, kind: int) -> None:
    """The same calls for both kinds."""
    address = addresses(tmp_path)[kind]
    with listening(address, 1) as server, connected(address) as client:
        client.sendall(b"hello")
        accepted, _ = server.accept()
        with accepted:
            assert b"hello" == accepted.recv(10)


def test_a_unix_socket_that_was_left_is_no_obstacle(tmp_path: Path) -> None:
    """Its owner was killed; and `remove` leaves nothing."""
    path = tmp_path / "control"
    listening(str(path), 1).close()
    listening(str(path), 1).close()
    remove(str(path))
    assert not path.exists()


def test_nobody_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    """For both kinds."""
    for address in addresses(tmp_path):
        with pytest.raises(OSError, match=r"refused|No such file"):
            connected(address)


def test_messages_leave_a_tcp_socket_at_once(tmp_path: Path) -> None:
    """A kill waits for no other packet."""
    address = addresses(tmp_path)[1]
    with listening(address, 1), connected(address) as client:
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(("address", "elsewhere"), [
    ("tcp://0.0.0.0:7000", "tcp://master:7000"), ("/tmp/control", "/tmp/control"),
])  # fmt: skip
def test_a_worker_reaches_the_port_under_the_masters_name(address: str, elsewhere: str) -> None:
    """A Unix socket has no other name."""
    assert elsewhere == with_host(address, "master")


def test_an_ipv6_host_is_put_into_brackets() -> None:
    """So that it can be told from the port."""
    assert "tcp://[::1]:7000" == with_host(tcp_address("0.0.0.0", 7000), "::1")
