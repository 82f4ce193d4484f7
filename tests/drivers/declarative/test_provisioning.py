"""The steps of a declarative file, at a server behind TLS that answers over HTTP and over WebSocket."""

import json
import ssl
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
import trio
import trustme
from websockets.http11 import Request, Response
from websockets.trio.server import ServerConnection, serve

from chatproof.drivers.declarative.declaration import Provision, Step
from chatproof.drivers.declarative.provisioning import Provisioning
from chatproof.drivers.errors import DriverError
from chatproof.drivers.interface import ConversationSpec, DeviceSpec, Endpoint, Provisioned, Roster

pytestmark = pytest.mark.trio

ROSTER = Roster(2, (DeviceSpec(0, 0, "a"), DeviceSpec(1, 1, "a")), (ConversationSpec(0, "group", (0, 1)),))
DECLARED = Provision(
    headers={"Authorization": "Bearer {secret}"},
    users=(Step(path="/users/{user}", token="token"),),
    rooms=(Step(frame={"members": "{members}"}, ok="room", room="room"),),
)


def answered(link: ServerConnection, request: Request) -> Response | None:
    """Over HTTP the token of a user; whoever does not know the secret is refused."""
    if request.headers["Authorization"] != "Bearer s":
        return link.respond(HTTPStatus.UNAUTHORIZED, "")
    user = request.path.removeprefix("/users/")
    return None if request.path == "/" else link.respond(HTTPStatus.OK, json.dumps({"token": f"token of {user}"}))


async def talk(link: ServerConnection) -> None:
    """Over WebSocket a greeting, and then a room for every frame."""
    await link.send('{"event": "ready"}')
    async for frame in link:
        await link.send(json.dumps({"room": "+".join(json.loads(frame)["members"])}))


async def complain(link: ServerConnection) -> None:
    """Over WebSocket nothing but an error, and then silence or, where a room of nobody was asked for, the end."""
    frame = await link.recv()
    await link.send('{"error": "no such user"}')
    if json.loads(frame)["members"]:
        await trio.sleep_forever()


@pytest.mark.parametrize(("members", "why"), [(["ann"], "timed out"), ([], "received 1000 \\(OK\\)")])
async def test_what_the_target_said_before_a_step_failed_is_told(
    nursery: trio.Nursery, members: list[str], why: str
) -> None:
    """With how it failed: it did not go on, or ended the connection."""
    server = await nursery.start(partial(serve, complain, 0, host="127.0.0.1"))
    step = Step(frame={"members": members}, ok="room", room="room")
    place = f"127.0.0.1:{server.listeners[0].socket.getsockname()[1]}"
    making = Provisioning("chat.toml", Provision(rooms=(step,)), timeout_s=0.1)
    expected = rf"In chat.toml, provision.rooms\[0\] failed: {why}.*; the last that came is {{'error': 'no such user'}}"
    with pytest.raises(DriverError, match=expected):
        await making.run(Endpoint(f"ws://{place}/", f"http://{place}"), ROSTER, "")


async def provisioned(nursery: trio.Nursery, ca: str, authority: trustme.CA) -> Provisioned:
    """What is made at a server with a certificate of that authority."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    serving = partial(serve, talk, 0, host="127.0.0.1", ssl=tls, process_request=answered)
    server = await nursery.start(serving)
    place = f"localhost:{server.listeners[0].socket.getsockname()[1]}"
    endpoint = Endpoint(f"wss://{place}/", f"https://{place}", ca=ca)
    return await Provisioning("chat.toml", DECLARED).run(endpoint, ROSTER, "s")


async def test_steps_trust_the_authority_of_the_configuration(nursery: trio.Nursery, tmp_path: Path) -> None:
    """Over HTTP and over WebSocket, with the headers of the file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = await provisioned(nursery, str(tmp_path / "ca.pem"), authority)
    expected = Provisioned({0: "user0", 1: "user1"}, {0: "token of user0", 1: "token of user1"}, {0: "user0+user1"})
    assert expected == made


async def test_a_certificate_of_nobody_is_told_with_the_step(nursery: trio.Nursery) -> None:
    """By the key of the step that met it."""
    with pytest.raises(DriverError, match=r"In chat.toml, provision.users\[0\] failed: .*CERTIFICATE_VERIFY_FAILED"):
        await provisioned(nursery, "", trustme.CA())
