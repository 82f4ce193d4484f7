"""Coordinates the planes of one run over a socket: who has joined, when main begins, which phase is on."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import trio

from chatproof.loadtests.address import listening, remove
from chatproof.loadtests.control import (
    Abort,
    AllLive,
    AskClock,
    Clock,
    ControlledPhase,
    Done,
    EndMain,
    EnterPhase,
    Failed,
    FromPlane,
    Joined,
    Progress,
    Start,
    ToPlane,
    Trigger,
)
from chatproof.loadtests.errors import LoadError, PlaneFailed, PlaneLost

_MAX_LINE_BYTES = 64 * 1024
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[FromPlane] = msgspec.json.Decoder(FromPlane)


class _Board:
    """What the planes have said so far, and whoever waits for it to change."""

    def __init__(self) -> None:
        self.joined: dict[int, Joined] = {}
        self.live: set[int] = set()
        self.done: dict[str, dict[int, str]] = {}
        self.triggered: dict[str, set[int]] = {}
        self.progress: dict[int, Progress] = {}
        self.problem: LoadError | None = None
        self._waiting: dict[trio.Event, Callable[[], bool]] = {}

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds. Raises `PlaneLost` when a plane is lost before or meanwhile."""
        event = trio.Event()
        self._waiting[event] = condition
        self.changed()
        try:
            await event.wait()
        finally:
            self._waiting.pop(event, None)
        if self.problem is not None:
            raise self.problem

    def changed(self) -> None:
        """Wake those whose condition holds now."""
        for event, condition in self._waiting.items():
            if self.problem is not None or condition():
                event.set()

    def take(self, message: FromPlane) -> None:
        """Note one message."""
        match message:
            case Joined():
                self.joined[message.worker] = message
            case AllLive():
                self.live.add(message.worker)
            case Trigger():
                self.triggered.setdefault(message.name, set()).add(message.worker)
            case Done():
                self.done.setdefault(message.phase, {})[message.worker] = message.note
            case Progress():
                self.progress[message.worker] = message
            case Failed():
                self.lose(PlaneFailed(message.sentence))
        self.changed()

    def lose(self, problem: LoadError) -> None:
        """A plane is lost: the first loss is the one that counts."""
        self.problem = self.problem or problem
        self.changed()


class Coordinator:
    """The socket at `address` and what `workers` planes said through it. Waits raise `PlaneLost` when one is lost.

    Only who joins with the plan's `token` is a plane; whoever else connects is let go and changes nothing.
    """

    def __init__(self, address: str | Path, workers: int, token: str = "") -> None:
        self._address = os.fspath(address)
        self._workers = workers
        self._token = token.encode()
        self._board = _Board()
        self._streams: dict[int, trio.abc.SendStream] = {}

    @property
    def schedule_sha256(self) -> str:
        """The hash of the schedule that every plane made, empty before they joined."""
        return next(iter(self._board.joined.values())).schedule_sha256 if self._board.joined else ""

    def joined(self) -> list[Joined]:
        """How each plane introduced itself, by worker."""
        return [self._board.joined[worker] for worker in sorted(self._board.joined)]

    def progress(self) -> list[Progress]:
        """The last totals of each plane, by worker."""
        return [self._board.progress[worker] for worker in sorted(self._board.progress)]

    async def serve(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve the planes until cancelled; `task_status.started` once the socket listens."""
        with trio.socket.from_stdlib_socket(listening(self._address, self._workers)) as socket:
            try:
                await trio.serve_listeners(self._serve_plane, [trio.SocketListener(socket)], task_status=task_status)  # type: ignore[arg-type]
            finally:
                remove(self._address)

    async def wait_joined(self) -> None:
        """Every plane is there. Raises `PlaneLost` also where two planes made different schedules."""
        await self._board.wait(lambda: len(self._board.joined) == self._workers)
        if len({joined.schedule_sha256 for joined in self._board.joined.values()}) > 1:
            raise PlaneLost("the planes made different schedules from one plan")

    async def wait_ready(self) -> None:
        """Every device of every plane is live."""
        await self._board.wait(lambda: len(self._board.live) == self._workers)

    async def wait_trigger(self, name: str) -> None:
        """Every plane has reached this trigger."""
        await self._board.wait(lambda: len(self._board.triggered.get(name, ())) == self._workers)

    async def wait_done(self, phase: str) -> list[str]:
        """Every plane is through with a phase; what was left, one sentence per plane that left something."""
        await self._board.wait(lambda: len(self._board.done.get(phase, ())) == self._workers)
        notes = self._board.done[phase]
        return [f"worker {worker}: {notes[worker]}" for worker in sorted(notes) if notes[worker]]

    async def start(self, main_ns: int) -> None:
        """Main begins at this instant, ns since the run's origin."""
        await self._tell(Start(main_ns))

    async def end_main(self) -> None:
        """Every plane ends main now."""
        await self._tell(EndMain())

    async def enter(self, phase: ControlledPhase) -> None:
        """Every plane enters a phase."""
        await self._tell(EnterPhase(phase))

    async def abort(self, reason: str) -> None:
        """Every plane that is still there ends at once."""
        await self._tell(Abort(reason))

    async def _tell(self, message: ToPlane) -> None:
        line = _encoder.encode(message) + b"\n"
        for worker, stream in sorted(self._streams.items()):
            try:
                await stream.send_all(line)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._board.lose(PlaneLost(f"plane {worker} does not listen any more"))

    async def _serve_plane(self, stream: trio.SocketStream) -> None:
        """Read one plane's lines until it closes its socket, which it may do once it is done with `close`."""
        worker: int | None = None
        try:
            async with aclosing(_lines(stream)) as lines:
                async for line in lines:
                    message = _decoder.decode(line)
                    if isinstance(message, AskClock):
                        await stream.send_all(_encoder.encode(Clock(time.monotonic_ns())) + b"\n")
                    elif worker is not None or self._admits(message):
                        worker = message.worker
                        self._streams.setdefault(worker, stream)
                        self._board.take(message)
                    else:
                        return
        except (trio.BrokenResourceError, msgspec.DecodeError) as problem:
            if worker is not None:
                self._board.lose(PlaneLost(f"plane {worker} broke its connection: {problem}"))
        if worker is None:
            return
        self._streams.pop(worker, None)
        if worker not in self._board.done.get("close", ()):
            self._board.lose(PlaneLost(f"plane {worker} ended before the run was over"))

    def _admits(self, first: FromPlane) -> bool:
        """Whether who begins like this is a plane of this run that is not here yet."""
        return (
            isinstance(first, Joined)
            and hmac.compare_digest(first.token.encode(), self._token)
            and 0 <= first.worker < self._workers
            and first.worker not in self._streams
        )


async def _lines(stream: trio.SocketStream) -> AsyncGenerator[bytes, None]:
    """The lines of a stream. Raises `msgspec.DecodeError` for one without an end."""
    rest = b""
    async for data in stream:
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > _MAX_LINE_BYTES:
            raise msgspec.DecodeError("a line without an end")
