"""Coordinates the planes of one run over a Unix socket: who has joined, when main begins, which phase is on.

A library on trio for the gate, and by itself `python -m chatproof.loadtests.coordinator PLAN`, which leads planes
through all phases when there is no gate.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
import trio

from chatproof.loadtests.control import (
    Abort,
    AllLive,
    ControlledPhase,
    Done,
    EndMain,
    EnterPhase,
    FromPlane,
    Joined,
    Progress,
    Start,
    ToPlane,
    Trigger,
)
from chatproof.loadtests.errors import LoadError, PlaneLost, leaves
from chatproof.loadtests.plan import Plan

_MAX_LINE_BYTES = 64 * 1024
_READ_BYTES = 16 * 1024
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
        self.problem: PlaneLost | None = None
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
        self.changed()

    def lose(self, problem: PlaneLost) -> None:
        """A plane is lost: the first loss is the one that counts."""
        self.problem = self.problem or problem
        self.changed()


class Coordinator:
    """The socket at `path` and what `workers` planes said through it. Waits raise `PlaneLost` when a plane is lost."""

    def __init__(self, path: str | Path, workers: int) -> None:
        self._path = Path(path)
        self._workers = workers
        self._board = _Board()
        self._streams: dict[int, trio.abc.SendStream] = {}

    @property
    def schedule_sha256(self) -> str:
        """The hash of the schedule that every plane made, empty before they joined."""
        return next(iter(self._board.joined.values())).schedule_sha256 if self._board.joined else ""

    def progress(self) -> list[Progress]:
        """The last totals of each plane, by worker."""
        return [self._board.progress[worker] for worker in sorted(self._board.progress)]

    async def serve(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve the planes until cancelled; `task_status.started` once the socket listens."""
        self._path.unlink(missing_ok=True)
        with trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM) as listening:
            await listening.bind(str(self._path))
            listening.listen(self._workers)
            try:
                await trio.serve_listeners(self._serve_plane, [trio.SocketListener(listening)], task_status=task_status)  # type: ignore[arg-type]
            finally:
                self._path.unlink(missing_ok=True)

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
        rest = b""
        try:
            async for data in stream:
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    message = _decoder.decode(line)
                    worker = message.worker
                    self._streams.setdefault(worker, stream)
                    self._board.take(message)
                if len(rest) > _MAX_LINE_BYTES:
                    raise msgspec.DecodeError("a line without an end")
        except (trio.BrokenResourceError, msgspec.DecodeError) as problem:
            self._board.lose(PlaneLost(f"plane {worker} broke its connection: {problem}"))
        if worker is None:
            return
        self._streams.pop(worker, None)
        if worker not in self._board.done.get("close", ()):
            self._board.lose(PlaneLost(f"plane {worker} ended before the run was over"))


# --- without a gate -----------------------------------------------------------------------------------------------

JOIN_S, LIVE_S, LEAD_S, GRACE_S, PHASE_S = 30.0, 90.0, 1.0, 30.0, 120.0
"""Bounds of joining, becoming live, the word before main, main's overrun, and each phase after it."""
_T = TypeVar("_T")


async def lead(coordinator: Coordinator, plan: Plan) -> list[str]:
    """Lead planes through a whole run without faults; returns what was left, in sentences. Raises `PlaneLost`."""
    await _within(JOIN_S, "the planes have not joined", coordinator.wait_joined)
    await _within(LIVE_S, "not every device became live", coordinator.wait_ready)
    await coordinator.start(time.monotonic_ns() - plan.origin_ns + round(LEAD_S * 1e9))
    main_s = LEAD_S + plan.profile.main_s + GRACE_S
    notes = await _within(main_s, "main did not end", lambda: coordinator.wait_done("main"))
    for phase in get_args(ControlledPhase):
        await coordinator.enter(phase)
        left = await _within(PHASE_S, f"the phase {phase} did not end", lambda: coordinator.wait_done(phase))  # noqa: B023
        notes += [f"{phase}: {note}" for note in left]
    return notes


async def _within(seconds: float, what: str, wait: Callable[[], Awaitable[_T]]) -> _T:
    with trio.move_on_after(seconds):
        return await wait()
    raise PlaneLost(f"{what} within {seconds:.0f} s")


async def _serve_and_lead(plan: Plan) -> list[str]:
    coordinator = Coordinator(plan.control, plan.workers)
    async with trio.open_nursery() as nursery:
        await nursery.start(coordinator.serve)
        notes = await lead(coordinator, plan)
        nursery.cancel_scope.cancel()
    return notes


def main(argv: list[str]) -> int:
    """Lead the planes of PLAN; 0 once they did all their work."""
    if len(argv) != 1:
        print("usage: python -m chatproof.loadtests.coordinator PLAN", file=sys.stderr)
        return 2
    problems: list[str] = []
    try:
        for note in trio.run(_serve_and_lead, msgspec.json.decode(Path(argv[0]).read_bytes(), type=Plan)):
            print(note)
    except* LoadError as group:
        problems += [str(problem) for problem in leaves(group)]
    for problem in problems:
        print(f"coordinator: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
