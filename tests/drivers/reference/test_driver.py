"""The reference driver: claims, start command, sessions."""

import sys

from chatproof.checkers.history.vocabulary import CLAIMS
from chatproof.drivers.interface import DeviceSpec, Provisioned, Roster
from chatproof.drivers.reference import ReferenceDriver

DEVICES = (DeviceSpec(0, 0, "l0"), DeviceSpec(1, 0, "l0"))
ROSTER = Roster(1, DEVICES, ())
PROVISIONED = Provisioned({0: "u0"}, {0: "token-0", 1: "token-1"}, {})


def test_every_claim_is_made_or_denied() -> None:
    """The keys and their types are those of the vocabulary."""
    claims = ReferenceDriver().claims
    assert {name: key.type for name, key in CLAIMS.items()} == {name: type(value) for name, value in claims.items()}


def test_a_target_is_started_by_this_installation() -> None:
    """Ports, directory, node and mutant are arguments; the admin key is not."""
    command = ReferenceDriver().start_command(node="n7", directory="d", ws_port=1, http_port=2, variant="ghost")
    expected = "-m chatproof.cli.main serve --ws-port 1 --http-port 2 --data d --node n7 --mutant ghost"
    assert (sys.executable, *expected.split()) == command.argv
    assert ("ws://127.0.0.1:1/v1/ws", "http://127.0.0.1:2") == (command.endpoint.ws, command.endpoint.http)
    assert ("n7", "http://127.0.0.1:2/readyz") == (command.node, command.ready_url)
    assert command.secret == command.env["CHATPROOF_ADMIN_KEY"]
    assert command.secret not in command.argv


def test_a_healthy_target_names_no_mutant() -> None:
    """And every start has a key of its own."""
    one, other = (
        ReferenceDriver().start_command(node="n", directory="d", ws_port=1, http_port=2, variant="") for _ in range(2)
    )
    assert {"--mutant", "--storage"}.isdisjoint(one.argv)
    assert "" == one.unsynced
    assert one.secret != other.secret


def test_a_target_on_lossy_storage_says_where_it_counts() -> None:
    """The path that the server is given is the one that the injector reads."""
    command = ReferenceDriver().start_command(
        node="n", directory="d", ws_port=1, http_port=2, variant="", storage="lossy"
    )
    assert ("--storage", "lossy", "--unsynced", command.unsynced) == command.argv[-4:]


def test_devices_wait_differently() -> None:
    """Two devices of one user lose a link together and come back apart; in a run's repetition each does the same."""
    driver = ReferenceDriver()

    def reconnect(device: DeviceSpec) -> int | None:
        session = driver.session(device=device, roster=ROSTER, provisioned=PROVISIONED, seed=3)
        session.link_up(0)
        session.link_down(0, 1006, clean=False)
        return session.reconnect_at_ns()

    assert reconnect(DEVICES[0]) != reconnect(DEVICES[1])
    assert reconnect(DEVICES[0]) == reconnect(DEVICES[0])
