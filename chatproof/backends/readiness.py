"""Waiting until a child process serves: it answers, or it dies, or its time is over."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatproof.backends.errors import BackendNotReady
from chatproof.backends.process import ChildProcess

POLL_S = 0.02


async def wait_ready(child: ChildProcess, name: str, within_s: float, is_ready: Callable[[], bool]) -> None:
    """Return once `is_ready`, which may block for a moment, says so of the living child.

    Raises:
        BackendNotReady: the child ended, or did not become ready in time; the message ends with its last words.
    """
    ready = False

    async def poll(ended: trio.CancelScope) -> None:
        nonlocal ready
        while not ready:
            await trio.sleep(POLL_S)
            ready = await trio.to_thread.run_sync(is_ready)
        ended.cancel()

    async def watch(ended: trio.CancelScope) -> None:
        await child.wait()
        ended.cancel()

    with trio.move_on_after(within_s):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch, nursery.cancel_scope)
            nursery.start_soon(poll, nursery.cancel_scope)
    if child.returncode is not None:
        raise BackendNotReady(f"{name} ended with code {child.returncode} at its start: {child.last_words()}")
    if not ready:
        raise BackendNotReady(f"{name} did not answer within {within_s:.0f} s: {child.last_words()}")
