"""A target that is given by URL and speaks TLS: only its links can be broken, and through them it keeps its name."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from chatproof.backends import ports
from tests.examples.workshop import Workshop

pytestmark = pytest.mark.slow

NAME = "localhost"
SERVER = Path(__file__).with_name("secured_server.py")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A running server with a certificate of its own authority, which lies in `ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    (free,) = ports.free_ports(1)
    argv = ["--port", str(free), "--data", str(tmp_path / "chat.db"), "--pem", str(tmp_path / "server.pem")]
    server = subprocess.Popen([sys.executable, str(SERVER), *argv, "--name", NAME])
    yield free
    server.kill()
    server.wait()


def configured(workshop: Workshop, port: int, ca: str) -> Workshop:
    """The workshop with a configuration for the running server."""
    (workshop.folder / "chatproof.toml").write_text(
        f'driver = "driver.py:Driver"\nscenario = "claims"\ntarget = "https://{NAME}:{port}"\n'
        f'ws = "wss://{NAME}:{port}/"\nca = "{ca}"\n'
    )
    workshop.change(
        "driver.py", "connect(endpoint.ws, compression=None)",
        "connect(endpoint.ws, compression=None, ssl=__import__('ssl').create_default_context(cafile=endpoint.ca))",
    )
    return workshop


def test_links_are_broken_and_the_process_is_not(port: int, tmp_path: Path) -> None:
    """Exit 0 through Toxiproxy with the target's own name in SNI and Host; the kill is *unavailable*, and why."""
    judged = configured(Workshop("foreign_server", tmp_path), port, "../ca.pem").gate("--duration", "12")
    assert (0, "pass") == (judged.exit, judged.verdict["verdict"]), judged.verdict["sentence"]
    assert {"partition", "reset"} == {fault["kind"] for fault in judged.verdict["faults"]}
    assert ["kill of node-0: the process of a target that is given by URL is not ours"] == judged.verdict["unavailable"]


def test_a_certificate_that_nobody_vouches_for_is_named(port: int, tmp_path: Path) -> None:
    """Exit 30 before anybody is provisioned, and nothing is said of the server's promises."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    judged = configured(Workshop("foreign_server", tmp_path), port, "../other.pem").gate()
    assert 30 == judged.exit
    assert f"the certificate of {NAME} is not trusted" in judged.said
