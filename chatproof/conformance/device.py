"""One device: a driver's session over a real link, with everything kept that was written, heard and observed."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import httpx
import trio
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.trio.client import ClientConnection, connect

from chatproof.conformance.bell import Bell
from chatproof.drivers.errors import DriverError
from chatproof.drivers.http import Dial, HttpAnswer, HttpRequest, HttpSession
from chatproof.drivers.interface import Endpoint, MustClose, Observation, Session
from chatproof.protocol.errors import CloseCode

TICK_S = 0.05
"""How often a session hears that time passes, as in a run."""

OPEN_S = 5.0
"""How long a handshake or an HTTP answer may take, as in a run."""

FRAMES_KEPT = 512
"""Frames that a device remembers in each direction; a whole conformance run has a tenth of them."""


class Door(NamedTuple):
    """Where devices come in. `tls`: whom to trust, None for the system's authorities."""

    endpoint: Endpoint
    tls: ssl.SSLContext | None = None
    now_ns: Callable[[], int] = time.monotonic_ns


class Heard(NamedTuple):
    """What came: a frame, or the body of an HTTP answer (`status` is 0 for a frame). `said`: the driver read something
    in it."""

    data: bytes
    said: bool
    status: int = 0


class Device:
    """Run `live` in a nursery; the device connects while it is `wanted`.

    Attributes:
        seen: what the session observed, in order.
        written: frames, request lines, request bodies, and how the device dialled.
        faults: what the session raised and nobody has asked for yet.
        trouble: why no link opened since the last one did, or why the last request got no answer.
        close_code: how the last link ended; None while none has.
    """

    def __init__(self, session: Session, door: Door, bell: Bell) -> None:
        self.session = session
        self.seen: list[Observation] = []
        self.written: deque[bytes] = deque(maxlen=FRAMES_KEPT)
        self.heard: deque[Heard] = deque(maxlen=FRAMES_KEPT)
        self.faults: list[DriverError] = []
        self.trouble: BaseException | None = None
        self.close_code: int | None = None
        self.wanted = False
        self._door = door
        self._bell = bell
        self._http = session if isinstance(session, HttpSession) else None
        self._link: ClientConnection | None = None
        self._scope = trio.CancelScope()
        self._writing = trio.Lock()

    @property
    def was_closed(self) -> bool:
        """Whether the last link was ended by the target, and not by a session that gave it up as dead."""
        gave_up = any(isinstance(each, MustClose) and each.code == CloseCode.HEARTBEAT for each in self.seen)
        return self.close_code is not None and not gave_up

    @property
    def is_linked(self) -> bool:
        """Whether its WebSocket is open."""
        return self._link is not None

    async def live(self) -> None:
        """Connect whenever that is due, until cancelled."""
        verify: Any = True if self._door.tls is None else self._door.tls
        async with (
            httpx.AsyncClient(
                base_url=self._door.endpoint.http, verify=verify, timeout=OPEN_S, trust_env=False
            ) as client,
            trio.open_nursery() as tasks,
        ):
            tasks.start_soon(self._tick, client, tasks)
            while True:
                if self._is_due():
                    await self._connection(client, tasks)
                await trio.sleep(TICK_S)

    def cut(self) -> None:
        """Drop the link, and stay away until wanted again."""
        self.wanted = False
        self._scope.cancel()

    def do(self, act: Callable[[int], object]) -> None:
        """Ask something of the session; it is written at the next tick, with everything else that is due."""
        try:
            act(self._door.now_ns())
        except DriverError as fault:
            self._fail(fault)

    # --- the link -----------------------------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        if not self.wanted:
            return False
        try:
            at_ns = self.session.reconnect_at_ns()
        except DriverError as fault:
            self._fail(fault)
            self.wanted = False
            return False
        return at_ns is not None and at_ns <= self._door.now_ns()

    async def _connection(self, client: httpx.AsyncClient, tasks: trio.Nursery) -> None:
        """One link, from the handshake to its end."""
        code = 1006
        with trio.CancelScope() as self._scope:
            try:
                async with self._dialled() as link:
                    self._link, self.trouble = link, None
                    self._take(self.session.link_up)
                    await self._pump(client, tasks)
                    await self._read(link, client, tasks)
                    code = link.close_code or code
            except DriverError as fault:
                self._fail(fault)
            except (OSError, WebSocketException, trio.BrokenResourceError) as problem:
                self.trouble = problem
        self._link, self.close_code = None, code
        self._take(lambda now_ns: self.session.link_down(now_ns, code, clean=code != 1006))

    def _dialled(self) -> connect:
        """The connection to make; raises `DriverError` where the driver names no URL."""
        ws = self._door.endpoint.ws
        dial = Dial(ws) if self._http is None else self._http.dial(ws)
        self.written.append(f"{dial.url} {dict(dial.headers)}".encode())
        tls = self._door.tls if dial.url.startswith("wss:") else None
        return connect(
            dial.url, additional_headers=dial.headers, ssl=tls, proxy=None, compression=None, open_timeout=OPEN_S,
            ping_interval=None, close_timeout=OPEN_S,
        )  # fmt: skip

    async def _read(self, link: ClientConnection, client: httpx.AsyncClient, tasks: trio.Nursery) -> None:
        """Hear frames until the link is over."""
        with suppress(ConnectionClosed):
            while True:
                frame = await link.recv(decode=False)
                said = self._take(partial(self.session.receive, frame))
                self.heard.append(Heard(frame, said))
                await self._pump(client, tasks)

    async def _tick(self, client: httpx.AsyncClient, tasks: trio.Nursery) -> None:
        while True:
            await trio.sleep(TICK_S)
            self._take(self.session.tick)
            await self._pump(client, tasks)

    # --- writing ------------------------------------------------------------------------------------------------------

    async def _pump(self, client: httpx.AsyncClient, tasks: trio.Nursery) -> None:
        """Write what the session wants written; one at a time, for frames have an order."""
        async with self._writing:
            link = self._link
            if link is None:
                return
            try:
                frames = self.session.outgoing(self._door.now_ns())
                requests = () if self._http is None else self._http.requests()
            except DriverError as fault:
                self._fail(fault)
                return
            for frame in frames:
                self.written.append(frame.frame)
                with suppress(ConnectionClosed):  # whoever reads sees the end
                    await link.send(frame.frame, text=True)
            for request in requests:
                self.written += (f"{request.method} {request.path} {dict(request.headers)}".encode(), request.body)
                tasks.start_soon(self._errand, client, request)

    async def _errand(self, client: httpx.AsyncClient, request: HttpRequest) -> None:
        """One HTTP request, and its answer to the session."""
        content_type = {"Content-Type": "application/json"} if request.body else {}
        try:
            came = await client.request(
                request.method, request.path, content=request.body, headers={**content_type, **request.headers}
            )
            answer = HttpAnswer(came.status_code, dict(came.headers), came.content)
        except httpx.HTTPError as problem:
            self.trouble = problem
            answer = HttpAnswer(0, {}, b"", str(problem) or type(problem).__name__)
        if self._http is not None:
            said = self._take(partial(self._http.responded, request.ref, answer))
            self.heard.append(Heard(answer.body, said, answer.status))

    # --- what the session says ----------------------------------------------------------------------------------------

    def _take(self, act: Callable[[int], Sequence[Observation]]) -> bool:
        """Let the session act and keep what it observed; whether it said anything at all."""
        try:
            seen = act(self._door.now_ns())
        except DriverError as fault:
            self._fail(fault)
            return True
        self.seen += seen
        if any(isinstance(each, MustClose) for each in seen):
            self._scope.cancel()
        self._bell.ring()
        return bool(seen)

    def _fail(self, fault: DriverError) -> None:
        self.faults.append(fault)
        self._bell.ring()
