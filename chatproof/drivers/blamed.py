"""A whole driver of somebody's own, and its sessions: what their code raises is told as theirs, by the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatproof.drivers.blame import blaming
from chatproof.drivers.completeness import complete
from chatproof.drivers.http import Dial, HttpAnswer, HttpRequest, HttpSession
from chatproof.drivers.interface import (
    DeviceSpec,
    Driver,
    Endpoint,
    Observation,
    Operation,
    Outgoing,
    Provisioned,
    Read,
    Roster,
    Session,
    StartCommand,
)

_METHODS = (
    "claims", "start_command", "provision", "session", "link_up", "link_down", "receive", "tick", "outgoing", "follow",
    "do", "mark", "read", "reconnect_at_ns", "contiguous", "pending", "dial", "requests", "responded",
)  # fmt: skip

Calls = Mapping[str, blaming]
"""Method → what is blamed when it raises; made once, for sessions are called all the time."""


class BlamedDriver:
    """See `drivers.interface.Driver`. Its methods, and its sessions', raise nothing but `DriverError`."""

    def __init__(self, driver: Driver) -> None:
        self.name = driver.name
        self.reads_backward = driver.reads_backward
        self._driver = driver
        self._calls = {method: blaming(f"{self.name}.{method} was called") for method in _METHODS}

    @property
    def claims(self) -> dict[str, Any]:
        """See the interface."""
        with self._calls["claims"]:
            return self._driver.claims

    def start_command(
        self, *, node: str, directory: str, ws_port: int, http_port: int, variant: str, storage: str = ""
    ) -> StartCommand:
        """See the interface."""
        with self._calls["start_command"]:
            return self._driver.start_command(
                node=node, directory=directory, ws_port=ws_port, http_port=http_port, variant=variant, storage=storage
            )

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """See the interface; what is missing in the driver's answer is said here."""
        with self._calls["provision"]:
            made = await self._driver.provision(endpoint, roster, secret)
        return complete(made, roster, self.name)

    def session(self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int) -> BlamedSession:
        """See the interface."""
        with self._calls["session"]:
            made = self._driver.session(device=device, roster=roster, provisioned=provisioned, seed=seed)
        if isinstance(made, HttpSession):
            return BlamedHttpSession(made, made, self._calls)
        return BlamedSession(made, self._calls)


class BlamedSession:
    """See `drivers.interface.Session`."""

    def __init__(self, session: Session, calls: Calls) -> None:
        self._session = session
        self._calls = calls

    def link_up(self, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        with self._calls["link_up"]:
            return self._session.link_up(now_ns)

    def link_down(self, now_ns: int, code: int, *, clean: bool) -> Sequence[Observation]:
        """See the interface."""
        with self._calls["link_down"]:
            return self._session.link_down(now_ns, code, clean=clean)

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        with self._calls["receive"]:
            return self._session.receive(frame, now_ns)

    def tick(self, now_ns: int) -> Sequence[Observation]:
        """See the interface."""
        with self._calls["tick"]:
            return self._session.tick(now_ns)

    def outgoing(self, now_ns: int) -> Sequence[Outgoing]:
        """See the interface."""
        with self._calls["outgoing"]:
            return self._session.outgoing(now_ns)

    def follow(self, conversations: Sequence[int], watch: Sequence[int]) -> None:
        """See the interface."""
        with self._calls["follow"]:
            self._session.follow(conversations, watch)

    def do(self, operation: Operation, now_ns: int, give_up_ns: int) -> bool:
        """See the interface."""
        with self._calls["do"]:
            return self._session.do(operation, now_ns, give_up_ns)

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """See the interface."""
        with self._calls["mark"]:
            self._session.mark(conv, delivered, read)

    def read(self, request: Read) -> None:
        """See the interface."""
        with self._calls["read"]:
            self._session.read(request)

    def reconnect_at_ns(self) -> int | None:
        """See the interface."""
        with self._calls["reconnect_at_ns"]:
            return self._session.reconnect_at_ns()

    def contiguous(self, conv: int) -> int:
        """See the interface."""
        with self._calls["contiguous"]:
            return self._session.contiguous(conv)

    def pending(self) -> int:
        """See the interface."""
        with self._calls["pending"]:
            return self._session.pending()


class BlamedHttpSession(BlamedSession):
    """See `drivers.http.HttpSession`."""

    def __init__(self, session: Session, http: HttpSession, calls: Calls) -> None:
        super().__init__(session, calls)
        self._http = http

    def dial(self, ws: str) -> Dial:
        """See `HttpSession`."""
        with self._calls["dial"]:
            return self._http.dial(ws)

    def requests(self) -> Sequence[HttpRequest]:
        """See `HttpSession`."""
        with self._calls["requests"]:
            return self._http.requests()

    def responded(self, ref: int, answer: HttpAnswer, now_ns: int) -> Sequence[Observation]:
        """See `HttpSession`."""
        with self._calls["responded"]:
            return self._http.responded(ref, answer, now_ns)
