"""A target behind TLS: a certificate that nobody vouches for is named, and `ca` is the way out."""

import ssl
from functools import partial
from pathlib import Path

import pytest
import trio
import trustme
from websockets.trio.server import ServerConnection, serve

from chatproof.conformance.finding import Finding
from chatproof.conformance.run import examine
from chatproof.drivers.configuration import TargetConfiguration

pytestmark = [pytest.mark.slow, pytest.mark.trio]

HERE = Path(__file__).resolve().parent
PATIENCE_S = 4.0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that no system knows."""
    return trustme.CA()


async def silent(link: ServerConnection) -> None:
    """Hear everything and say nothing."""
    async for _ in link:
        continue


async def found(nursery: trio.Nursery, authority: trustme.CA, directory: Path, driver: str, ca: str) -> list[Finding]:
    """What is found at a server with a certificate of that authority."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    server = await nursery.start(partial(serve, silent, 0, host="127.0.0.1", ssl=tls))
    port = server.listeners[0].socket.getsockname()[1]
    configuration = TargetConfiguration(
        driver=f"mistaken.py:{driver}", folder=str(HERE), ws=f"wss://localhost:{port}/", ca=ca
    )
    return await examine(configuration, f"https://localhost:{port}", directory, seed=1, patience_s=PATIENCE_S)


@pytest.mark.parametrize(("driver", "check"), [("Offline", "login"), ("Right", "provision")])
async def test_an_unknown_authority_is_named(
    nursery: trio.Nursery, authority: trustme.CA, tmp_path: Path, driver: str, check: str
) -> None:
    """Whether a device meets it or the driver while it provisions: the certificate is named, and where to put its
    authority."""
    first = next(each for each in await found(nursery, authority, tmp_path, driver, "") if each.has_failed)
    assert (check, "missing") == (first.name, first.state)
    assert "the target's certificate is not accepted: unable to get local issuer certificate" in first.found
    assert 'name its authority as ca = "FILE.pem"' in first.advice


@pytest.mark.parametrize("driver", ["Offline", "Connecting"])
async def test_an_authority_of_the_configuration_is_trusted(
    nursery: trio.Nursery, authority: trustme.CA, tmp_path: Path, driver: str
) -> None:
    """With `ca` the link opens, that of the driver as it provisions, too; and what is missing is the welcome."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    said = await found(nursery, authority, tmp_path, driver, str(tmp_path / "ca.pem"))
    first = next(each for each in said if each.has_failed)
    assert ("login", "no Welcome was read on an open link") == (first.name, first.found)
