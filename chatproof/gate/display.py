"""Live progress on a terminal: a line per step, and one status line that follows the load."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from chatproof.loadtests.control import Progress


class Display:
    """A context: shows a spinner while it is open. Without a terminal only the steps are printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("setting up")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def tell(self, sentence: str) -> None:
        """A step; may be called from a worker thread, too."""
        self._console.print(Text(f"· {sentence}", style="dim"), soft_wrap=True)

    def show(self, phase: str, progress: list[Progress]) -> None:
        """The totals of all planes, in the status line."""
        self._status.update(Text(status_line(phase, progress)))


def status_line(phase: str, progress: list[Progress]) -> str:
    """`main 12 s: 2,310 sends acked of 2,334, 27,600 delivered, 219 devices live, ack p95 23 ms`."""
    if not progress:
        return phase
    acked, intended, delivered, live, unknown = (
        sum(getattr(each, name) for each in progress)
        for name in ("acked", "intended", "delivered", "live_devices", "unknown")
    )
    slowest_ms = max(each.ack_p95_ns for each in progress) / 1e6
    pending = f", {unknown:,} unknown" if unknown else ""
    return (
        f"{phase}: {acked:,} of {intended:,} operations acked{pending}, {delivered:,} delivered, "
        f"{live:,} devices live, ack p95 {slowest_ms:.0f} ms"
    )
