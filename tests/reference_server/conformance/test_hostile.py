"""Two hundred hostile frames and bodies: an error of the table or a close code, a bystander served, the same pid."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproof.protocol.errors import ERRORS
from chatproof.protocol.frames import COMMANDS
from tests.reference_server.conformance.process import Served, served
from tests.reference_server.conformance.world import ADMIN_KEY, PATIENCE_S, Client, key

pytestmark = pytest.mark.slow

BYSTANDER_S = 0.2
"""The bystander's round trip while somebody is hostile."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)
NAMES = ("conv", "u", "body", "token", "stream", "cursor", "epoch", "seq", "read", "watch", "state", "limit", "user")
NEAR = st.builds(
    lambda request_id, command, fields: json.dumps({"id": request_id, command: fields}),
    st.integers(-1, 2**54),
    st.sampled_from((*COMMANDS, "edit", "ok", "ev")),
    st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(["g", "me", key(), "me:bob"]), max_size=4),
)
FRAMES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    JSON.map(lambda value: json.dumps(value).encode()),
    NEAR.map(str.encode),
    st.lists(NEAR, max_size=5).map(lambda lines: "\n".join(lines).encode()),
    st.sampled_from([b"[" * 100_000, b'{"id":1,"send":' * 5_000, b"\n" * 5_000, b'{"id":1,"ping":{}}\n' * 300]),
    st.sampled_from([b'{"id":9,"send":{"conv":"g","u":"' + key().encode() + b'","body":"\\ud800"}}', b'"\\u0000"']),
)
PATHS = (
    "/v1/messages", "/v1/receipts", "/v1/conversations", "/v1/conversations/g/members", "/v1/admin/tokens",
    "/v1/conversations/%00/members", "/schema/openapi.json", "/v1/messages/",
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=300),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"conv_id": st.just("g") | JSON, "body": st.text(max_size=50) | JSON},
        optional={"client_msg_id": JSON, "msg_id": JSON, "type": JSON, "members": JSON, "kind": JSON},
    ).map(lambda value: json.dumps(value).encode()),
)


class Siege:
    """One server, one bystander, and a loop that both live in."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.tokens: dict[str, str] = {}
        self.bystander: Client

    async def prepare(self) -> None:
        """Tokens, a group, and the bystander's session."""
        async with httpx.AsyncClient(base_url=self.server.http_url, trust_env=False) as http:
            grants = {"grants": [{"user": user, "device": "phone"} for user in ("mallory", "bob")]}
            made = await http.post("/v1/admin/tokens", headers={"X-Admin-Key": ADMIN_KEY}, json=grants)
            self.tokens = dict(zip(("mallory", "bob"), made.json()["tokens"], strict=True))
            body = {"kind": "group", "conv_id": "g", "members": ["mallory", "bob"]}
            await http.post("/v1/conversations", headers=self.headers(), json=body)
        self.bystander = Client(await websockets.connect(self.server.ws_url))
        await self.bystander.ok(hello={"token": self.tokens["bob"]})

    def headers(self) -> dict[str, str]:
        """Good credentials: hostility needs no forged token."""
        return {"Authorization": f"Bearer {self.tokens['mallory']}"}

    async def frame(self, frame: bytes, *, text: bool, after_hello: bool) -> None:
        """Send one hostile frame; everything that comes back is in order."""
        async with websockets.connect(self.server.ws_url) as link:
            if after_hello:
                await link.send(json.dumps({"id": 1, "hello": {"token": self.tokens["mallory"]}}))
                await link.recv()
            with contextlib.suppress(websockets.ConnectionClosed):
                await link.send(frame, text=text)
                await link.send(json.dumps({"id": 2**50, "ping": {}}))
                await read_answers(link)
            if link.close_code is not None:
                assert link.close_code in {1002, 1007, 1009} or 3500 <= link.close_code < 3600, link.close_code

    async def body(self, path: str, body: bytes) -> None:
        """Send one hostile body; an error is a row of the table."""
        async with httpx.AsyncClient(base_url=self.server.http_url, timeout=PATIENCE_S, trust_env=False) as http:
            reply = await http.post(path, headers={**self.headers(), "Content-Type": "application/json"}, content=body)
        if reply.is_error:
            code = reply.json()["code"]
            assert ERRORS[code].http_status == reply.status_code
            assert code != "internal", reply.text

    async def beside_a_bystander(self, hostility: Callable[[], Awaitable[None]]) -> None:
        """Be hostile while the bystander asks. A slow answer counts if it repeats: the machine is shared."""
        for _ in range(3):
            begun = time.monotonic()
            _, taken_s = await asyncio.gather(hostility(), self._round_trip(begun))
            assert self.server.process.poll() is None
            if taken_s < BYSTANDER_S:
                return
        raise AssertionError("the bystander was not served in time, three times")

    async def _round_trip(self, begun: float) -> float:
        await self.bystander.ok(ping={})
        return time.monotonic() - begun


async def read_answers(link: websockets.ClientConnection) -> None:
    """Read until the pong that ends the exchange; every error on the way is a row of the table."""
    async with asyncio.timeout(PATIENCE_S):
        async for frame in link:
            for line in str(frame).split("\n"):
                answer: dict[str, Any] = json.loads(line)
                assert answer.get("error", {}).get("code", "internal") in ERRORS
                assert "internal" != answer.get("error", {}).get("code")
                if answer.get("id") == 2**50:
                    return


@pytest.mark.timeout(240)
def test_hostile_input_harms_nobody(tmp_path: Path) -> None:
    """See the module's docstring; each example checks the bystander."""
    with asyncio.Runner() as runner, served(tmp_path) as server:
        siege = Siege(server)
        runner.run(siege.prepare())

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(FRAMES, st.booleans(), st.booleans())
        def frames(frame: bytes, after_hello: bool, text: bool) -> None:
            attack = partial(siege.frame, frame, text=text, after_hello=after_hello)
            runner.run(siege.beside_a_bystander(attack))

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(st.sampled_from(PATHS), BODIES)
        def bodies(path: str, body: bytes) -> None:
            runner.run(siege.beside_a_bystander(partial(siege.body, path, body)))

        frames()
        bodies()
        assert server.process.pid == siege.server.process.pid
        runner.run(siege.bystander.close())
